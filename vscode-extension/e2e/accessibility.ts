/** Without a mouse, without seeing, with other colours. */
import { expect, it } from 'vitest';
import { until } from './codeServer';
import { serverPid } from './processes';
import type { Session } from './session';

const BLOCK =
  'import json\n\n\ndef read_settings(path):\n    """Read the settings of a JSON file, and give them as a dictionary."""\n    |\n';

/** Change settings that the server is started anew for. */
async function changed(session: Session, settings: object): Promise<void> {
  const before = await serverPid(session.editor.home);
  await session.set(settings);
  await until(async () => {
    const now = await serverPid(session.editor.home);
    return now !== undefined && now !== before;
  }, 'there is another server');
  await session.status('ready');
}

export function accessibilityScenarios(get: () => Session): void {
  it('is driven by the keyboard alone, from the list of candidates to the menu', async () => {
    const session = get();
    const text = 'words = ["one", "two", "three"]\nnumbers = [3, 1, 2]\nresult = |\n';
    await session.open('keys.py', text);
    await session.press('Alt+Shift+\\');
    const page = session.webView();
    await page.locator('li').nth(1).waitFor();
    const second = (await page.locator('pre').nth(1).textContent()) ?? '';
    await session.press('Tab', 'Tab');
    await page.locator('a[aria-label="Insert candidate 2"]:focus').waitFor();
    await session.press('Enter');
    await session.saved('keys.py', (saved) => expect(saved).toBe(text.replace('|', second)));
    await session.ask('codex-lsp: Show Menu');
    await session.pick('Switch off for this file');
    await session.status('off. Completions are switched off in this file.');
    await session.command('codex-lsp: Switch Completions On or Off for This File');
    await session.status('ready');
  });

  it('is read out once, and whole, to a screen reader, and is seen in high contrast', async () => {
    const session = get();
    const more = { 'editor.accessibilitySupport': 'on', 'workbench.colorTheme': 'Default High Contrast' };
    await changed(session, more);
    await session.open('read.py', BLOCK);
    const said = await session.alerts();
    await session.press('Alt+\\');
    const text = await session.restingGhostText();
    await session.picture('high-contrast');
    // Each text that begins like it: one that grows would be read out again and again.
    const [line = ''] = text.split('\n');
    const read = new Set((await said()).filter((each) => each.includes(line)));
    expect([...read].map((each) => each.slice(0, text.length))).toEqual([text]);
    await session.press('Alt+F2');
    const view = session.page.locator('.accessible-view .view-lines', { hasText: line.slice(0, 4) });
    await view.waitFor();
    await session.picture('accessible-view');
    await session.press('Escape');
    await view.waitFor({ state: 'hidden' });
    await session.press('Alt+\\');
    const again = await session.restingGhostText();
    await session.press('Tab');
    await session.saved('read.py', (saved) => expect(saved).toBe(BLOCK.replace('|', again)));
    await session.command('codex-lsp: Show Statistics');
    await session.webView().locator('svg[role="img"][aria-label^="Answers by origin"]').waitFor();
    await session.picture('statistics-high-contrast');
    await session.press('Control+w');
    await changed(session, { 'workbench.colorTheme': 'Default Dark Modern' });
    await session.command('codex-lsp: Explain the Last Request');
    await session.webView().locator('h1', { hasText: 'The last request' }).waitFor();
    await session.picture('explanation-dark');
    await session.press('Control+w');
    await session.set();
  });
}
