/** A user in front of the editor: opens files, types, presses keys, looks at the screen. */
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type Browser, chromium, type FrameLocator, type Locator, type Page } from 'playwright-core';
import { expect } from 'vitest';
import { type CodeServer, MACHINE_SETTINGS, startCodeServer, until } from './codeServer';
import { places } from './places';

export class Session {
  private constructor(
    readonly editor: CodeServer,
    private readonly browser: Browser,
    readonly page: Page,
  ) {}

  static async start(): Promise<Session> {
    await mkdir(places.artefacts, { recursive: true });
    const editor = await startCodeServer();
    const browser = await chromium.launch({ executablePath: places.chromium, args: ['--no-sandbox'] });
    const context = await browser.newContext({ viewport: { width: 1100, height: 700 } });
    const page = await context.newPage();
    page.setDefaultTimeout(60_000);
    await page.goto(editor.url);
    await page.locator('.monaco-workbench').waitFor();
    return new Session(editor, browser, page);
  }

  async close(): Promise<void> {
    await this.browser.close();
    await this.editor.stop();
  }

  // ---- Files

  path(name: string): string {
    return join(this.editor.workspace, name);
  }

  /** Open a file with a text in which `|` is where the cursor goes. */
  async open(name: string, marked: string): Promise<void> {
    const offset = marked.indexOf('|');
    const before = marked.slice(0, offset).split('\n');
    await writeFile(this.path(name), marked.replace('|', ''));
    await this.press('Control+p');
    await this.pick(this.path(name), name);
    await this.page.locator(`.tab.active[data-resource-name="${name}"]`).waitFor();
    await this.page.locator('.editor-instance .view-lines').first().waitFor();
    await this.press('Control+g');
    await this.pick(
      `:${before.length}:${(before.at(-1) ?? '').length + 1}`,
      `to line ${before.length} at column`,
    );
  }

  /** Leave nothing open for the next scenario. */
  async tidy(): Promise<void> {
    await this.page.mouse.move(700, 640);
    await this.press('Escape', 'Escape', 'Control+k', 's', 'Control+k', 'Control+w');
    await this.page.locator('.tabs-container .tab').first().waitFor({ state: 'detached' });
  }

  /** Turn to an open file again. */
  async show(name: string): Promise<void> {
    await this.page.locator(`.tab[data-resource-name="${name}"]`).click();
    await this.page.locator('.editor-instance .view-lines').first().waitFor();
  }

  /**
   * Save, and give what is on the disk once `check` does not throw at it: a key that was pressed just
   * before may take effect later than the one that saves, and the editor saves by itself again then.
   */
  async saved(name: string, check: (text: string) => void): Promise<void> {
    await this.press('Control+s');
    await until(async () => {
      check(await readFile(this.path(name), 'utf8'));
      return true;
    }, `${name} is saved`);
  }

  /** What was inserted at the mark, once it begins with `start` and is saved. What grows may be longer. */
  async inserted(name: string, marked: string, start = ''): Promise<string> {
    const [before = '', after = ''] = marked.split('|');
    let text = '';
    await this.saved(name, (saved) => {
      text = saved.slice(before.length, saved.length - after.length);
      expect(saved).toBe(before + text + after);
      expect(text).not.toBe('');
      expect(text.slice(0, start.length)).toBe(start);
    });
    return text;
  }

  // ---- Keys

  press(...keys: string[]): Promise<void> {
    return keys.reduce((done, key) => done.then(() => this.page.keyboard.press(key)), Promise.resolve());
  }

  type(text: string): Promise<void> {
    return this.page.keyboard.type(text, { delay: 40 });
  }

  private get box(): Locator {
    return this.page.locator('.quick-input-widget input[type="text"]');
  }

  /** Fill in the box that a command has opened, and take the entry that says `entry`. */
  async pick(text: string, entry: string | RegExp = text): Promise<void> {
    await this.choose(text, entry);
    await this.page.locator('.quick-input-widget').waitFor({ state: 'hidden' });
  }

  /** The same, where another question follows. */
  async choose(text: string, entry: string | RegExp = text): Promise<void> {
    await this.box.waitFor();
    await this.box.fill(text);
    // What was listed before the text is there for a moment longer.
    await this.page.locator('.quick-input-list .monaco-list-row.focused', { hasText: entry }).waitFor();
    await this.press('Enter');
  }

  async command(title: string): Promise<void> {
    await this.press('F1');
    await this.pick(`>${title}`, title);
  }

  /** Begin a command that asks something. */
  async ask(title: string): Promise<void> {
    await this.press('F1');
    await this.choose(`>${title}`, title);
    await until(async () => !(await this.box.inputValue()).startsWith('>'), `${title} asks`);
  }

  /** Set settings of the machine beside its usual ones: they count at once. */
  async set(more: object = {}): Promise<void> {
    await writeFile(this.editor.machine, JSON.stringify({ ...MACHINE_SETTINGS, ...more }));
  }

  /** Write the user's settings as a user does: in the editor. */
  async changeSettings(settings: object): Promise<void> {
    await this.command('Preferences: Open User Settings (JSON)');
    // It opens above the other editors.
    await this.page.locator('.view-line', { hasText: 'codexLsp.seed' }).waitFor();
    const text = JSON.stringify(settings);
    await this.press('Control+a', 'Delete');
    await this.page.keyboard.insertText(text);
    await this.press('Control+s');
    await until(
      async () => (await readFile(this.editor.settings, 'utf8')).trim() === text,
      'settings are saved',
    );
    await this.press('Control+w');
    await this.page.locator('.view-line', { hasText: 'codexLsp.seed' }).waitFor({ state: 'hidden' });
  }

  // ---- The screen

  /** Our item in the status bar, once it says something. */
  status(says: string, timeout = 120_000): Promise<void> {
    return this.item.and(this.page.locator(`[aria-label^="codex-lsp: ${says}"]`)).waitFor({ timeout });
  }

  get ghost(): Locator {
    return this.page.locator('.view-line [class*="ghost-text-decoration"], .suggest-preview-text');
  }

  /** The ghost text, once there is some; lines below the first one included. */
  async ghostText(differs = ''): Promise<string> {
    let text = '';
    await until(async () => {
      text = await this.ghostNow();
      return text !== '' && text !== differs;
    }, 'there is ghost text');
    return text;
  }

  /** The ghost text once it has not changed for as long as a growing one is still. */
  async restingGhostText(): Promise<string> {
    let text = await this.ghostText();
    let since = Date.now();
    await until(async () => {
      const now = await this.ghostNow();
      if (now !== text) since = Date.now();
      text = now;
      return text !== '' && Date.now() - since > 1000;
    }, 'the ghost text rests');
    return text;
  }

  /** Every ghost text that is seen while `act` goes on, in the order in which they come. */
  async ghostsDuring(act: () => Promise<unknown>): Promise<string[]> {
    const seen: string[] = [];
    let watching = true;
    const watch = (async () => {
      while (watching) {
        const now = await this.ghostNow();
        if (now !== (seen.at(-1) ?? '')) seen.push(now);
      }
    })();
    await act();
    watching = false;
    await watch;
    return seen;
  }

  async ghostNow(): Promise<string> {
    return this.page.evaluate(() => {
      const clean = (text: string | null) => (text ?? '').replaceAll('\u00a0', ' ').replaceAll('\u00b7', ' ');
      const inline = [...document.querySelectorAll('.view-line [class*="ghost-text-decoration"]')];
      const below = [...document.querySelectorAll('.suggest-preview-text .view-line')];
      const first = inline.map((each) => clean(each.textContent)).join('');
      return [first, ...below.map((each) => clean(each.textContent))].join('\n').replace(/^\n$/, '');
    });
  }

  /** Wait until there is no ghost text, or none that is `text`. */
  noGhost(text = ''): Promise<void> {
    const gone = (now: string) => (text ? now !== text : now === '');
    return until(async () => gone(await this.ghostNow()), 'there is no ghost text');
  }

  /** Notifications that are on screen and say something. */
  told(says: string): Locator {
    return this.page.locator('.notifications-toasts .notification-list-item', { hasText: says });
  }

  /** All notifications that have not been closed, also those that are not on screen any more. */
  async allTold(): Promise<string[]> {
    await this.command('Notifications: Show Notifications');
    const messages = this.page.locator('.notifications-center .notification-list-item-message');
    await messages.first().waitFor();
    const texts = await messages.allTextContents();
    await this.command('Notifications: Hide Notifications');
    return texts;
  }

  button(title: string): Locator {
    return this.page.locator('.notifications-toasts .monaco-button', { hasText: title }).first();
  }

  /** Our item in the status bar. */
  get item(): Locator {
    return this.page.locator('[id="codex-lsp.codex-lsp.codexLsp.status"] a');
  }

  async says(): Promise<string> {
    return (await this.item.getAttribute('aria-label')) ?? '';
  }

  /** A group of editors, from the left. */
  group(index: number): Locator {
    return this.page.locator('.editor-group-container').nth(index);
  }

  /** The page of the web view in front. */
  webView(): FrameLocator {
    return this.page.frameLocator('iframe.webview.ready').last().frameLocator('#active-frame');
  }

  /** Listen to what a screen reader would read out from now on; gives all of it each time. */
  async alerts(): Promise<() => Promise<string[]>> {
    const heard = await this.page.evaluateHandle(() => {
      const said: string[] = [];
      const watcher = new MutationObserver((changes) => {
        for (const { target } of changes) if (target.textContent) said.push(target.textContent);
      });
      const place = document.querySelector('.monaco-aria-container');
      if (place) watcher.observe(place, { childList: true, subtree: true, characterData: true });
      return said;
    });
    return () => heard.jsonValue();
  }

  async picture(name: string): Promise<void> {
    await this.page.screenshot({ path: join(places.artefacts, `${name}.png`) });
  }

  /** A picture for the README, of the upper left of a group of editors; drawn only where that is wanted. */
  async readmePicture(name: string, group: Locator, width: number, height: number): Promise<void> {
    if (!places.media) return;
    const { x = 0, y = 0 } = (await group.boundingBox()) ?? {};
    await this.page.mouse.move(0, 0);
    const clip = { x, y, width, height };
    await this.page.screenshot({ path: join(places.media, `${name}.png`), clip });
  }
}
