/** Wires the parts together. */
import * as vscode from 'vscode';
import { registerCommands } from './commands';
import { Counters } from './counters';
import { Doctor } from './doctor';
import { Ghost } from './ghost';
import { Messages } from './messages';
import { Panels } from './panels';
import { FOCUS } from './protocol';
import { Server } from './server';
import { SCREEN_READER, SECTION } from './settings';
import { Setup } from './setup';
import type { State } from './status';
import { StatusBar } from './statusBar';
import { Switch } from './switches';

export function activate(context: vscode.ExtensionContext): void {
  const log = vscode.window.createOutputChannel('codex-lsp', { log: true });
  const messages = new Messages(log);
  const setup = new Setup(context.globalStorageUri, log, messages);
  const server = new Server(() => setup.find(), log, messages);
  const switches = new Switch(context.workspaceState);
  const ghost = new Ghost(`${context.extension.id}:*`, switches);
  const panels = new Panels(server, ghost);
  const doctor = new Doctor(server);
  const counters = new Counters(
    () => server.client,
    () => statusBar.draw(),
  );
  const here = {
    off: () => switches.reason(vscode.window.activeTextEditor?.document),
    candidate: () => ghost.candidate,
    question: () => messages.question,
  };
  const statusBar = new StatusBar(here, counters);
  const focus = () => {
    const uri = vscode.window.activeTextEditor?.document.uri.toString();
    const client = server.client;
    if (client) void client.sendNotification(FOCUS, uri ? { textDocument: { uri } } : {});
    statusBar.draw();
  };
  server.onState((state) => {
    statusBar.show(state);
    setContexts(state);
    if (state.kind === 'missing') void setup.offer(server);
    if (isReady(state)) messages.consented = false; // the set-up is over: what comes is to be asked
  });
  server.onStart((client) => {
    ghost.use(client);
    focus();
  });
  ghost.onChange(() => {
    if (ghost.offer) void setContext('everOffered', true);
    statusBar.draw();
    counters.stale();
  });
  context.subscriptions.push(
    log,
    messages,
    server,
    switches,
    ghost,
    panels,
    doctor,
    counters,
    statusBar,
    switches.onChange(() => statusBar.draw()),
    messages.onQuestion(() => statusBar.draw()),
    vscode.window.onDidChangeActiveTextEditor(focus),
    vscode.workspace.onDidGrantWorkspaceTrust(() => void server.restart()),
    vscode.workspace.onDidChangeConfiguration((change) => configured(change, server, statusBar)),
    ...registerCommands({
      server,
      messages,
      doctor,
      ghost,
      panels,
      setup,
      switches,
      log,
      manifest: context.extension.packageJSON,
    }),
  );
  void server.restart();
}

function configured(change: vscode.ConfigurationChangeEvent, server: Server, statusBar: StatusBar): void {
  if (!change.affectsConfiguration(SECTION) && !change.affectsConfiguration(SCREEN_READER)) return;
  const anew = [`${SECTION}.serverPath`, `${SECTION}.growing`, SCREEN_READER].some((name) =>
    change.affectsConfiguration(name),
  );
  // The others the server asks for itself.
  if (anew) void server.restart();
  statusBar.draw();
}

function setContext(name: string, value: boolean): Thenable<unknown> {
  return vscode.commands.executeCommand('setContext', `${SECTION}.${name}`, value);
}

function setContexts(state: State): void {
  void setContext('running', state.kind === 'server');
  if (isReady(state)) void setContext('ready', true);
}

/** Whether a model is loaded: its name is the message then, and before there is none. */
function isReady(state: State): boolean {
  if (state.kind !== 'server') return false;
  const { kind, busy, message } = state.status;
  return kind === 'Normal' && !busy && message !== '';
}
