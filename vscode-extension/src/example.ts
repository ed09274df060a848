/** A file to see the first completion in. */
import * as vscode from 'vscode';

const TEXT = `def fibonacci(n):
    """Return the first n Fibonacci numbers."""
    numbers = [0, 1]
    while len(numbers) < n:
        `;

/** Open it with the cursor where a line is missing, and ask. */
export async function tryIt(): Promise<void> {
  const document = await vscode.workspace.openTextDocument({ content: TEXT, language: 'python' });
  const editor = await vscode.window.showTextDocument(document);
  const end = document.positionAt(TEXT.length);
  editor.selection = new vscode.Selection(end, end);
  await vscode.commands.executeCommand('codexLsp.trigger');
}
