/** The server's process, looked up among all processes. */
import { readdir, readFile } from 'node:fs/promises';

/** The process that runs `codex-lsp serve` of a session; its home names it. */
export async function serverPid(home: string): Promise<number | undefined> {
  for (const name of await readdir('/proc')) {
    if (!/^\d+$/.test(name)) continue;
    const command = await readFile(`/proc/${name}/cmdline`, 'utf8').catch(() => '');
    if (command.includes(home) && /\0serve\0/.test(command)) return Number(name);
  }
  return undefined;
}
