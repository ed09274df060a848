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
  await refuseNoPath(wish.requirement);
  const python = await fittingPython(wish.pythons, watching.signal);
  if (!python) {
    throw new ProcessError(
      `No Python 3.${OLDEST} to 3.${NEWEST} was found; install one, or name it in codexLsp.pythonPath.`,
    );
  }
  try {
    await explained(wish, watching, async (onLine) => {
      watching.onStep('making a Python environment');
      await run(python, ['-m', 'venv', '--clear', wish.folder], { onLine, signal: watching.signal });
      watching.onStep('installing the server');
      await install(wish, [], watching.signal, onLine);
    });
  } catch (error) {
    // Half an environment would be found and started the next time.
    await rm(wish.folder, { recursive: true, force: true });
    throw error;
  }
  return programOf(wish.folder, wish.windows ? 'codex-lsp.exe' : 'codex-lsp', wish.windows);
}

/**
 * Bring the environment up to date. What pip cannot do leaves it as it was.
 *
 * @throws ProcessError as `makeEnvironment`
 */
export async function updateEnvironment(wish: Wish, watching: Watching): Promise<void> {
  await refuseNoPath(wish.requirement);
  await explained(wish, watching, async (onLine) => {
    watching.onStep('updating the server');
    await install(wish, ['--upgrade'], watching.signal, onLine);
  });
}

async function install(
  wish: Wish,
  options: string[],
  signal: AbortSignal,
  onLine: Watching['onLine'],
): Promise<void> {
  const own = programOf(wish.folder, wish.windows ? 'python.exe' : 'python', wish.windows);
  const pip = ['-m', 'pip', 'install', '--disable-pip-version-check', '--no-input', '--progress-bar=off'];
  await run(own, [...pip, ...options, wish.requirement], { onLine, signal });
}

/** Run steps; when one fails, say why in a sentence, by what they have printed. */
async function explained(
  wish: Wish,
  watching: Watching,
  steps: (onLine: Watching['onLine']) => Promise<void>,
): Promise<void> {
  const lines: string[] = [];
  try {
    await steps((line) => {
      lines.push(line);
      watching.onLine(line);
    });
  } catch (error) {
    if (watching.signal.aborted) throw error;
    throw new ProcessError(whyItFailed(wish.requirement, lines));
  }
}

async function refuseNoPath(requirement: string): Promise<void> {
  if (!isPath(requirement)) return;
  await access(requirement).catch(() => {
    throw new ProcessError(noSuchPath(requirement));
  });
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
