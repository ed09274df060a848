/** The pages: candidates, explanation, statistics. */
import { expect, it } from 'vitest';
import type { Session } from './session';

/** How many requests the server has answered with items, as the statistics page says it. */
export async function answersSoFar(session: Session): Promise<number> {
  await session.command('codex-lsp: Show Statistics');
  const plot = session.webView().locator('svg[aria-label^="Answers by origin"]');
  const label = (await plot.getAttribute('aria-label')) ?? '';
  await session.press('Control+w');
  return [...label.matchAll(/: (\d+)/g)].reduce((sum, [, number]) => sum + Number(number), 0);
}

export function panelScenarios(get: () => Session): void {
  it('lists all candidates with their scores, and inserts the chosen one', async () => {
    const session = get();
    await session.open('list.py', 'def area(width, height):\n    |\n');
    await session.press('Alt+Shift+\\');
    const page = session.webView();
    await page.locator('li').first().waitFor();
    const texts = await page.locator('pre').allTextContents();
    expect(texts.length).toBeGreaterThan(0);
    expect(await page.locator('li').first().textContent()).toMatch(/log-probability -\d/);
    await session.picture('candidates');
    await page.getByRole('link', { name: 'Insert candidate 1' }).click();
    expect(await session.save('list.py')).toBe(`def area(width, height):\n    ${texts[0]}\n`);
  });

  it('explains the last request', async () => {
    const session = get();
    await session.open('explain.py', 'def area(width, height):\n    |\n');
    await session.press('Alt+\\');
    await session.restingGhostText();
    await session.command('codex-lsp: Explain the Last Request');
    const page = session.webView();
    await page.locator('h1', { hasText: 'The last request' }).waitFor();
    expect(await page.locator('section').textContent()).toContain('explain.py, line 2, column 5');
    expect(await page.locator('pre').count()).toBeGreaterThan(0);
    await session.picture('explanation');
    await session.press('Control+w');
  });

  it('shows statistics with plots', async () => {
    const session = get();
    await session.command('codex-lsp: Show Statistics');
    const page = session.webView();
    await page.locator('svg[aria-label^="Answers by origin"]').waitFor();
    expect(await page.locator('svg').count()).toBeGreaterThan(1);
    await session.picture('statistics');
    await session.press('Control+w');
  });
}
