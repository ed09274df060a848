/** What the status bar says. Pure: states in, texts out. */
import type { Performance, ServerStatus, Totals } from './protocol';

export type State =
  | { kind: 'missing' | 'setting-up' | 'starting' | 'stopped'; message: string }
  | { kind: 'server'; status: ServerStatus };

export interface View {
  text: string;
  label: string;
  tone: 'normal' | 'warning' | 'error';
}

const view = (icon: string, says: string, tone: View['tone'] = 'normal', short = 'codex-lsp'): View => ({
  text: `$(${icon}) ${short}`,
  label: `codex-lsp: ${says}`,
  tone,
});

/**
 * @param offHere why there are no completions in the document at hand, as far as the editor knows
 * @param question what the server waits to be told before it goes on
 */
export function viewOf(state: State, offHere = '', candidate = '', question = ''): View {
  if (question)
    return view('cloud-download', `not set up. ${question.replace(/^codex-lsp: /, '')}`, 'warning');
  switch (state.kind) {
    case 'missing':
      return view('cloud-download', `not set up. ${state.message}`, 'warning');
    case 'setting-up':
    case 'starting':
      return view('loading~spin', state.message);
    case 'stopped':
      return view('error', `error. ${state.message}`, 'error');
  }
  const { kind, busy, message } = state.status;
  if (kind === 'Error') return view('error', `error. ${message}`, 'error');
  if (offHere) return view('circle-slash', `off. ${offHere}`);
  if (kind === 'Inactive') return view('circle-slash', `off. ${message}`);
  if (busy && /loading/i.test(message)) return view('loading~spin', 'loading. The model is being loaded.');
  if (busy) return view('sync~spin', `thinking. ${message}`);
  return candidate
    ? view('sparkle', `ready. ${message}. Candidate ${candidate}`, 'normal', candidate)
    : view('sparkle', `ready. ${message}`);
}

const whole = (share: number): string => `${Math.round(100 * share)} %`;

/** Rows of the hover: what, and how much. Leaves out what is not known yet. */
export function factsOf(
  model: string,
  performance: Performance | undefined,
  totals: Totals | undefined,
): [string, string][] {
  const rows: [string, string][] = [];
  if (model) rows.push(['Model', model]);
  const engine = performance?.engine;
  if (engine) {
    const threads = `${engine.threads} thread${engine.threads === 1 ? '' : 's'}`;
    rows.push(['Runs on', `${engine.device ?? 'cpu'}, ${engine.computeType}, ${threads}`]);
  }
  const last = performance?.recent.at(-1);
  if (last) rows.push(['Last answer', `${Math.round(last.totalMs)} ms (${last.origin})`]);
  if (performance) {
    const { model: asked = 0, ...others } = performance.answers;
    const reused = sum(Object.values(others));
    if (asked + reused > 0)
      rows.push(['Answers', `${asked + reused}, ${whole(reused / (asked + reused))} without a new decoding`]);
  }
  if (totals && totals.shown > 0) {
    rows.push(['Accepted', `${totals.accepted + totals.partiallyAccepted} of ${totals.shown} shown`]);
  }
  return rows;
}

function sum(numbers: number[]): number {
  return numbers.reduce((total, each) => total + each, 0);
}
