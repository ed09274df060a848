import { expect, it } from 'vitest';
import { candidatesPage } from '../src/candidatesPage';
import { explanationPage } from '../src/explanationPage';
import { html, page } from '../src/html';
import { columns, rows } from '../src/plots';
import type { Statistics, Trace } from '../src/protocol';
import { statisticsPage } from '../src/statisticsPage';

const facts = {
  id: '1',
  index: 0,
  meanLogprob: -0.42,
  confidence: 0.71,
  tokens: 5,
  agreement: 3,
  origin: 'model',
};

it('escapes everything that is put in, and nothing twice', () => {
  const inner = html`<b>${'<script>&"\''}</b>`;
  expect(html`<p title="${'"'}">${inner}${[html`<i>1</i>`, '<']}${undefined}</p>`.text).toBe(
    '<p title="&quot;"><b>&lt;script&gt;&amp;&quot;&#39;</b><i>1</i>&lt;</p>',
  );
});

it('allows no scripts and loads nothing', () => {
  const text = page('T', html`<p></p>`, 'abc');
  expect(text).toContain(`content="default-src &#39;none&#39;; style-src &#39;nonce-abc&#39;"`);
  expect(text).toContain('<style nonce="abc">');
  expect(text).not.toMatch(/<script|src=|https?:/);
});

it('lists candidates with their scores, and a link that inserts each', () => {
  const text = candidatesPage([{ text: 'a < b', replaces: 0, facts }], 'a.py, line 1, column 2').text;
  expect(text).toContain('71 % likely right · mean log-probability -0.42 · 5 tokens · 3 samples agree');
  expect(text).toContain('<pre>a &lt; b</pre>');
  expect(text).toContain('href="command:codexLsp.internal.insert?%5B0%5D"');
  expect(text).toContain('aria-label="Insert candidate 1"');
  expect(candidatesPage([], 'here').text).toBe('<p>There is nothing to suggest at here.</p>');
});

it('explains what became of each candidate', () => {
  const trace: Trace = {
    id: '1',
    uri: 'file:///a%20b.py',
    version: 1,
    position: { line: 0, character: 4 },
    language: 'python',
    trigger: 'automatic',
    decision: 'line',
    outcome: 'shown',
    sentence: 'The best is shown.',
    ms: { total: 120.4, first: 80 },
    work: { readTokens: 5 },
    cached: false,
    candidates: [
      {
        text: 'x',
        rank: 0,
        ...facts,
        source: 'sampled',
        trimmedBy: ['unfinished'],
        rejected: null,
        detail: '',
      },
      {
        text: 'y',
        rank: null,
        ...facts,
        source: 'sampled',
        trimmedBy: [],
        rejected: 'repeats_suffix',
        detail: 'It stands there.',
      },
    ],
  };
  const text = explanationPage([trace]).text;
  for (const said of [
    'a b.py, line 1, column 5',
    'The best is shown.',
    'while typing, for the rest of the line',
    'total 120 ms, first 80 ms',
    'read tokens 5',
    'rank 1',
    'trimmed by unfinished',
    'rejected: repeats suffix',
    'It stands there.',
  ]) {
    expect(text).toContain(said);
  }
  expect(explanationPage([]).text).toContain('Nothing has been asked for yet');
});

it('plots statistics with a text for those who do not see them', () => {
  const statistics: Statistics = {
    enabled: true,
    since: '2026-01-02T00:00:00Z',
    totals: {
      shown: 10,
      accepted: 4,
      partiallyAccepted: 1,
      dismissed: 2,
      keptAfter30s: 3,
      keptAfter2min: null,
      keptAfter10min: null,
      charactersSaved: 99,
      acceptanceRate: 0.5,
      latencyMs: { median: 120, p95: 300 },
      cacheHits: 3,
      requests: 20,
    },
    byLanguage: { python: { shown: 10, accepted: 4, partiallyAccepted: 1 } },
    byRanker: {},
    byDay: [{ day: '2026-01-02', shown: 10, accepted: 4 }],
  };
  const text = statisticsPage(statistics, undefined).text;
  expect(text).toContain('<strong>50 %</strong>acceptance rate');
  expect(text).toContain('aria-label="By language: accepted of shown. python: 5 of 10"');
  expect(text).toContain('aria-label="By day: accepted of shown. 01-02: 4 of 10"');
  expect(text).not.toContain('2 min');
  expect(text).not.toContain('By ranker');
  expect(statisticsPage({ ...statistics, enabled: false }, undefined).text).toContain('switched off');
});

it('draws bars of a length that fits their numbers', () => {
  const widths = (svg: string) =>
    [...svg.matchAll(/class="one"[^>]* width="([\d.]+)"/g)].map((match) => Number(match[1]));
  const drawn = widths(
    rows('T', [
      { label: 'a', value: 4 },
      { label: 'b', value: 1 },
      { label: 'c', value: 0 },
    ]).text,
  );
  expect(drawn).toEqual([420, 105, 0]);
  expect(columns('T', []).text).toContain('<svg role="img"');
});
