/** What became of the suggestions. The numbers are the server's and stay on this machine. */
import { count } from './candidatesPage';
import { type Html, html } from './html';
import { columns, rows } from './plots';
import type { Counts, Groups, Performance, Statistics } from './protocol';

export function statisticsPage(
  statistics: Statistics | undefined,
  performance: Performance | undefined,
): Html {
  return html`${statistics ? kept(statistics) : undefined}${performance ? session(performance) : undefined}
<p class="quiet">All of this stays on your machine. Nothing is sent anywhere.</p>`;
}

function kept(statistics: Statistics): Html {
  if (!statistics.enabled)
    return html`<p>Statistics are not kept: they are switched off in the settings.</p>`;
  const { totals } = statistics;
  const since = statistics.since
    ? html`<p class="quiet">Since ${statistics.since.slice(0, 10)}</p>`
    : undefined;
  const tiles: [string, string][] = [
    ['shown', `${totals.shown}`],
    ['accepted', `${totals.accepted + totals.partiallyAccepted}`],
    ['acceptance rate', percent(totals.acceptanceRate)],
    ['characters saved', `${totals.charactersSaved}`],
    ['median latency', milliseconds(totals.latencyMs?.median)],
    ['95th percentile', milliseconds(totals.latencyMs?.p95)],
  ];
  const fates = [
    { label: 'shown', value: totals.shown },
    { label: 'accepted', value: totals.accepted },
    { label: 'accepted in part', value: totals.partiallyAccepted },
    { label: 'dismissed', value: totals.dismissed },
    ...[
      { label: 'kept after 30 s', value: totals.keptAfter30s },
      { label: 'kept after 2 min', value: totals.keptAfter2min },
      { label: 'kept after 10 min', value: totals.keptAfter10min },
    ].flatMap(({ label, value }) => (typeof value === 'number' ? [{ label, value }] : [])),
  ];
  return html`${since}<div class="tiles">${tiles.map(([what, value]) => html`<div class="tile"><strong>${value}</strong>${what}</div>`)}</div>
<h2>What became of them</h2>${rows('What became of the suggestions', fates)}
${grouped('By day: accepted of shown', statistics.byDay, 'day', columns)}
${grouped('By language: accepted of shown', statistics.byLanguage, 'language', rows)}
${grouped('By ranker: accepted of shown', statistics.byRanker, 'ranker', rows)}`;
}

function grouped(title: string, groups: Groups, key: string, plot: typeof columns): Html | undefined {
  const named = namedGroups(groups, key);
  if (named.length === 0) return undefined;
  const bars = named.map(([label, counts]) => ({
    label: key === 'day' ? label.slice(5) : label,
    value: counts.shown ?? 0,
    part: (counts.accepted ?? 0) + (counts.partiallyAccepted ?? 0),
  }));
  return html`<h2>${title}</h2>${plot(title, bars)}`;
}

/** Groups with their names, whichever form they came in. */
export function namedGroups(groups: Groups | undefined, key: string): [string, Counts][] {
  if (!groups) return [];
  if (!Array.isArray(groups)) return Object.entries(groups);
  return groups.map((group) => [String(group[key] ?? group.name ?? ''), group]);
}

function session(performance: Performance): Html {
  const answers = Object.entries(performance.answers).map(([label, value]) => ({ label, value }));
  const bars = histogram(performance.recent.map((each) => each.totalMs));
  return html`<h2>Since the server started: answers by origin</h2>
${answers.length > 0 ? rows('Answers by origin', answers) : html`<p>None yet.</p>`}
${bars.length > 0 ? html`<h2>Latency of the last ${count(performance.recent.length, 'answer')}, in ms</h2>${rows('Latency', bars)}` : undefined}`;
}

const EDGES = [10, 50, 100, 200, 400, 800];

/** Times in ms, counted between fixed edges. */
export function histogram(times: readonly number[]): { label: string; value: number }[] {
  if (times.length === 0) return [];
  return [...EDGES, Number.POSITIVE_INFINITY].map((edge, index) => {
    const low = EDGES[index - 1] ?? 0;
    return {
      label: edge === Number.POSITIVE_INFINITY ? `${low} and more` : `${low} to ${edge}`,
      value: times.filter((time) => time >= low && time < edge).length,
    };
  });
}

function percent(share: number | null): string {
  return share === null ? '–' : `${Math.round(100 * share)} %`;
}

function milliseconds(time: number | null | undefined): string {
  return typeof time === 'number' ? `${Math.round(time)} ms` : '–';
}
