/** Switches, settings, the server's death, the model's absence. */
import { readFile, rm } from 'node:fs/promises';
import { expect, it } from 'vitest';
import { USER_SETTINGS, until } from './codeServer';
import { places } from './places';
import { serverPid } from './processes';
import type { Session } from './session';

const BLOCK =
  'class Stack:\n    def __init__(self):\n        self.items = []\n\n    def push(self, item):\n        |\n';

export function controlScenarios(get: () => Session): void {
  it('is switched off and on from the menu', async () => {
    const session = get();
    await session.open('off.py', BLOCK);
    await session.press('Alt+\\');
    const offered = await session.restingGhostText();
    await session.item.click();
    await session.page.locator('.quick-input-list', { hasText: 'Statistics' }).waitFor();
    await session.picture('menu');
    await session.pick('Switch off for python');
    await session.status('off. Completions are switched off in python documents.');
    // The menu gives the focus back to the status bar.
    await session.press('Control+1');
    // What was on screen is not gone on with from memory.
    await session.type(offered.slice(0, 4));
    expect((await session.ghostsDuring(() => session.page.waitForTimeout(1000))).filter(Boolean)).toEqual([]);
    await session.press('Escape');
    await session.noGhost();
    await session.command('codex-lsp: Switch Completions On or Off for This Language');
    await session.status('ready');
    await session.press('Alt+\\');
    await session.ghostText();
    await session.press('Escape');
    await session.noGhost();
    for (const [entry, state] of [
      ['Switch off everywhere', 'off. Completions are switched off.'],
      ['Switch on everywhere', 'ready'],
    ] as const) {
      await session.ask('codex-lsp: Show Menu');
      await session.pick(entry);
      await session.status(state);
    }
  });

  it('says in its hover which model runs where, how fast, and how it is taken', async () => {
    const session = get();
    await session.open('hover.py', BLOCK);
    await session.press('Alt+\\');
    await session.restingGhostText();
    await session.item.hover();
    const hover = session.page.locator('.monaco-hover', { hasText: 'codex-lsp' });
    await hover.waitFor();
    await session.picture('hover');
    const text = (await hover.textContent()) ?? '';
    for (const fact of [
      new RegExp(`Model\\s*${places.model}`),
      /Runs on\s*cpu, int8, \d+ threads?/,
      /Last answer\s*\d+ ms \(\w+\)/,
      /Answers\s*\d+, \d+ % without a new decoding/,
      /Accepted\s*\d+ of \d+ shown/,
    ]) {
      expect(text).toMatch(fact);
    }
    await session.page.mouse.move(500, 400);
    await hover.waitFor({ state: 'detached' });
  });

  it('switches the model', async () => {
    const session = get();
    await session.ask('codex-lsp: Switch the Model');
    await session.pick(places.model);
    const set = async () =>
      (await readFile(session.editor.machine, 'utf8')).includes(`"codexLsp.model": "${places.model}"`);
    await until(set, 'the setting is written');
    await session.status('ready');
  });

  it('lets the doctor look', async () => {
    const session = get();
    await session.command('codex-lsp: Run the Doctor');
    const lines = session.page.locator('.editor-instance .view-line');
    await lines.filter({ hasText: 'checksums' }).waitFor({ timeout: 90_000 });
    await lines.filter({ hasText: 'completion' }).first().waitFor();
    await session.picture('doctor');
    await session.press('Control+w');
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
    await session.command('Notifications: Clear All Notifications');
    const killed = await serverPid(home);
    expect(killed).toBeDefined();
    process.kill(killed as number, 'SIGKILL');
    const sentence = 'The server has ended unexpectedly; it is being started again.';
    await session.told(sentence).waitFor();
    await session.picture('killed');
    await until(async () => ((await serverPid(home)) ?? killed) !== killed, 'there is another server');
    await session.status('ready');
    expect(await session.allTold()).toEqual([expect.stringContaining(sentence)]);
    await session.command('Notifications: Clear All Notifications');
    await session.open('again.py', BLOCK);
    await session.press('Alt+\\');
    await session.ghostText();
    await session.press('Escape');
    await session.noGhost();
  });

  it('offers to get a model that is missing', { timeout: 500_000 }, async () => {
    const session = get();
    const missing = `The default model (${places.model}) is not installed yet`;
    await rm(session.editor.models, { recursive: true });
    await session.command('codex-lsp: Restart the Server');
    await session.told(missing).waitFor();
    await session.status(`not set up. ${missing}`);
    await session.picture('model-missing');
    await session.button('Get the model').click();
    await session.status('ready', 400_000);
  });
}
