/** The item in the status bar. */
import * as vscode from 'vscode';
import type { Counters } from './counters';
import { factsOf, type State, viewOf } from './status';

/** Shorter work than this is not shown: the item would flicker with every key. */
const BUSY_AFTER_MS = 250;

export interface Here {
  /** Why there is nothing in the document at hand; empty when there is. */
  off: () => string;
  candidate: () => string;
  question: () => string;
}

const RESTRICTED =
  'Restricted: this folder is not trusted, so your own settings count only, and lines are recalled from the open file only.';
const COMMANDS = [
  'codexLsp.explain',
  'codexLsp.showStatistics',
  'codexLsp.showLog',
  'workbench.trust.manage',
];

export class StatusBar implements vscode.Disposable {
  private readonly item = vscode.window.createStatusBarItem(
    'codexLsp.status',
    vscode.StatusBarAlignment.Right,
    100,
  );
  private waiting: NodeJS.Timeout | undefined;
  private state: State = { kind: 'starting', message: 'The server is starting.' };

  constructor(
    private readonly here: Here,
    private readonly counters: Counters,
  ) {
    this.item.name = 'codex-lsp';
    this.item.command = 'codexLsp.showMenu';
    this.draw();
    this.item.show();
  }

  dispose(): void {
    clearTimeout(this.waiting);
    this.item.dispose();
  }

  show(state: State): void {
    this.state = state;
    clearTimeout(this.waiting);
    const thinking = state.kind === 'server' && state.status.busy && !/loading/i.test(state.status.message);
    if (thinking) this.waiting = setTimeout(() => this.draw(), BUSY_AFTER_MS);
    else this.draw();
  }

  /** Draw it anew: something it shows has changed. */
  draw(): void {
    const { off, candidate, question } = this.here;
    const { text, label, tone } = viewOf(this.state, off(), candidate(), question());
    this.item.text = text;
    const restricted = vscode.workspace.isTrusted ? '' : `${label.endsWith('.') ? '' : '.'} ${RESTRICTED}`;
    this.item.accessibilityInformation = { label: label + restricted, role: 'button' };
    this.item.tooltip = this.hover(label);
    const colour = tone === 'normal' ? undefined : `statusBarItem.${tone}Background`;
    this.item.backgroundColor = colour ? new vscode.ThemeColor(colour) : undefined;
  }

  private hover(label: string): vscode.MarkdownString {
    const text = new vscode.MarkdownString('', true);
    text.isTrusted = { enabledCommands: COMMANDS };
    const model =
      this.state.kind === 'server' && this.state.status.kind === 'Normal' ? this.state.status.message : '';
    const says = label.replace('codex-lsp: ', '').replace(`ready. ${model}`, 'ready');
    text.appendMarkdown('**codex-lsp** · ').appendText(`${says}\n\n`);
    const rows = factsOf(
      /loading/i.test(model) ? '' : model,
      this.counters.performance,
      this.counters.totals,
    );
    if (rows.length > 0) {
      text.appendMarkdown('| | |\n|---|---|\n');
      for (const [what, value] of rows) text.appendMarkdown(`| ${what} | ${escapeMarkdown(value)} |\n`);
    }
    if (!vscode.workspace.isTrusted) {
      text.appendMarkdown(`\n$(shield) ${RESTRICTED} [Manage](command:workbench.trust.manage)\n\n`);
    }
    text.appendMarkdown(
      '\n[Explain](command:codexLsp.explain) · [Statistics](command:codexLsp.showStatistics) · [Log](command:codexLsp.showLog)',
    );
    return text;
  }
}

function escapeMarkdown(value: string): string {
  return value.replace(/[\\`*_{}[\]()#+!|<>$]/g, '\\$&');
}
