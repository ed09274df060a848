import { expect, it } from 'vitest';
import { Backoff } from '../src/backoff';
import { candidates, programOf } from '../src/finder';
import { mendsOf } from '../src/mends';
import { histogram, namedGroups } from '../src/statisticsPage';

it('waits longer after each death, and gives up after four within three minutes', () => {
  const backoff = new Backoff();
  expect([0, 1000, 2000, 3000, 4000].map((now) => backoff.died(now))).toEqual([
    500,
    1000,
    2000,
    4000,
    undefined,
  ]);
  expect(backoff.died(400_000)).toBe(500);
  for (const now of [400_001, 400_002, 400_003]) backoff.died(now);
  backoff.forget();
  expect(backoff.died(400_004)).toBe(500);
});

it('looks for the server in the selected environment, on the path, in its own environment', () => {
  const where = { setting: '', python: '/venv/bin/python', own: '/own', path: '/a:/b/', windows: false };
  expect(candidates(where)).toEqual([
    { program: '/venv/bin/codex-lsp', from: 'python environment' },
    { program: '/a/codex-lsp', from: 'PATH' },
    { program: '/b/codex-lsp', from: 'PATH' },
    { program: '/own/bin/codex-lsp', from: 'own environment' },
  ]);
  expect(candidates({ ...where, setting: '/mine' })).toEqual([{ program: '/mine', from: 'setting' }]);
  expect(candidates({ ...where, python: 'python', path: '' }).map(({ from }) => from)).toEqual([
    'own environment',
  ]);
  const conda = { ...where, python: 'C:\\conda\\python.exe', path: '', own: 'C:\\own', windows: true };
  expect(candidates(conda).map(({ program }) => program)).toEqual([
    'C:\\conda\\codex-lsp.exe',
    'C:\\conda\\Scripts\\codex-lsp.exe',
    'C:\\own\\Scripts\\codex-lsp.exe',
  ]);
  expect(programOf('C:\\own', 'codex-lsp.exe', true)).toBe('C:\\own\\Scripts\\codex-lsp.exe');
});

it.each([
  [
    'The default model (x) is not installed yet; `codex-lsp models pull` gets it.',
    ['Get the Model', 'Show Log'],
  ],
  [
    "The model 'x.1' is not installed; `codex-lsp models pull x.1` gets it if it is one that codex-lsp knows.",
    ['Switch the Model', 'Get the Model'],
  ],
  [
    'There is no directory ./x; give the path of a model directory, or the name of an installed model.',
    ['Switch the Model', 'Show Log'],
  ],
  ['The setting codexLsp.threads has to be a whole number; 0 is used instead.', ['Open Setting', 'Show Log']],
  ['choose a smaller codexLsp.model or run codex-lsp doctor', ['Open Setting', 'Run Doctor']],
  ['The model could not be loaded; run codex-lsp doctor.', ['Run Doctor', 'Show Log']],
  ['Something else.', ['Show Log']],
])('offers what mends: %s', (sentence, titles) => {
  expect(mendsOf(sentence).map(({ title }) => title)).toEqual(titles);
});

it('gets the model that a sentence names', () => {
  const sentence = "The model 'x.1' is not installed; `codex-lsp models pull x.1` gets it.";
  expect(mendsOf(sentence)[1]?.arguments).toEqual(['x.1']);
});

it('opens the setting that a sentence names', () => {
  expect(mendsOf('The setting codexLsp.threads is wrong.')[0]?.arguments).toEqual(['codexLsp.threads']);
});

it('counts times between edges, each once', () => {
  expect(histogram([])).toEqual([]);
  const bars = histogram([9.9, 10, 99, 100, 5000]);
  expect(bars.map(({ value }) => value)).toEqual([1, 1, 1, 1, 0, 0, 1]);
  expect(bars.at(-1)?.label).toBe('800 and more');
});

it('reads groups in both forms', () => {
  expect(namedGroups({ python: { shown: 1 } }, 'language')).toEqual([['python', { shown: 1 }]]);
  expect(namedGroups([{ day: '2026-01-02', shown: 1 }], 'day')[0]?.[0]).toBe('2026-01-02');
  expect(namedGroups(undefined, 'day')).toEqual([]);
});
