/** Switches, settings, the server's death, the model's absence. */
import { rm } from 'node:fs/promises';
import { expect, it } from 'vitest';
import { USER_SETTINGS, until } from './codeServer';
import { serverPid } from './processes';
import type { Session } from './session';

const BLOCK =
  'class Stack:\n    def __init__(self):\n        self.items = []\n\n    def push(self, item):\n        |\n';

export function controlScenarios(get: () => Session): void {
  it('is switched off and on from the menu', async () => {
    const session = get();
    await session.open('off.py', BLOCK);
    await session.page.locator('.statusbar-item a[aria-label^="codex-lsp: "]').click();
    await session.page.locator('.quick-input-list', { hasText: 'Statistics' }).waitFor();
    await session.picture('menu');
    await session.pick('Switch off for python');
    await session.status('off. Completions are switched off in python documents.');
    // The menu gives the focus back to the status bar.
    await session.press('Control+1');
    await session.type('self');
    expect((await session.ghostsDuring(() => session.page.waitForTimeout(1000))).filter(Boolean)).toEqual([]);
    await session.press('Escape');
    await session.noGhost();
    await session.command('codex-lsp: Switch Completions On or Off for This Language');
    await session.status('ready');
    await session.press('Alt+\\');
    await session.ghostText();
    await session.press('Escape');
    await session.noGhost();
  });

  it('follows changed settings at once', async () => {
    const session = get();
    const change = (more: object) => session.changeSettings({ ...USER_SETTINGS, ...more });
    await session.open('settings.py', BLOCK);
    await change({ 'codexLsp.disabledLanguages': ['python'] });
    await session.status('off. Completions are switched off in python documents.');
    await change({ 'codexLsp.maxLines': 1 });
    await session.status('ready');
    await session.open('lines.py', BLOCK);
    await session.press('Alt+\\');
    expect((await session.restingGhostText()).split('\n')).toHaveLength(1);
    await session.press('Escape');
    await session.noGhost();
    await change({});
  });

  it('starts the server again when it dies', async () => {
    const session = get();
    const { home } = session.editor;
    const killed = await serverPid(home);
    expect(killed).toBeDefined();
    process.kill(killed as number, 'SIGKILL');
    await session.page.locator('.notifications-toasts', { hasText: 'has ended unexpectedly' }).waitFor();
    await until(async () => ((await serverPid(home)) ?? killed) !== killed, 'there is another server');
    await session.status('ready');
    await session.command('Notifications: Clear All Notifications');
    await session.open('again.py', BLOCK);
    await session.press('Alt+\\');
    await session.ghostText();
    await session.press('Escape');
    await session.noGhost();
  });

  it('offers to get a model that is missing', { timeout: 180_000 }, async () => {
    const session = get();
    await rm(session.editor.models, { recursive: true });
    await session.command('codex-lsp: Restart the Server');
    await session.button('Get the model').waitFor();
    await session.picture('model-missing');
    await session.button('Get the model').click();
    await session.status('ready');
  });
}
