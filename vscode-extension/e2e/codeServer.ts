/** VS Code for a browser, with the extension installed from its package, in folders of its own. */
import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { cp, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
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
  /** Settings of the machine that the editor's server runs on: paths and programs. */
  machine: string;
  /** The models' folder, empty at first. */
  models: string;
  stop: () => Promise<void>;
}

/** The editor's own settings stay as they are; beside the code nothing is shown, and nothing moves. */
export const USER_SETTINGS = {
  'codexLsp.seed': 1,
  // Whatever the model thinks of a candidate: the scenarios are about what is done with it.
  'codexLsp.profile': 'eager',
  // Files of other scenarios hold the same lines.
  'codexLsp.recall': 'off',
  'workbench.startupEditor': 'none',
  'workbench.secondarySideBar.defaultVisibility': 'hidden',
  'workbench.reduceMotion': 'on',
  'chat.disableAIFeatures': true,
  // The folder is not trusted at first; a scenario says when it is.
  'security.workspace.trust.startupPrompt': 'never',
};

export const MACHINE_SETTINGS = {
  'codexLsp.package': places.package,
  ...(places.program ? { 'codexLsp.serverPath': places.program } : {}),
};

/** There is no such package, which the first scenario finds out. */
export const MISSING_PACKAGE = '/nowhere/codex_lsp-0.1.0-py3-none-any.whl';

/** A function with three places to fill in. */
const SNIPPETS = {
  function: {
    prefix: 'deffun',
    body: ['def $1($2):', '    """$3."""', '    $0'],
  },
};

/** What a folder may ask for: that programs of its own are run, and another model is loaded. */
const FOLDER_SETTINGS = {
  'codexLsp.serverPath': './trap',
  'codexLsp.pythonPath': './trap',
  'codexLsp.model': 'model-of-the-folder',
};

export async function startCodeServer(): Promise<CodeServer> {
  const home = await mkdtemp(join(tmpdir(), 'codex-lsp-e2e-'));
  const folder = (name: string) => join(home, name);
  const workspace = folder('workspace');
  await mkdir(join(workspace, '.vscode'), { recursive: true });
  await writeFile(join(workspace, '.vscode/settings.json'), JSON.stringify(FOLDER_SETTINGS));
  await writeFile(join(workspace, 'trap'), '#!/bin/sh\ntouch "$0.sprung"\n', { mode: 0o755 });
  await mkdir(folder('data/User/snippets'), { recursive: true });
  await writeFile(folder('data/User/snippets/python.json'), JSON.stringify(SNIPPETS));
  await writeFile(folder('data/User/settings.json'), JSON.stringify(USER_SETTINGS));
  await mkdir(folder('data/Machine'));
  const machine = { ...MACHINE_SETTINGS, 'codexLsp.package': MISSING_PACKAGE };
  await writeFile(folder('data/Machine/settings.json'), JSON.stringify(machine));
  // A server that is installed already has its models; a scenario takes them away.
  const { CODEX_LSP_HOME: given } = process.env;
  if (places.program && given) await cp(given, folder('models'), { recursive: true });
  const environment = {
    ...process.env,
    PATH: pathWithoutServer(),
    HOME: home,
    XDG_CONFIG_HOME: folder('config'),
    XDG_DATA_HOME: folder('share'),
    CODEX_LSP_HOME: folder('models'),
    CODEX_LSP_STATISTICS: folder('statistics.sqlite3'),
    CODEX_LSP_TUNING: 'off',
  };
  const entry = join(places.codeServer, 'node_modules/code-server/out/node/entry.js');
  const folders = ['--user-data-dir', folder('data'), '--extensions-dir', folder('extensions')];
  const install = ['--install-extension', places.vsix, '--force'];
  await promisify(execFile)(places.node, [entry, ...folders, ...install], { env: environment });
  const port = await freePort();
  const quiet = ['--disable-telemetry', '--disable-update-check'];
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
    machine: folder('data/Machine/settings.json'),
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
  timeoutMs = 60_000,
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
