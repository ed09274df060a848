/** The Python environment of the extension's own: made with venv, filled with pip. */
import { access, rm } from 'node:fs/promises';
import { programOf } from './finder';
import { isPath, noSuchPath, whyItFailed } from './pip';
import { ProcessError, run } from './processes';

const OLDEST = 10;
const NEWEST = 13;

export interface Wish {
  /** Where the environment is made. */
  folder: string;
  /** What pip installs. */
  requirement: string;
  /** Pythons to try, in this order. */
  pythons: readonly string[];
  windows: boolean;
}

export interface Watching {
  onStep: (step: string) => void;
  onLine: (line: string) => void;
  signal: AbortSignal;
}

/**
 * Make the environment, and give the path of the program in it.
 *
 * @throws ProcessError a step has failed; the text is one sentence
 */
export async function makeEnvironment(wish: Wish, watching: Watching): Promise<string> {
  if (isPath(wish.requirement)) {
    await access(wish.requirement).catch(() => {
      throw new ProcessError(noSuchPath(wish.requirement));
    });
  }
  const python = await fittingPython(wish.pythons, watching.signal);
  if (!python) {
    throw new ProcessError(
      `No Python 3.${OLDEST} to 3.${NEWEST} was found; install one, or name it in codexLsp.pythonPath.`,
    );
  }
  const { signal } = watching;
  const lines: string[] = [];
  const onLine = (line: string) => {
    lines.push(line);
    watching.onLine(line);
  };
  const own = programOf(wish.folder, wish.windows ? 'python.exe' : 'python', wish.windows);
  try {
    watching.onStep('making a Python environment');
    await run(python, ['-m', 'venv', '--clear', wish.folder], { onLine, signal });
    watching.onStep('installing the server');
    const pip = ['-m', 'pip', 'install', '--disable-pip-version-check', '--no-input', '--progress-bar=off'];
    await run(own, [...pip, wish.requirement], { onLine, signal });
  } catch (error) {
    // Half an environment would be found and started the next time.
    await rm(wish.folder, { recursive: true, force: true });
    if (signal.aborted) throw error;
    throw new ProcessError(whyItFailed(wish.requirement, lines));
  }
  return programOf(wish.folder, wish.windows ? 'codex-lsp.exe' : 'codex-lsp', wish.windows);
}

/** The first Python of a version that the server runs on. */
export async function fittingPython(
  pythons: readonly string[],
  signal: AbortSignal,
): Promise<string | undefined> {
  for (const python of pythons) {
    try {
      const said = await run(python, ['-c', 'import sys; print(*sys.version_info[:2])'], { signal });
      const [major, minor] = said.trim().split(' ').map(Number);
      if (major === 3 && minor !== undefined && minor >= OLDEST && minor <= NEWEST) return python;
    } catch (error) {
      if (signal.aborted) throw error;
    }
  }
  return undefined;
}
