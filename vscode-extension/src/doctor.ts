/** The doctor's findings, as a text to read and to copy; nothing that would have to be saved. */
import * as vscode from 'vscode';
import { ProcessError, run } from './processes';
import type { Server } from './server';
import { settings } from './settings';

const SCHEME = 'codex-lsp-doctor';
const PAGE = vscode.Uri.from({ scheme: SCHEME, path: 'codex-lsp doctor' });

export class Doctor implements vscode.TextDocumentContentProvider, vscode.Disposable {
  private readonly changed = new vscode.EventEmitter<vscode.Uri>();
  readonly onDidChange = this.changed.event;
  private readonly registration = vscode.workspace.registerTextDocumentContentProvider(SCHEME, this);
  private lines: string[] = [];

  constructor(private readonly server: Server) {}

  dispose(): void {
    this.registration.dispose();
    this.changed.dispose();
  }

  provideTextDocumentContent(): string {
    return `codex-lsp doctor\n\n${this.lines.join('\n')}\n`;
  }

  async run(): Promise<void> {
    const program = this.server.found?.program;
    if (!program) {
      await vscode.commands.executeCommand('codexLsp.setUp');
      return;
    }
    const lines: string[] = [];
    await vscode.window.withProgress(
      { location: vscode.ProgressLocation.Notification, title: 'codex-lsp: the doctor is looking' },
      async (progress) => {
        const onLine = (line: string) => {
          lines.push(line);
          progress.report({ message: line });
        };
        try {
          const model = settings.model();
          await run(program, model ? ['doctor', '--model', model] : ['doctor'], { onLine });
        } catch (error) {
          // It fails when it has found something wrong, which its lines say.
          if (!(error instanceof ProcessError) || lines.length === 0) throw error;
        }
      },
    );
    this.lines = lines;
    this.changed.fire(PAGE);
    await vscode.window.showTextDocument(await vscode.workspace.openTextDocument(PAGE));
  }
}
