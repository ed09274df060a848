/** Finding the server, and installing it where it is not found. */
import { access, constants } from 'node:fs/promises';
import * as vscode from 'vscode';
import { makeEnvironment, updateEnvironment } from './environment';
import { candidates, type Found } from './finder';
import { mendsOf } from './mends';
import type { Messages } from './messages';
import { run } from './processes';
import type { Server } from './server';
import { settings } from './settings';

const WINDOWS = process.platform === 'win32';
/** A program that says nothing for so long is another one; Python is slow where it is scanned first. */
const VERSION_LIMIT_MS = 60_000;
const SET_UP = 'Set Up';
const AGAIN = 'Try Again';
const CHOOSE = 'Choose the Program…';

export class Setup {
  private offered = false;
  /** The set-up that is under way, and why it failed. */
  private running: Promise<Error | undefined> | undefined;
  private readonly folder: string;

  constructor(
    storage: vscode.Uri,
    private readonly log: vscode.LogOutputChannel,
    private readonly messages: Messages,
  ) {
    this.folder = vscode.Uri.joinPath(storage, 'environment').fsPath;
  }

  /** The first program that is there and says its version. */
  async find(): Promise<Found | undefined> {
    const setting = settings.serverPath();
    const places = candidates({
      setting,
      python: await selectedPython(),
      own: this.folder,
      path: process.env.PATH ?? '',
      windows: WINDOWS,
    });
    for (const found of places) {
      if (!setting && !(await isProgram(found.program))) continue;
      try {
        const signal = AbortSignal.timeout(VERSION_LIMIT_MS);
        const version = (await run(found.program, ['--version'], { signal })).trim();
        if (!version.startsWith('codex-lsp ')) throw new Error(`it is another program, ${version}`);
        this.log.info(`Found ${version}: ${found.program}`);
        return found;
      } catch (error) {
        const cause = error instanceof Error ? error.message : String(error);
        const text = `${found.program} cannot be run: ${cause}`;
        this.log.warn(text);
        if (setting) {
          this.messages.show('error', `codex-lsp: ${text} (codexLsp.serverPath).`);
        }
      }
    }
    return undefined;
  }

  /** Offer the set-up, once a session. */
  async offer(server: Server): Promise<void> {
    // A wrong setting, which has been told, would hide what is installed.
    if (this.offered || settings.serverPath()) return;
    this.offered = true;
    const chosen = await vscode.window.showInformationMessage(
      'codex-lsp is not set up yet. Shall it be installed into an environment of its own, with the model (93 MB)?',
      SET_UP,
      CHOOSE,
    );
    if (chosen === SET_UP) await this.setUp(server);
    if (chosen === CHOOSE) await choose();
  }

  /** Install the server, or bring the extension's own up to date; the model comes with its first start. */
  async setUp(server: Server): Promise<void> {
    if (this.running) {
      // A second one would clear the environment that the first is filling.
      await this.running;
      return;
    }
    this.running = this.installAndStart(server);
    const error = await this.running;
    this.running = undefined;
    if (error) await this.failed(server, error);
  }

  private async installAndStart(server: Server): Promise<Error | undefined> {
    try {
      await server.stop();
      this.messages.consented = true;
      await vscode.window.withProgress(
        { location: vscode.ProgressLocation.Notification, title: 'codex-lsp', cancellable: true },
        (progress, token) => this.install(server, progress, token),
      );
      await server.restart();
      await vscode.commands.executeCommand('setContext', 'codexLsp.setUpDone', true);
      return undefined;
    } catch (error) {
      this.messages.consented = false;
      // An update that has failed leaves what was there, which was stopped for it.
      await server.restart();
      return error instanceof Error ? error : new Error(String(error));
    }
  }

  private async install(
    server: Server,
    progress: vscode.Progress<{ message: string }>,
    token: vscode.CancellationToken,
  ): Promise<void> {
    const found = await this.find();
    const isOwn = found?.from === 'own environment';
    if (found && !isOwn) {
      this.messages.show(
        'info',
        `codex-lsp: It is installed already (${found.program}), and is started anew.`,
      );
      return;
    }
    const setting = settings.serverPath();
    if (setting) throw new Error(`${setting} cannot be run; correct or empty codexLsp.serverPath.`);
    const stop = new AbortController();
    token.onCancellationRequested(() => stop.abort());
    const own = settings.pythonPath();
    const usual = WINDOWS
      ? ['py', 'python']
      : ['python3', 'python3.13', 'python3.12', 'python3.11', 'python3.10'];
    const selected = await selectedPython();
    const pythons = own ? [own] : [...(selected ? [selected] : []), ...usual];
    this.log.info(`Installing ${settings.package()} into ${this.folder}.`);
    const make = isOwn ? updateEnvironment : makeEnvironment;
    await make(
      { folder: this.folder, requirement: settings.package(), pythons, windows: WINDOWS },
      {
        signal: stop.signal,
        onLine: (line) => this.log.info(line),
        onStep: (step) => {
          progress.report({ message: `${step}…` });
          server.say({ kind: 'setting-up', message: `Setting up: ${step}.` });
        },
      },
    );
  }

  private async failed(server: Server, error: Error): Promise<void> {
    const cancelled = error.name === 'AbortError' || /aborted/.test(error.message);
    const message = cancelled ? 'The set-up was called off.' : `The set-up failed: ${error.message}`;
    this.log.error(message);
    if (!server.found) server.say({ kind: 'missing', message });
    if (cancelled) return;
    const mends = mendsOf(message);
    const titles = mends.map(({ title }) => title);
    const chosen = await vscode.window.showErrorMessage(`codex-lsp: ${message}`, AGAIN, ...titles);
    if (chosen === AGAIN) await this.setUp(server);
    const mend = mends.find(({ title }) => title === chosen);
    if (mend) await vscode.commands.executeCommand(mend.command, ...(mend.arguments ?? []));
  }
}

async function choose(): Promise<void> {
  const [chosen] =
    (await vscode.window.showOpenDialog({ title: 'The program codex-lsp', canSelectMany: false })) ?? [];
  if (chosen) {
    const target = vscode.ConfigurationTarget.Global;
    await vscode.workspace.getConfiguration('codexLsp').update('serverPath', chosen.fsPath, target);
  }
}

async function isProgram(path: string): Promise<boolean> {
  try {
    await access(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

/** What of the Python extension is used. */
interface PythonApi {
  environments?: { getActiveEnvironmentPath(resource?: vscode.Uri): { path: string } };
}

/** The selected environment's Python. A folder that is not trusted has no say in what is run. */
async function selectedPython(): Promise<string | undefined> {
  const extension = vscode.extensions.getExtension<PythonApi>('ms-python.python');
  if (!extension || !vscode.workspace.isTrusted) return undefined;
  try {
    const api = extension.isActive ? extension.exports : await extension.activate();
    return api.environments?.getActiveEnvironmentPath(vscode.workspace.workspaceFolders?.[0]?.uri).path;
  } catch {
    return undefined; // without it, the other places are tried
  }
}
