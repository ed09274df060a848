/** The pages: candidates, explanation, statistics. */
import type { FrameLocator } from 'playwright-core';
import { expect, it } from 'vitest';
import { until } from './codeServer';
import type { Session } from './session';

/** How many requests the server has answered with items, as the statistics page says it. */
export async function answersSoFar(session: Session): Promise<number> {
  await session.command('codex-lsp: Show Statistics');
  const plot = session.webView().locator('svg[aria-label^="Answers by origin"]');
  const label = (await plot.getAttribute('aria-label')) ?? '';
  await session.press('Control+w');
  return [...label.matchAll(/: (\d+)/g)].reduce((sum, [, number]) => sum + Number(number), 0);
}

/** The page that explains the last request, once that is the one at `place`. */
export async function explained(session: Session, place: string): Promise<FrameLocator> {
  const page = session.webView();
  await until(async () => {
    await session.command('codex-lsp: Explain the Last Request');
    await page.locator('h1', { hasText: 'The last request' }).waitFor();
    return (await page.locator('section').textContent())?.includes(place) ?? false;
  }, `the request at ${place} is explained`);
  return page;
}

export function panelScenarios(get: () => Session): void {
  it('lists all candidates with their scores, and inserts the chosen one', async () => {
    const session = get();
    await session.open('list.py', 'def area(width, height):\n    |\n');
    await session.press('Alt+Shift+\\');
    const page = session.webView();
    await page.locator('li').first().waitFor();
    // The first one grows.
    let texts: string[] = [];
    let since = Date.now();
    await until(async () => {
      const now = await page.locator('pre').allTextContents();
      if (now.join() !== texts.join()) since = Date.now();
      texts = now;
      return texts.length > 0 && Date.now() - since > 1000;
    }, 'the list rests');
    expect(await page.locator('li').first().textContent()).toMatch(/log-probability -\d/);
    await session.picture('candidates');
    await page.getByRole('link', { name: 'Insert candidate 1' }).click();
    await session.saved('list.py', (saved) =>
      expect(saved).toBe(`def area(width, height):\n    ${texts[0]}\n`),
    );
  });

  it('explains the last request', async () => {
    const session = get();
    await session.open('explain.py', 'def area(width, height):\n    |\n');
    await session.press('Alt+\\');
    await session.restingGhostText();
    const page = await explained(session, 'explain.py, line 2, column 5');
    expect(await page.locator('pre').count()).toBeGreaterThan(0);
    await session.picture('explanation');
    await session.readmePicture('explanation', session.group(1), 384, 540);
    await session.press('Control+w');
  });

  it('counts exactly what was shown and accepted', async () => {
    const session = get();
    const before = await totals(session);
    const marked = 'def divide(a, b):\n    """Return the quotient."""\n    |\n';
    await session.open('whole.py', marked);
    await session.press('Alt+\\');
    const resting = await session.restingGhostText();
    await session.press('Tab');
    const whole = await session.inserted('whole.py', marked, resting);
    await session.tidy();
    await session.open('word.py', marked);
    await session.press('Alt+\\');
    const text = await session.restingGhostText();
    await session.press('Control+ArrowRight');
    const word = await session.inserted('word.py', marked);
    expect(text.startsWith(word)).toBe(true);
    await session.tidy();
    await session.open('left.py', marked);
    await session.press('Alt+\\');
    await session.restingGhostText();
    await session.tidy();
    const after = await totals(session);
    await session.picture('statistics');
    const more = (name: string) => (after[name] ?? 0) - (before[name] ?? 0);
    expect({
      shown: more('shown'),
      accepted: more('accepted'),
      partly: more('accepted in part'),
      dismissed: more('dismissed'),
      characters: more('characters saved'),
    }).toEqual({
      shown: 3,
      accepted: 1,
      partly: 1,
      dismissed: 1,
      characters: whole.length + word.length,
    });
    const page = session.webView();
    const all = (after.accepted ?? 0) + (after['accepted in part'] ?? 0);
    for (const plot of ['By day', 'By language', 'By ranker']) {
      const label = await page.locator(`svg[aria-label^="${plot}"]`).getAttribute('aria-label');
      expect(label).toMatch(new RegExp(`: ${all} of ${after.shown}$`));
    }
    await session.press('Control+w');
  });
}

/** The numbers of the statistics page, which stays open. */
async function totals(session: Session): Promise<Record<string, number>> {
  await session.command('codex-lsp: Show Statistics');
  const page = session.webView();
  await page.locator('svg[aria-label^="Answers by origin"]').waitFor();
  const numbers: Record<string, number> = {};
  for (const tile of await page.locator('.tile').all()) {
    const number = (await tile.locator('strong').textContent()) ?? '';
    const name = ((await tile.textContent()) ?? '').slice(number.length);
    numbers[name] = Number.parseInt(number, 10);
  }
  const fates = page.locator('svg[aria-label^="What became"]');
  const label = ((await fates.count()) && (await fates.getAttribute('aria-label'))) || '';
  for (const [, name = '', number] of label.matchAll(/([a-z][^:;.]*): (\d+)/g))
    numbers[name] = Number(number);
  return numbers;
}
