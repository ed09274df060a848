/** Pages without scripts: text is escaped, styles are the editor's, nothing is loaded from anywhere. */

/** Text that is HTML already. */
export class Html {
  constructor(readonly text: string) {}
}

type Part = string | number | Html | undefined | Part[];

const ENTITIES: Record<string, string> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};

export function escapeHtml(text: string): string {
  return text.replace(/[&<>"']/g, (character) => ENTITIES[character] ?? character);
}

function render(part: Part): string {
  if (part === undefined) return '';
  if (part instanceof Html) return part.text;
  return Array.isArray(part) ? part.map(render).join('') : escapeHtml(String(part));
}

/** Make HTML of a template; what is put in is escaped unless it is HTML. */
export function html(strings: TemplateStringsArray, ...parts: Part[]): Html {
  const text = strings.map((string, index) => string + render(parts[index]));
  return new Html(text.join(''));
}

const STYLE = `
body { font-family: var(--vscode-font-family); font-size: var(--vscode-font-size); color: var(--vscode-foreground);
  max-width: 60rem; padding: 0 1.5rem 2rem; line-height: 1.5; }
h1 { font-size: 1.5em; font-weight: 600; margin: 1.2rem 0 .2rem; }
h2 { font-size: 1.15em; font-weight: 600; margin: 1.8rem 0 .4rem; }
.quiet { color: var(--vscode-descriptionForeground); }
pre { font-family: var(--vscode-editor-font-family); font-size: var(--vscode-editor-font-size); margin: .4rem 0;
  padding: .6rem .8rem; background: var(--vscode-textCodeBlock-background); border-radius: 4px;
  border: 1px solid var(--vscode-contrastBorder, transparent); white-space: pre-wrap; tab-size: 4; }
table { border-collapse: collapse; width: 100%; }
th, td { text-align: left; padding: .25rem .8rem .25rem 0; vertical-align: top;
  border-bottom: 1px solid var(--vscode-widget-border, var(--vscode-contrastBorder, transparent)); }
td.number, th.number { text-align: right; font-variant-numeric: tabular-nums; }
ol { list-style: none; padding: 0; }
li { margin: 1rem 0; }
a { color: var(--vscode-textLink-foreground); }
a.button { display: inline-block; padding: .15rem .7rem; border-radius: 2px; text-decoration: none;
  color: var(--vscode-button-foreground); background: var(--vscode-button-background);
  border: 1px solid var(--vscode-contrastBorder, transparent); }
a:focus-visible { outline: 1px solid var(--vscode-focusBorder); outline-offset: 2px; }
.tiles { display: flex; flex-wrap: wrap; gap: .8rem; margin: 1rem 0; }
.tile { min-width: 7.5rem; padding: .6rem .9rem; border-radius: 4px; background: var(--vscode-textCodeBlock-background);
  border: 1px solid var(--vscode-contrastBorder, transparent); }
.tile strong { display: block; font-size: 1.5em; font-weight: 600; }
svg { display: block; width: 100%; height: auto; margin: .5rem 0; }
svg text { fill: var(--vscode-descriptionForeground); font: 11px var(--vscode-font-family); }
svg .axis { stroke: var(--vscode-widget-border, var(--vscode-descriptionForeground)); }
svg .one { fill: var(--vscode-charts-blue); }
svg .two { fill: var(--vscode-charts-green); }
.sure { display: inline-block; vertical-align: middle; width: 6rem; height: .5rem; margin-right: .5rem;
  border: 1px solid var(--vscode-contrastBorder, var(--vscode-widget-border, transparent)); }
`;

/** A whole page. @param nonce marks the one style sheet that is allowed */
export function page(title: string, body: Html, nonce: string): string {
  const policy = `default-src 'none'; style-src 'nonce-${nonce}'`;
  return html`<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${policy}">
<title>${title}</title>
<style nonce="${nonce}">${new Html(STYLE)}</style>
</head>
<body><main>
<h1>${title}</h1>
${body}
</main></body>
</html>`.text;
}
