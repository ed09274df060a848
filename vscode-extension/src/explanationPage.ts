/** Why the last requests were answered as they were. */
import { bar } from './candidatesPage';
import { type Html, html } from './html';
import type { Trace, TracedCandidate } from './protocol';

const ASKED: Record<string, string> = { invoked: 'by hand', automatic: 'while typing' };
const WANTED: Record<string, string> = { line: 'for the rest of the line', block: 'for a block' };

export function explanationPage(traces: readonly Trace[]): Html {
  if (traces.length === 0) return html`<p>Nothing has been asked for yet. Type, or ask by hand.</p>`;
  return html`${traces.map(explained)}`;
}

function explained(trace: Trace): Html {
  const place = `${nameOf(trace.uri)}, line ${trace.position.line + 1}, column ${trace.position.character + 1}`;
  const facts: [string, string][] = [
    [
      'Asked',
      [ASKED[trace.trigger] ?? trace.trigger, WANTED[trace.decision ?? '']].filter(Boolean).join(', '),
    ],
    ['Outcome', (trace.outcome ?? '').replaceAll('_', ' ')],
    ['Language', trace.language],
    ['Time', numbers(trace.ms, ' ms')],
    ['Tokens', numbers(trace.work, '')],
  ];
  return html`<section>
<p class="quiet">${place}</p>
<p><strong>${trace.sentence}</strong></p>
<table>${facts.filter(([, value]) => value).map(([what, value]) => html`<tr><th scope="row">${what}</th><td>${value}</td></tr>`)}</table>
<h2>Candidates</h2>
${trace.candidates.length === 0 ? html`<p>There were none.</p>` : html`<ol>${trace.candidates.map(candidate)}</ol>`}
</section>`;
}

function candidate(each: TracedCandidate): Html {
  const trimmed = Array.isArray(each.trimmedBy) ? each.trimmedBy.join(', ') : each.trimmedBy;
  const said = [
    each.rejected
      ? `rejected: ${each.rejected.replaceAll('_', ' ')}`
      : each.rank === null
        ? ''
        : `rank ${each.rank + 1}`,
    each.confidence === null ? '' : `${Math.round(100 * each.confidence)} % likely right`,
    each.meanLogprob === null ? '' : `mean log-probability ${each.meanLogprob.toFixed(2)}`,
    each.agreement > 1 ? `${each.agreement} samples agree` : '',
    each.source,
    trimmed ? `trimmed by ${trimmed}` : '',
  ];
  return html`<li><div>${bar(each.rejected ? null : each.confidence)} <span class="quiet">${said.filter(Boolean).join(' · ')}</span></div>
<pre>${each.text}</pre>${each.detail ? html`<p>${each.detail}</p>` : undefined}</li>`;
}

/** A number, or an object of numbers, in one line. */
function numbers(value: unknown, unit: string): string {
  if (typeof value === 'number') return `${Math.round(value)}${unit}`;
  if (typeof value !== 'object' || value === null) return '';
  return Object.entries(value)
    .filter((entry): entry is [string, number] => typeof entry[1] === 'number')
    .map(([name, each]) => `${words(name)} ${Math.round(each)}${unit}`)
    .join(', ');
}

/** `readTokens` becomes `read tokens`. */
function words(name: string): string {
  return name.replace(/[A-Z]/g, (letter) => ` ${letter.toLowerCase()}`);
}

function nameOf(uri: string): string {
  return decodeURIComponent(uri.slice(uri.lastIndexOf('/') + 1));
}
