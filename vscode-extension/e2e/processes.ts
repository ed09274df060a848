/** The server's process, looked up among all processes. */
import { readdir, readFile } from 'node:fs/promises';

/** The process that runs `codex-lsp serve` of a session; the home that it was given names it. */
export async function serverPid(home: string): Promise<number | undefined> {
  const read = (path: string) => readFile(path, 'utf8').catch(() => '');
  for (const name of await readdir('/proc')) {
    if (!/^\d+$/.test(name)) continue;
    if (!/\0serve\0/.test(await read(`/proc/${name}/cmdline`))) continue;
    if ((await read(`/proc/${name}/environ`)).includes(`HOME=${home}\0`)) return Number(name);
  }
  return undefined;
}
