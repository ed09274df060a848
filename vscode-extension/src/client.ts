/** The language client: how it is set up, and what it leaves to other modules. */
import * as vscode from 'vscode';
import {
  CloseAction,
  type DynamicFeature,
  ErrorAction,
  ExecuteCommandRequest,
  InlineCompletionRequest,
  LanguageClient,
  type LanguageClientOptions,
  type MessageActionItem,
  MessageType,
  ShowMessageNotification,
  ShowMessageRequest,
  type StaticFeature,
} from 'vscode-languageclient/node';
import type { Messages } from './messages';
import { type ServerStatus, STATUS } from './protocol';
import { serverSettings } from './settings';

/** Ghost text is shown, and its acceptance told, by `ghost.ts`: it has to serve from its own memory. */
const OURS: ReadonlySet<string> = new Set([InlineCompletionRequest.method, ExecuteCommandRequest.method]);

const CONFIGURATION = 'workspace/didChangeConfiguration';

class CodexClient extends LanguageClient {
  override registerFeature(feature: StaticFeature | DynamicFeature<unknown>): void {
    const method = 'registrationType' in feature ? feature.registrationType.method : '';
    if (!OURS.has(method)) super.registerFeature(feature);
  }
}

export interface Listeners {
  onStatus: (status: ServerStatus) => void;
  /** The connection has ended although nobody ended it. */
  onDeath: () => void;
}

export const documentSelector = [
  { scheme: 'file' },
  { scheme: 'untitled' },
  { scheme: 'vscode-notebook-cell' },
  { scheme: 'vscode-remote' },
  // A repository that is looked at without a clone: a virtual workspace.
  { scheme: 'vscode-vfs' },
];

export function makeClient(
  program: string,
  growing: boolean,
  log: vscode.LogOutputChannel,
  messages: Messages,
  listeners: Listeners,
): LanguageClient {
  const options: LanguageClientOptions = {
    documentSelector: [...documentSelector, { notebook: '*' }],
    outputChannel: log,
    initializationOptions: { ...serverSettings(), partialCompletion: growing, statusNotification: true },
    initializationFailedHandler: () => false,
    errorHandler: {
      error: () => ({ action: ErrorAction.Continue, handled: true }),
      closed: () => {
        listeners.onDeath();
        return { action: CloseAction.DoNotRestart, handled: true, message: 'The server has ended.' };
      },
    },
    middleware: {
      handleWorkDoneProgress: messages.progress,
      workspace: {
        configuration: () => [serverSettings()],
        // The client would push its whole section; the server is to ask instead. One that is being
        // started reads the settings anyway, and to notify it would start it a second time.
        didChangeConfiguration: async () => {
          if (client.isRunning()) await client.sendNotification(CONFIGURATION, { settings: null });
        },
      },
    },
  };
  const client = new CodexClient(
    'codexLsp',
    'codex-lsp',
    { command: program, args: ['serve', '--stdio'] },
    options,
  );
  client.onNotification(STATUS, listeners.onStatus);
  client.onNotification(ShowMessageNotification.type, ({ type, message }) =>
    messages.show(kindOf(type), message),
  );
  client.onRequest(ShowMessageRequest.type, ({ message, actions }) =>
    messages.ask<MessageActionItem>(message, actions ?? []),
  );
  return client;
}

function kindOf(type: MessageType): 'error' | 'warning' | 'info' {
  if (type === MessageType.Error) return 'error';
  return type === MessageType.Warning ? 'warning' : 'info';
}

/** Whether this VS Code can show text that grows: before, a provider cannot be asked again by name. */
export function canGrow(version = vscode.version): boolean {
  const [major = 0, minor = 0] = version.split('.').map(Number);
  return major > 1 || minor >= 106;
}
