/** VS Code for a browser, with the extension installed from its package, in folders of its own. */
import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { promisify } from 'node:util';
import { places } from './places';

export interface CodeServer {
  url: string;
  workspace: string;
  /** The folder that all of it is in. */
  home: string;
  /** The user's settings. */
  settings: string;
  /** The models' folder, empty at first. */
  models: string;
  stop: () => Promise<void>;
}

/** The editor's own settings stay as they are; beside the code nothing is shown. */
export const USER_SETTINGS = {
  'codexLsp.package': places.package,
  'codexLsp.seed': 1,
  'codexLsp.profile': 'eager',
  // Files of other scenarios hold the same lines.
  'codexLsp.recall': 'off',
  'workbench.startupEditor': 'none',
  'workbench.secondarySideBar.defaultVisibility': 'hidden',
  'chat.disableAIFeatures': true,
};

export async function startCodeServer(): Promise<CodeServer> {
  const home = await mkdtemp(join(tmpdir(), 'codex-lsp-e2e-'));
  const folder = (name: string) => join(home, name);
  const workspace = folder('workspace');
  await mkdir(workspace);
  await mkdir(folder('data/User'), { recursive: true });
  await writeFile(folder('data/User/settings.json'), JSON.stringify(USER_SETTINGS));
  const environment = {
    ...process.env,
    PATH: pathWithoutServer(),
    HOME: home,
    XDG_CONFIG_HOME: folder('config'),
    XDG_DATA_HOME: folder('share'),
    CODEX_LSP_HOME: folder('models'),
    CODEX_LSP_TUNING: 'off',
  };
  const entry = join(places.codeServer, 'node_modules/code-server/out/node/entry.js');
  const folders = ['--user-data-dir', folder('data'), '--extensions-dir', folder('extensions')];
  const install = ['--install-extension', places.vsix, '--force'];
  await promisify(execFile)(places.node, [entry, ...folders, ...install], { env: environment });
  const port = await freePort();
  const quiet = ['--disable-workspace-trust', '--disable-telemetry', '--disable-update-check'];
  const child = spawn(
    places.node,
    [entry, '--auth', 'none', '--bind-addr', `127.0.0.1:${port}`, ...folders, ...quiet, workspace],
    { env: environment, stdio: 'ignore', detached: true },
  );
  const url = `http://127.0.0.1:${port}/?folder=${workspace}`;
  await until(async () => (await fetch(`http://127.0.0.1:${port}/healthz`)).ok);
  const stop = async () => {
    await end(child);
    await rm(home, { recursive: true, force: true, maxRetries: 5 });
  };
  return {
    url,
    workspace,
    home,
    settings: folder('data/User/settings.json'),
    models: folder('models'),
    stop,
  };
}

/** The set-up is to find no server, so folders that have one are left out. */
function pathWithoutServer(): string {
  const folders = (process.env.PATH ?? '').split(delimiter);
  return folders.filter((each) => !existsSync(join(each, 'codex-lsp'))).join(delimiter);
}

async function end(child: ChildProcess): Promise<void> {
  const ended = new Promise((resolve) => child.on('exit', resolve));
  // With all processes of its group: the extension host, and the server in it.
  if (child.pid !== undefined && child.exitCode === null) {
    process.kill(-child.pid, 'SIGTERM');
    await ended;
  }
}

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const probe = createServer();
    probe.on('error', reject);
    probe.listen(0, '127.0.0.1', () => {
      const address = probe.address();
      probe.close(() => resolve(typeof address === 'object' && address ? address.port : 0));
    });
  });
}

/** Wait until something is true; what fails is not true yet. */
export async function until(
  holds: () => boolean | Promise<boolean>,
  what = 'it',
  timeoutMs = 30_000,
): Promise<void> {
  const end = Date.now() + timeoutMs;
  for (;;) {
    try {
      if (await holds()) return;
    } catch (error) {
      if (Date.now() > end) throw error;
    }
    if (Date.now() > end) throw new Error(`It has not come to be within ${timeoutMs} ms: ${what}.`);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}
