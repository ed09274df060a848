/** Plots as SVG, made by hand: bars, with a text for those who cannot see them. */
import { type Html, html } from './html';

export interface Bar {
  label: string;
  /** The whole of the bar, and the part of it that is marked. */
  value: number;
  part?: number;
}

const WIDTH = 640;
const ROW = 22;

/** Bars that lie below each other, one a row. */
export function rows(title: string, bars: Bar[], left = 130): Html {
  const most = Math.max(1, ...bars.map((bar) => bar.value));
  const scale = (WIDTH - left - 90) / most;
  const drawn = bars.map(({ label, value, part }, index) => {
    const y = index * ROW;
    const says = part === undefined ? `${value}` : `${part} of ${value}`;
    return html`<text x="${left - 8}" y="${y + 15}" text-anchor="end">${label}</text>
<rect class="one" x="${left}" y="${y + 4}" width="${round(value * scale)}" height="14" opacity="${part === undefined ? 1 : 0.35}"/>
${part === undefined ? undefined : html`<rect class="two" x="${left}" y="${y + 4}" width="${round(part * scale)}" height="14"/>`}
<text x="${round(left + value * scale + 6)}" y="${y + 15}">${says}</text>`;
  });
  return figure(title, bars, WIDTH, bars.length * ROW + 4, html`${drawn}`);
}

/** Bars that stand beside each other, for what goes on over time. */
export function columns(title: string, bars: Bar[]): Html {
  const height = 150;
  const base = height - 22;
  const most = Math.max(1, ...bars.map((bar) => bar.value));
  const step = WIDTH / Math.max(bars.length, 7);
  const every = Math.ceil(bars.length / 8);
  const drawn = bars.map(({ label, value, part = 0 }, index) => {
    const x = round(index * step + step * 0.15);
    const width = round(step * 0.7);
    const tall = (count: number) => round((count * (base - 16)) / most);
    return html`<rect class="one" x="${x}" y="${base - tall(value)}" width="${width}" height="${tall(value)}" opacity="0.35"/>
<rect class="two" x="${x}" y="${base - tall(part)}" width="${width}" height="${tall(part)}"/>
${index % every === 0 ? html`<text x="${round(x + width / 2)}" y="${height - 6}" text-anchor="middle">${label}</text>` : undefined}`;
  });
  const axis = html`<line class="axis" x1="0" x2="${WIDTH}" y1="${base}" y2="${base}"/><text x="0" y="11">${most}</text>`;
  return figure(title, bars, WIDTH, height, html`${axis}${drawn}`);
}

function figure(title: string, bars: Bar[], width: number, height: number, drawn: Html): Html {
  const spoken = bars
    .map(({ label, value, part }) =>
      part === undefined ? `${label}: ${value}` : `${label}: ${part} of ${value}`,
    )
    .join('; ');
  return html`<svg role="img" viewBox="0 0 ${width} ${height}" aria-label="${title}. ${spoken}">${drawn}</svg>`;
}

function round(value: number): number {
  return Math.round(value * 10) / 10;
}
