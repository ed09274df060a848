/** The doctor's findings, as a text to read and to copy. */
import * as vscode from 'vscode';
import { ProcessError, run } from './processes';
import type { Server } from './server';

export async function runDoctor(server: Server): Promise<void> {
  const program = server.found?.program;
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
        await run(program, ['doctor'], { onLine });
      } catch (error) {
        // It fails when it has found something wrong, which its lines say.
        if (!(error instanceof ProcessError) || lines.length === 0) throw error;
      }
    },
  );
  const content = `codex-lsp doctor\n\n${lines.join('\n')}\n`;
  const document = await vscode.workspace.openTextDocument({ content, language: 'plaintext' });
  await vscode.window.showTextDocument(document, { preview: true });
}
