import { access, chmod, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { fittingPython, makeEnvironment, updateEnvironment } from '../src/environment';
import { run } from '../src/processes';

let folder: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'codex-lsp-'));
});

afterEach(async () => {
  vi.unstubAllEnvs();
  await rm(folder, { recursive: true });
});

/** A program that says what it is told to. */
async function program(name: string, script: string): Promise<string> {
  const path = join(folder, name);
  await writeFile(path, `#!/bin/sh\n${script}\n`);
  await chmod(path, 0o755);
  return path;
}

const never = new AbortController().signal;

it('takes the first Python that the server runs on', async () => {
  const old = await program('old', 'echo 3 9');
  const new_ = await program('new', 'echo 3 14');
  const good = await program('good', 'echo 3 12');
  const broken = await program('broken', 'exit 1');
  expect(await fittingPython(['/nowhere', broken, old, new_, good], never)).toBe(good);
  expect(await fittingPython([old], never)).toBeUndefined();
});

it('names the cause and the mend where there is no Python', async () => {
  const wish = { folder: join(folder, 'env'), requirement: 'x', pythons: [], windows: false };
  const watching = { onStep: () => {}, onLine: () => {}, signal: never };
  await expect(makeEnvironment(wish, watching)).rejects.toThrow(
    'No Python 3.10 to 3.13 was found; install one, or name it in codexLsp.pythonPath.',
  );
});

it('leaves no half environment behind when pip fails', async () => {
  const own = join(folder, 'env');
  await mkdir(join(own, 'bin'), { recursive: true });
  const pip = await program('env/bin/python', 'echo "no such package" >&2; exit 1');
  const python = await program('python', 'case "$1" in -c) echo 3 12;; esac');
  const lines: string[] = [];
  const steps: string[] = [];
  const wish = { folder: own, requirement: 'x', pythons: [python], windows: false };
  const watching = {
    onStep: (step: string) => steps.push(step),
    onLine: (line: string) => lines.push(line),
    signal: never,
  };
  await expect(makeEnvironment(wish, watching)).rejects.toThrow('pip has failed: no such package');
  expect(lines).toEqual(['no such package']);
  expect(steps).toEqual(['making a Python environment', 'installing the server']);
  await expect(run(pip, [])).rejects.toThrow('ENOENT');
});

it('leaves the environment when it cannot be updated', async () => {
  const own = join(folder, 'env');
  await mkdir(join(own, 'bin'), { recursive: true });
  const python = await program('env/bin/python', 'echo "ERROR: $7 $8" >&2; exit 1');
  const wish = { folder: own, requirement: 'x', pythons: [], windows: false };
  const watching = { onStep: () => {}, onLine: () => {}, signal: never };
  await expect(updateEnvironment(wish, watching)).rejects.toThrow('pip has failed: --upgrade x');
  await access(python);
});

it('makes nothing of a package that is not there', async () => {
  const steps: string[] = [];
  const wish = { folder: join(folder, 'env'), requirement: '/nowhere/x.whl', pythons: [], windows: false };
  const watching = { onStep: (step: string) => steps.push(step), onLine: () => {}, signal: never };
  await expect(makeEnvironment(wish, watching)).rejects.toThrow(
    'There is no /nowhere/x.whl; name a wheel or a clone of the repository in codexLsp.package.',
  );
  expect(steps).toEqual([]);
});

it('says in a sentence what the real pip cannot find', { timeout: 120_000 }, async () => {
  vi.stubEnv('PIP_NO_INDEX', '1');
  const own = join(folder, 'env');
  const wish = { folder: own, requirement: 'codex-lsp', pythons: ['python3'], windows: false };
  const watching = { onStep: () => {}, onLine: () => {}, signal: never };
  await expect(makeEnvironment(wish, watching)).rejects.toThrow(
    'pip finds no package codex-lsp; name a wheel or a clone of the repository in codexLsp.package.',
  );
  await expect(access(own)).rejects.toThrow('ENOENT');
});

it('gives all lines of both streams, and the output', async () => {
  const lines: string[] = [];
  const talker = await program('talker', 'printf "one\\ntwo"; printf "three\\n" >&2');
  expect(await run(talker, [], { onLine: (line) => lines.push(line) })).toBe('one\ntwo');
  expect(lines.sort()).toEqual(['one', 'three', 'two']);
});
