/** Models: which are installed, switching between them, getting the default one. */
import * as vscode from 'vscode';
import { run } from './processes';
import type { Server } from './server';
import { settings, update } from './settings';

interface Listed {
  name: string;
  state: string;
  licence: string;
  description: string;
}

export async function switchModel(server: Server): Promise<void> {
  const program = programOf(server);
  const listed = JSON.parse(await run(program, ['models', 'list', '--json'])) as Listed[];
  const current = settings.model();
  const picks = [
    {
      label: 'The default model',
      description: current === '' ? 'in use' : '',
      detail: '',
      model: '',
    },
    ...listed.map(({ name, state, licence, description }) => ({
      label: name,
      description: current === name ? 'in use' : state,
      detail: [description, licence].filter(Boolean).join(' · '),
      model: name,
    })),
  ];
  const chosen = await vscode.window.showQuickPick(picks, {
    title: 'codex-lsp: switch the model',
    placeHolder: 'Others: a path of a model directory in the setting codexLsp.model',
  });
  if (chosen) await update('model', chosen.model);
}

/**
 * Get a model with the command line's own means, then start the server with it.
 *
 * @param name which one; the default model where it is no name
 */
export async function pullModel(server: Server, log: vscode.LogOutputChannel, name: unknown): Promise<void> {
  const program = programOf(server);
  const got = await vscode.window.withProgress(
    {
      location: vscode.ProgressLocation.Notification,
      title: 'codex-lsp: getting the model',
      cancellable: true,
    },
    async (progress, token) => {
      const stop = new AbortController();
      token.onCancellationRequested(() => stop.abort());
      const onLine = (line: string) => {
        log.info(line);
        progress.report({ message: line });
      };
      try {
        await run(program, ['models', 'pull', ...(typeof name === 'string' ? [name] : [])], {
          onLine,
          signal: stop.signal,
        });
      } catch (error) {
        if (!stop.signal.aborted) throw error;
      }
      return !stop.signal.aborted;
    },
  );
  if (got) await server.restart();
}

function programOf(server: Server): string {
  if (!server.found) throw new Error('The server is not installed; run the command “codex-lsp: Set Up”.');
  return server.found.program;
}
