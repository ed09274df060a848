/** What the commands do. */
import * as vscode from 'vscode';
import type { Doctor } from './doctor';
import { tryIt } from './example';
import type { Ghost } from './ghost';
import { showMenu } from './menu';
import type { Messages } from './messages';
import { pullModel, switchModel } from './models';
import type { Panels } from './panels';
import type { Server } from './server';
import { openSetting } from './settings';
import type { Setup } from './setup';
import type { Switch } from './switches';

export interface Parts {
  server: Server;
  messages: Messages;
  doctor: Doctor;
  ghost: Ghost;
  panels: Panels;
  setup: Setup;
  switches: Switch;
  log: vscode.LogOutputChannel;
  manifest: unknown;
}

export function registerCommands(parts: Parts): vscode.Disposable[] {
  const { server, messages, doctor, ghost, panels, setup, switches, log, manifest } = parts;
  const here = () => vscode.window.activeTextEditor?.document;
  const commands: Record<string, (argument: unknown) => unknown> = {
    setUp: () => setup.setUp(server),
    showMenu: () => showMenu(server, messages, switches, manifest),
    toggle: () => switches.toggle(),
    toggleLanguage: () => onDocument(here(), (document) => switches.toggleLanguage(document.languageId)),
    toggleFile: () => onDocument(here(), (document) => switches.toggleFile(document.uri)),
    trigger: () => ghost.trigger(),
    acceptWord: () => ghost.acceptPart('acceptNextWord'),
    acceptLine: () => ghost.acceptPart('acceptNextLine'),
    next: () => ghost.cycle(1),
    previous: () => ghost.cycle(-1),
    dismiss: () => ghost.dismiss(),
    showCandidates: () => panels.showCandidates(),
    explain: () => panels.explain(),
    showStatistics: () => panels.showStatistics(),
    switchModel: () => switchModel(server),
    pullModel: (name) => pullModel(server, log, name),
    doctor: () => doctor.run(),
    'internal.openSetting': openSetting,
    restart: () => server.restart(),
    showLog: () => log.show(),
    tryIt,
  };
  return Object.entries(commands).map(([name, run]) =>
    vscode.commands.registerCommand(`codexLsp.${name}`, (argument: unknown) =>
      guarded(() => run(argument), log),
    ),
  );
}

/** A command that fails says so in one sentence. */
async function guarded(run: () => unknown, log: vscode.LogOutputChannel): Promise<void> {
  try {
    await run();
  } catch (error) {
    const cause = error instanceof Error ? error.message : String(error);
    log.error(cause);
    const chosen = await vscode.window.showErrorMessage(`codex-lsp: ${cause}`, 'Show Log');
    if (chosen) log.show();
  }
}

function onDocument(
  document: vscode.TextDocument | undefined,
  run: (document: vscode.TextDocument) => unknown,
): unknown {
  return document && run(document);
}
