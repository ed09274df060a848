/** Ghost text beside what else the editor does: suggestions, several cursors, snippets, closed brackets. */
import { expect, it } from 'vitest';
import { until } from './codeServer';
import { explained } from './panels';
import type { Session } from './session';

const WORDS = `def rectangle_area(rectangle_width, rectangle_height):
    """Return the area of a rectangle."""
    return rectangle_width * rectangle_height


def rectangle_circumference(rectangle_width, rectangle_height):
    """Return the circumference of a rectangle."""
    return 2 * (|)
`;

/** All that `text` becomes when one of its `character`s is taken away. */
function withoutOne(text: string, character: string): string[] {
  return text
    .split('')
    .flatMap((each, at) => (each === character ? [text.slice(0, at) + text.slice(at + 1)] : []));
}

export function editScenarios(get: () => Session): void {
  it('does not double a bracket that the editor has closed', async () => {
    const session = get();
    await session.open('bracket.py', 'values = [3, 1, 2]\n|\nvalues.sort()\n');
    await session.type('print(');
    const text = await session.restingGhostText();
    await session.picture('bracket');
    await session.press('Tab');
    await session.saved('bracket.py', (saved) => {
      const line = saved.split('\n')[1] ?? '';
      expect(line.startsWith('print(')).toBe(true);
      expect(withoutOne(line.slice('print('.length), ')')).toContain(text);
      const [code = ''] = line.split('#');
      expect(code.split('(').length).toBe(code.split(')').length);
    });
  });

  it('goes on from what is selected in the list of suggestions', async () => {
    const session = get();
    await session.open('list-of-words.py', WORDS);
    await session.type('rect');
    await session.press('Control+Space');
    const selected = session.page.locator('.suggest-widget.visible .monaco-list-row.focused');
    const word = async () => ((await selected.getAttribute('aria-label')) ?? '').split(',')[0] ?? '';
    const goesOn = (text: string, from: string) =>
      text.startsWith(from.slice('rect'.length)) && text.length > from.length - 'rect'.length;
    await selected.waitFor();
    const first = await word();
    await until(async () => goesOn(await session.ghostNow(), first), `ghost text goes on from ${first}`);
    await until(async () => {
      // The list may come anew and take no notice of a key; after its last word stands its first.
      if ((await word()) !== 'rectangle_height') await session.press('ArrowDown');
      return (await word()) === 'rectangle_height';
    }, 'another word is selected');
    await until(
      async () => goesOn(await session.ghostNow(), 'rectangle_height'),
      'ghost text goes on from rectangle_height',
    );
    const text = await session.restingGhostText();
    await session.picture('suggestions');
    // The first takes the word, the second what goes on from it.
    await session.press('Tab');
    await selected.waitFor({ state: 'detached' });
    const rest = await session.restingGhostText();
    expect(`rect${text}`).toBe(`rectangle_height${rest}`);
    await session.press('Tab');
    const [before = ''] = WORDS.split('|');
    await session.saved('list-of-words.py', (saved) => {
      expect(saved.startsWith(before)).toBe(true);
      // The closed bracket stands somewhere in what is inserted, and is no part of the ghost text.
      expect(withoutOne(saved.slice(before.length, -1), ')')).toContain(`rect${text}`);
    });
  });

  it('is inserted at every cursor', async () => {
    const session = get();
    const lines = (end: string) =>
      `def norm(x, y, z):\n    """Return the sum of the squares."""\n    a = x${end}\n    b = x${end}\n    return a + b\n`;
    await session.open('cursors.py', lines('').replace('a = x', 'a = x|'));
    await session.press('Shift+Alt+ArrowDown');
    await session.page.locator('.statusbar-item', { hasText: '2 selections' }).waitFor();
    await session.type(' * ');
    await session.press('Alt+\\');
    await session.restingGhostText();
    await session.picture('cursors');
    const [text = ''] = await session.page
      .locator('.view-line:has([class*="ghost-text-decoration"])')
      .allInnerTexts();
    await session.press('Tab');
    const added = text.replaceAll('\u00a0', ' ').slice('    a = x'.length);
    expect(added.startsWith(' * ')).toBe(true);
    await session.saved('cursors.py', (saved) => expect(saved).toBe(lines(added)));
    await session.press('Escape');
  });

  it('leaves the places of a snippet alone, and comes when they are filled in', async () => {
    const session = get();
    await session.open('snippet.py', '|\n');
    await session.ask('Snippets: Insert Snippet');
    await session.pick('deffun');
    await session.type('largest');
    await session.press('Tab');
    await session.type('numbers');
    await session.press('Tab');
    await session.type('Return the largest of the numbers');
    await session.press('Tab');
    await session.press('Alt+\\');
    const text = await session.restingGhostText();
    await session.press('Tab');
    const marked = 'def largest(numbers):\n    """Return the largest of the numbers."""\n    |\n';
    await session.inserted('snippet.py', marked, text);
    await session.press('Escape');
  });

  it('shows what it is not sure of only when asked by hand', async () => {
    const session = get();
    await session.set({ 'codexLsp.profile': 'confident' });
    await session.open('unsure.py', 'words = ["one", "two", "three"]\nnumbers = [3, 1, 2]\nresult =|\n');
    // To ask for the explanation calls off a request that is under way: then it was too early.
    for (let wait = 500, outcome = ''; !outcome.includes('low confidence'); wait *= 2) {
      await session.type(' ');
      await session.page.waitForTimeout(wait);
      expect(await session.ghostNow()).toBe('');
      const page = await explained(session, 'unsure.py, line 3, column 10');
      outcome = (await page.locator('tr', { hasText: 'Outcome' }).textContent()) ?? '';
      expect(outcome).toMatch(/low confidence|cancelled/);
      await session.picture('unsure');
      await session.press('Control+w');
      await session.show('unsure.py');
      await session.press('Backspace');
    }
    await session.press('Alt+\\');
    expect(await session.restingGhostText()).not.toBe('');
    await session.press('Escape');
    await session.noGhost();
    await session.set();
  });
}
