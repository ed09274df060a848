/** Web views without scripts, one for each page. */
import { randomBytes } from 'node:crypto';
import * as vscode from 'vscode';
import { candidatesPage, INSERT } from './candidatesPage';
import { answer } from './counters';
import { explanationPage } from './explanationPage';
import type { Ghost } from './ghost';
import { type Html, html, page } from './html';
import type { Offer } from './offer';
import { EXPLAIN, PERFORMANCE, type Performance, STATISTICS, type Statistics, type Trace } from './protocol';
import type { Server } from './server';
import { statisticsPage } from './statisticsPage';

type Name = 'candidates' | 'explanation' | 'statistics';

export class Panels implements vscode.Disposable {
  private readonly open = new Map<Name, vscode.WebviewPanel>();
  private listed: { offer: Offer; editor: vscode.TextEditor; position: vscode.Position } | undefined;
  private readonly command: vscode.Disposable;

  constructor(
    private readonly server: Server,
    private readonly ghost: Ghost,
  ) {
    this.command = vscode.commands.registerCommand(INSERT, (index: number) => this.insert(index));
  }

  dispose(): void {
    this.command.dispose();
    for (const panel of this.open.values()) panel.dispose();
  }

  async showCandidates(): Promise<void> {
    const editor = vscode.window.activeTextEditor;
    if (!editor || !this.server.client) return;
    const position = editor.selection.active;
    const name = vscode.workspace.asRelativePath(editor.document.uri);
    const where = `${name}, line ${position.line + 1}, column ${position.character + 1}`;
    const offer = await this.ghost.list(editor, ({ items }) => {
      const panel = this.open.get('candidates');
      if (panel) draw(panel, 'Candidates', candidatesPage(items, where));
    });
    this.listed = offer && { offer, editor, position };
    this.show(
      'candidates',
      'Candidates',
      candidatesPage(offer?.items ?? [], where),
      vscode.ViewColumn.Beside,
    );
  }

  async explain(): Promise<void> {
    const answered = await answer<{ traces: Trace[] }>(this.server.client, EXPLAIN, { last: 1 });
    const body = answered ? explanationPage(answered.traces) : this.without('explain its answers');
    this.show('explanation', 'The last request', body, vscode.ViewColumn.Beside);
  }

  async showStatistics(): Promise<void> {
    const statistics = await answer<Statistics>(this.server.client, STATISTICS, {});
    const performance = await answer<Performance>(this.server.client, PERFORMANCE, null);
    const answered = statistics ?? performance;
    const body = answered ? statisticsPage(statistics, performance) : this.without('keep statistics');
    this.show('statistics', 'Statistics', body, vscode.ViewColumn.Active);
  }

  private without(what: string): Html {
    return this.server.client
      ? html`<p>This server does not ${what}; update it with the command “codex-lsp: Set Up”.</p>`
      : html`<p>The server is not running.</p>`;
  }

  private show(name: Name, title: string, body: Html, column: vscode.ViewColumn): void {
    let panel = this.open.get(name);
    if (!panel) {
      panel = vscode.window.createWebviewPanel(
        `codexLsp.${name}`,
        `codex-lsp: ${title}`,
        { viewColumn: column, preserveFocus: false },
        { enableScripts: false, enableCommandUris: [INSERT], localResourceRoots: [] },
      );
      this.open.set(name, panel);
      panel.onDidDispose(() => {
        this.open.delete(name);
        if (name === 'candidates') this.ghost.endList();
      });
    }
    draw(panel, title, body);
    panel.reveal(panel.viewColumn, false);
  }

  private async insert(index: number): Promise<void> {
    const { offer, editor, position } = this.listed ?? {};
    const item = offer?.items[index];
    if (!offer || !editor || !position || !item) return;
    const document = editor.document;
    if (!offer.isFor(document.getText())) {
      void vscode.window.showInformationMessage(
        'codex-lsp: The document has changed since; list the candidates again.',
      );
      return;
    }
    // It may grow on, but this is what the page shows.
    const { text, replaces } = item;
    const shown = await vscode.window.showTextDocument(document, { viewColumn: editor.viewColumn ?? 1 });
    const end = document.positionAt(document.offsetAt(position) + replaces);
    await shown.edit((edit) => edit.replace(new vscode.Range(position, end), text));
    this.ghost.accepted(item);
    this.open.get('candidates')?.dispose();
  }
}

function draw(panel: vscode.WebviewPanel, title: string, body: Html): void {
  panel.webview.html = page(title, body, randomBytes(16).toString('hex'));
}
