import { expect, it } from 'vitest';
import type { Performance, Totals } from '../src/protocol';
import { factsOf, type State, viewOf } from '../src/status';

const server = (kind: 'Normal' | 'Error' | 'Inactive', busy: boolean, message: string): State => ({
  kind: 'server',
  status: { kind, busy, message },
});

it.each<[State, string, string]>([
  [{ kind: 'missing', message: 'Click.' }, '$(cloud-download)', 'codex-lsp: not set up. Click.'],
  [{ kind: 'starting', message: 'It starts.' }, '$(loading~spin)', 'codex-lsp: It starts.'],
  [{ kind: 'stopped', message: 'Why.' }, '$(error)', 'codex-lsp: error. Why.'],
  [
    server('Normal', true, 'Loading the model.'),
    '$(loading~spin)',
    'codex-lsp: loading. The model is being loaded.',
  ],
  [server('Normal', false, 'small'), '$(sparkle)', 'codex-lsp: ready. small'],
  [server('Normal', true, 'small'), '$(sync~spin)', 'codex-lsp: thinking. small'],
  [server('Inactive', false, 'Off.'), '$(circle-slash)', 'codex-lsp: off. Off.'],
  [server('Error', false, 'No model.'), '$(error)', 'codex-lsp: error. No model.'],
])('says what is going on: %j', (state, icon, label) => {
  expect(viewOf(state)).toMatchObject({ text: `${icon} codex-lsp`, label });
});

it('says that it is off here, but not instead of an error', () => {
  expect(viewOf(server('Normal', false, 'small'), 'This file.').label).toBe('codex-lsp: off. This file.');
  expect(viewOf(server('Error', false, 'No model.'), 'This file.').label).toBe('codex-lsp: error. No model.');
});

it('says what the server waits to be told', () => {
  const question = 'codex-lsp: The default model is not installed yet.';
  expect(viewOf(server('Normal', true, 'Loading the model.'), '', '', question)).toEqual({
    text: '$(cloud-download) codex-lsp',
    label: 'codex-lsp: not set up. The default model is not installed yet.',
    tone: 'warning',
  });
});

it('shows which candidate is on screen', () => {
  expect(viewOf(server('Normal', false, 'small'), '', '2/3 · 71 %').text).toBe('$(sparkle) 2/3 · 71 %');
});

it('tells model, device, latency, cache hits and acceptance', () => {
  const performance: Performance = {
    requests: 4,
    answers: { model: 1, cache: 2, sibling: 1 },
    rejections: {},
    engine: { pid: 1, restarts: 0, threads: 2, computeType: 'int8', device: 'cpu' },
    recent: [{ origin: 'model', totalMs: 171.4, engineMs: 160 }],
  };
  const totals = { shown: 10, accepted: 3, partiallyAccepted: 1 } as Totals;
  expect(factsOf('small', performance, totals)).toEqual([
    ['Model', 'small'],
    ['Runs on', 'cpu, int8, 2 threads'],
    ['Last answer', '171 ms (model)'],
    ['Answers', '4, 75 % without a new decoding'],
    ['Accepted', '4 of 10 shown'],
  ]);
  expect(factsOf('', undefined, undefined)).toEqual([]);
});
