import { expect, it } from 'vitest';
import { isPath, whyItFailed } from '../src/pip';

it.each([
  ['codex-lsp', false],
  ['codex-lsp==0.1.0', false],
  ['codex_lsp-0.1.0-py3-none-any.whl', true],
  ['/home/me/codex-lsp', true],
  ['C:\\codex-lsp', true],
  ['git+https://example.org/codex-lsp', false],
])('knows what is a path: %s', (requirement, path) => {
  expect(isPath(requirement)).toBe(path);
});

it.each([
  [
    [
      'ERROR: Could not find a version that satisfies the requirement codex-lsp (from versions: none)',
      'ERROR: No matching distribution found for codex-lsp',
    ],
    'pip finds no package codex-lsp; name a wheel or a clone of the repository in codexLsp.package.',
  ],
  [
    ['Collecting codex-lsp', 'ERROR: No matching distribution found for ctranslate2>=4.8.1'],
    'pip finds no package ctranslate2>=4.8.1 for this Python; name another one (3.10 to 3.13) in codexLsp.pythonPath.',
  ],
  [
    [
      "WARNING: Retrying (Retry(total=4)) after connection broken by 'NewConnectionError(...)': /simple/codex-lsp/",
      'ERROR: No matching distribution found for codex-lsp',
    ],
    'pip cannot reach the package index; connect to the network, or tell pip of your proxy, and try again.',
  ],
  [
    [
      'The virtual environment was not created successfully because ensurepip is not available.',
      '',
      'Failing command: /tmp/env/bin/python3',
    ],
    'This Python cannot make environments; install its venv package (python3-venv on Debian and Ubuntu), or name another Python in codexLsp.pythonPath.',
  ],
  [
    ['ERROR: Could not install packages due to an OSError: [Errno 28] No space left on device'],
    'The disk is full; make room for some 400 MB, and try again.',
  ],
  [['ERROR: Package is broken.', 'note: a hint'], 'pip has failed: Package is broken.'],
  [['It ends.'], 'pip has failed: It ends.'],
  [[], 'pip has failed: it said nothing'],
])('names cause and mend: %j', (lines, sentence) => {
  expect(whyItFailed('codex-lsp', lines)).toBe(sentence);
});
