/** Ghost text, and what the keys do with it. */
import { expect, it } from 'vitest';
import { until } from './codeServer';
import { answersSoFar } from './panels';
import type { Session } from './session';

/** A place where one line is missing, written so that the model is fairly sure. */
const LINE = `def add(a, b):
    """Return the sum."""
    return a + b


def subtract(a, b):
    """Return the difference."""
    |
`;

/** A place where a block is missing. */
const BLOCK = `import json


def read_settings(path):
    """Read the settings of a JSON file, and give them as a dictionary."""
    |
`;

/** A place where the model can mean several things. */
const OPEN = 'words = ["one", "two", "three"]\nnumbers = [3, 1, 2]\nresult = |\n';

/** What the editor puts behind a bracket or a quote that is typed. */
const CLOSERS: Record<string, string> = { '(': ')', '[': ']', '{': '}', '"': '"', "'": "'" };

export function acceptScenarios(get: () => Session): void {
  it('shows ghost text, and Tab accepts it', async () => {
    const session = get();
    await session.open('tab.py', LINE);
    await session.type('return ');
    const text = await session.restingGhostText();
    await session.picture('ghost');
    await session.press('Tab');
    await session.inserted('tab.py', LINE, `return ${text}`);
    await session.status('ready');
  });

  it('accepts a word, then a line, and the rest stays', async () => {
    const session = get();
    await session.open('part.py', BLOCK);
    await session.press('Alt+\\');
    const text = await session.restingGhostText();
    await session.press('Control+ArrowRight');
    const rest = await session.restingGhostText();
    const word = text.slice(0, text.length - rest.length);
    expect(word).toMatch(/^\S+\s?$/);
    expect(text).toBe(word + rest);
    await session.press('Control+Alt+ArrowRight');
    const [line, ...below] = rest.split('\n');
    await until(async () => (await session.ghostNow()) === below.join('\n'), 'only the lines below are left');
    await session.saved('part.py', (saved) => expect(saved).toContain(`    ${word}${line}\n`));
    await session.press('Escape');
  });

  it('grows without a frame that has none, and Tab takes what is there', async () => {
    const session = get();
    await session.open('grow.py', BLOCK);
    const seen = await session.ghostsDuring(async () => {
      await session.press('Alt+\\');
      await session.restingGhostText();
    });
    const shown = seen.slice(seen.findIndex((text) => text !== ''));
    expect(shown.length).toBeGreaterThan(1);
    for (const [index, text] of shown.slice(1).entries()) {
      expect(text.startsWith(shown[index] as string), JSON.stringify(shown)).toBe(true);
    }
    await session.picture('grown');
    await session.readmePicture('ghost-text', session.group(0), 640, 210);
    await session.press('Tab');
    await session.inserted('grow.py', BLOCK, shown.at(-1));
  });

  it('cycles through the candidates, and inserts the one on screen', async () => {
    const session = get();
    await session.open('cycle.py', OPEN);
    await session.press('Alt+\\');
    const first = await session.restingGhostText();
    await session.press('Alt+]');
    const second = await session.ghostText(first);
    await session.status('ready');
    await session.picture('cycled');
    await session.press('Alt+[');
    expect((await session.ghostText(second)).startsWith(first)).toBe(true);
    await session.press('Alt+]');
    await until(async () => (await session.ghostNow()) === second, 'the second one is back');
    await session.press('Tab');
    await session.saved('cycle.py', (saved) => expect(saved).toBe(OPEN.replace('|', second)));
  });

  it('is dismissed by Escape, and changes nothing', async () => {
    const session = get();
    await session.open('escape.py', BLOCK);
    await session.press('Alt+\\');
    await session.ghostText();
    await session.press('Escape');
    await session.noGhost();
    const seen = await session.ghostsDuring(() => session.page.waitForTimeout(1500));
    expect(seen.filter(Boolean)).toEqual([]);
    await session.type('x');
    await session.press('Escape');
    await session.saved('escape.py', (saved) => expect(saved).toBe(BLOCK.replace('|', 'x')));
  });

  it('is typed through without another question to the server', async () => {
    const session = get();
    await session.open('through.py', LINE);
    await session.press('Alt+\\');
    const text = await session.restingGhostText();
    const before = await answersSoFar(session);
    await session.show('through.py');
    await session.press('Alt+\\');
    const again = await session.restingGhostText();
    await session.type(again.slice(0, 4));
    expect((await session.restingGhostText()).startsWith(again.slice(4))).toBe(true);
    expect(text).not.toBe('');
    expect(await answersSoFar(session)).toBe(before + 1);
  });

  it('brings the next candidate up when another is typed', async () => {
    const session = get();
    await session.open('sibling.py', OPEN);
    await session.press('Alt+\\');
    const first = await session.restingGhostText();
    await session.press('Alt+]');
    const second = await session.ghostText(first);
    await session.press('Alt+[');
    await session.ghostText(second);
    let common = 0;
    while (first[common] === second[common]) common += 1;
    const typed = second.slice(0, common + 1);
    await session.type(typed);
    // What the typed text leaves open the editor has closed, and that is not shown twice.
    const open: string[] = [];
    for (const char of typed) {
      const closer = CLOSERS[char];
      if (char === open.at(-1)) open.pop();
      else if (closer !== undefined) open.push(closer);
    }
    let shown = second.slice(common + 1);
    for (const closer of open) {
      const last = shown.lastIndexOf(closer);
      if (last >= 0) shown = shown.slice(0, last) + shown.slice(last + 1);
    }
    expect(await session.restingGhostText()).toBe(shown);
    await session.press('Escape');
  });
}
