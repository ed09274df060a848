/** Running programs, with every line they say. */
import { spawn } from 'node:child_process';

export class ProcessError extends Error {}

export interface Running {
  onLine?: (line: string) => void;
  signal?: AbortSignal;
  environment?: Record<string, string>;
}

/**
 * Run a program to its end; gives what it wrote to standard output.
 *
 * @throws ProcessError it could not be started, or has failed; the text is what it said last
 */
export function run(program: string, args: readonly string[], options: Running = {}): Promise<string> {
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, {
      stdio: ['ignore', 'pipe', 'pipe'],
      env: { ...process.env, ...options.environment },
      windowsHide: true,
      ...(options.signal ? { signal: options.signal } : {}),
    });
    let output = '';
    let last = '';
    const listen = (stream: NodeJS.ReadableStream, keep: boolean) => {
      let rest = '';
      stream.setEncoding('utf8');
      stream.on('data', (chunk: string) => {
        if (keep) output += chunk;
        const lines = (rest + chunk).split(/\r?\n|\r/);
        rest = lines.pop() ?? '';
        for (const line of lines) say(line);
      });
      stream.on('end', () => say(rest));
    };
    const say = (line: string) => {
      if (!line.trim()) return;
      last = line.trim();
      options.onLine?.(line);
    };
    listen(child.stdout, true);
    listen(child.stderr, false);
    child.on('error', (error) => reject(new ProcessError(error.message)));
    child.on('close', (code, signal) => {
      if (code === 0) resolve(output);
      else reject(new ProcessError(last || `it ended with ${signal ?? code}`));
    });
  });
}
