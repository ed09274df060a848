/** The list of all candidates for one place, with what speaks for each. */
import { type Html, html } from './html';
import type { OfferedItem } from './offer';

export const INSERT = 'codexLsp.internal.insert';

export function candidatesPage(items: readonly OfferedItem[], where: string): Html {
  if (items.length === 0) return html`<p>There is nothing to suggest at ${where}.</p>`;
  return html`<p class="quiet">${where} · ${count(items.length, 'candidate')}, the best first</p>
<ol>${items.map((item, index) => entry(item, index))}</ol>`;
}

function entry(item: OfferedItem, index: number): Html {
  const link = `command:${INSERT}?${encodeURIComponent(JSON.stringify([index]))}`;
  return html`<li>
<div><strong>${index + 1}</strong> ${bar(item.facts.confidence)} <span class="quiet">${scores(item)}</span></div>
<pre>${item.text}</pre>
<a class="button" href="${link}" aria-label="Insert candidate ${index + 1}">Insert</a>
</li>`;
}

function scores({ facts }: OfferedItem): string {
  const said = [
    facts.confidence === null ? '' : `${Math.round(100 * facts.confidence)} % likely right`,
    facts.meanLogprob === null ? '' : `mean log-probability ${facts.meanLogprob.toFixed(2)}`,
    count(facts.tokens, 'token'),
    facts.agreement > 1 ? `${facts.agreement} samples agree` : '',
    facts.origin === 'recalled' ? 'a line seen before' : '',
  ];
  return said.filter(Boolean).join(' · ');
}

export function bar(share: number | null): Html | undefined {
  if (share === null) return undefined;
  const width = Math.round(100 * Math.min(1, Math.max(0, share)));
  return html`<svg class="sure" viewBox="0 0 100 8" preserveAspectRatio="none" aria-hidden="true"><rect class="two" width="${width}" height="8"/></svg>`;
}

export function count(number: number, noun: string): string {
  return `${number} ${noun}${number === 1 ? '' : 's'}`;
}
