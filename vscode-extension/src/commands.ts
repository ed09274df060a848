/** What the commands do. */
import * as vscode from 'vscode';
import { runDoctor } from './doctor';
import { tryIt } from './example';
import type { Ghost } from './ghost';
import { showMenu } from './menu';
import { pullModel, switchModel } from './models';
import type { Panels } from './panels';
import type { Server } from './server';
import type { Setup } from './setup';
import type { Switch } from './switches';

export interface Parts {
  server: Server;
  ghost: Ghost;
  panels: Panels;
  setup: Setup;
  switches: Switch;
  log: vscode.LogOutputChannel;
  manifest: unknown;
}

export function registerCommands(parts: Parts): vscode.Disposable[] {
  const { server, ghost, panels, setup, switches, log, manifest } = parts;
  const here = () => vscode.window.activeTextEditor?.document;
  const commands: Record<string, () => unknown> = {
    setUp: () => setup.setUp(server),
    showMenu: () => showMenu(server, switches, manifest),
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
    pullModel: () => pullModel(server, log),
    doctor: () => runDoctor(server),
    restart: () => server.restart(),
    showLog: () => log.show(),
    tryIt,
  };
  return Object.entries(commands).map(([name, run]) =>
    vscode.commands.registerCommand(`codexLsp.${name}`, () => guarded(run, log)),
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
