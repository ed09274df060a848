/** The first minutes: a folder that is not trusted, no server, the walkthrough. */
import { existsSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { expect, it } from 'vitest';
import { MISSING_PACKAGE, until } from './codeServer';
import { places } from './places';
import type { Session } from './session';

export function setUpScenarios(get: () => Session): void {
  it.skipIf(places.program)('says what is to be mended when nothing can be installed', async () => {
    const session = get();
    await session.status('not set up');
    await session.picture('set-up');
    await session.button('Set Up').click();
    const sentence = `There is no ${MISSING_PACKAGE}; name a wheel or a clone of the repository in codexLsp.package.`;
    await session.told(`codex-lsp: The set-up failed: ${sentence}`).waitFor();
    await session.picture('set-up-failed');
    await session.button('Open Setting').click();
    await session.page.locator('.settings-editor .setting-item-title', { hasText: 'Package' }).waitFor();
    await session.press('Control+w');
    await session.set();
  });

  it('is set up, tried and learnt in the walkthrough', { timeout: 700_000 }, async () => {
    const session = get();
    const step = (title: string) => session.page.locator('.getting-started-step', { hasText: title });
    const done = (title: string) => step(title).locator('.codicon.complete').waitFor();
    const button = (title: string) =>
      session.page.locator('.getting-started-step .monaco-button', { hasText: title });
    await session.item.waitFor();
    await session.ask('Welcome: Open Walkthrough...');
    await session.pick('Start with codex-lsp');
    await button('Set Up').click();
    await session.status('ready', 600_000);
    await done('Set it up');
    await session.picture('walkthrough');

    await step('See the first completion').click();
    await button('Open the Example').click();
    const text = await session.restingGhostText();
    expect(text).not.toBe('');
    await session.press('Tab');
    const lines = session.page.locator('.editor-instance .view-line:not(:has([class*="ghost-text"]))');
    const said = async () => (await lines.allTextContents()).join('\n').replaceAll('\u00a0', ' ');
    await until(async () => (await said()).includes(text.split('\n')[0] ?? ''), 'it is accepted');
    await session.command('View: Revert and Close Editor');
    await done('See the first completion');

    await step('Know the keys').click();
    await button('Try Them in the Example').click();
    await session.ghostText();
    await session.press('Control+ArrowRight');
    await session.command('View: Revert and Close Editor');
    await done('Know the keys');

    await step('Know what is going on').click();
    await button('Show Menu').click();
    await session.page.locator('.quick-input-list', { hasText: 'Restricted in this folder' }).waitFor();
    await session.press('Escape');
    await done('Know what is going on');
  });

  it('runs nothing of a folder that is not trusted, and says that it is restricted', async () => {
    const session = get();
    await session.status(`ready. ${places.model}`);
    expect(await session.says()).toContain('Restricted: this folder is not trusted');
    await session.item.hover();
    await session.page
      .locator('.monaco-hover', { hasText: 'Restricted: this folder is not trusted' })
      .waitFor();
    await session.picture('restricted');

    await session.command('Workspaces: Manage Workspace Trust');
    const page = session.page.locator('.workspace-trust-editor');
    await page.locator('.monaco-button', { hasText: 'Trust' }).first().click();
    await session.press('Control+w');
    await page.waitFor({ state: 'hidden' });
    // Now the folder's own model counts, which is none; programs of its own are run in no case.
    await session.status('error. ');
    expect(await session.says()).toContain("'model-of-the-folder'");
    expect(await session.says()).not.toContain('Restricted');
    expect(await session.told("'model-of-the-folder'").count()).toBe(1);
    await session.picture('error');
    await rm(session.path('.vscode'), { recursive: true });
    await session.status(`ready. ${places.model}`);
    expect(existsSync(session.path('trap.sprung'))).toBe(false);
    await session.command('Notifications: Clear All Notifications');
    await until(async () => (await session.told('codex-lsp').count()) === 0, 'nothing is told any more');
  });
}
