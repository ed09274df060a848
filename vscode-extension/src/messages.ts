/** Messages, questions and progress: each message once, with a button that mends what it says. */
import * as vscode from 'vscode';
import type {
  ProgressToken,
  WorkDoneProgressBegin,
  WorkDoneProgressEnd,
  WorkDoneProgressReport,
} from 'vscode-languageclient/node';
import { mendsOf } from './mends';

type Step = WorkDoneProgressBegin | WorkDoneProgressReport | WorkDoneProgressEnd;

interface Shown {
  report: (step: WorkDoneProgressReport) => void;
  end: () => void;
}

export class Messages implements vscode.Disposable {
  private readonly told = new Set<string>();
  private readonly shown = new Map<ProgressToken, Shown>();
  private readonly changed = new vscode.EventEmitter<void>();
  /** There is another open question, or none any more. */
  readonly onQuestion = this.changed.event;
  /** The user has asked for the set-up, so that the server need not ask again for the model. */
  consented = false;
  /** What the server waits to be told; empty when it does not wait. */
  question = '';

  constructor(private readonly log: vscode.LogOutputChannel) {}

  dispose(): void {
    this.changed.dispose();
  }

  /** Show a sentence, the first time only. */
  readonly show = (kind: 'error' | 'warning' | 'info', text: string): void => {
    this.log[kind === 'warning' ? 'warn' : kind](text);
    if (this.told.has(text)) return;
    this.told.add(text);
    const mends = kind === 'info' ? [] : mendsOf(text);
    const titles = mends.map((mend) => mend.title);
    const ways = {
      error: vscode.window.showErrorMessage,
      warning: vscode.window.showWarningMessage,
      info: vscode.window.showInformationMessage,
    };
    void ways[kind]<string>(text, ...titles).then((chosen) => {
      const mend = mends.find((each) => each.title === chosen);
      if (mend) void vscode.commands.executeCommand(mend.command, ...(mend.arguments ?? []));
    });
  };

  /** Ask what the server wants to know. */
  async ask<Action extends { title: string }>(text: string, actions: Action[]): Promise<Action | null> {
    const [only] = actions;
    if (this.consented && only && actions.length === 1) {
      this.consented = false;
      return only;
    }
    this.pose(text);
    const chosen = await vscode.window.showInformationMessage(text, ...actions.map((each) => each.title));
    if (this.question === text) this.pose('');
    return actions.find((each) => each.title === chosen) ?? null;
  }

  /** Show what takes long as a notification. That the model is loaded says our item in the status bar. */
  readonly progress = (
    token: ProgressToken,
    step: Step,
    next: (token: ProgressToken, step: Step) => void,
  ): void => {
    if (step.kind === 'begin' && /getting the model/.test(step.title)) {
      this.shown.set(token, notification(step.title));
      return;
    }
    if (step.kind === 'begin' && /loading the model/.test(step.title)) {
      this.shown.set(token, { report: () => {}, end: () => {} });
      return;
    }
    const shown = this.shown.get(token);
    if (!shown) {
      next(token, step);
    } else if (step.kind === 'report') {
      shown.report(step);
    } else {
      shown.end();
      this.shown.delete(token);
    }
  };

  /** The server has ended: what it began will not be ended by it, and it waits for no answer. */
  serverEnded(): void {
    for (const shown of this.shown.values()) shown.end();
    this.shown.clear();
    this.pose('');
  }

  private pose(question: string): void {
    this.question = question;
    this.changed.fire();
  }
}

function notification(title: string): Shown {
  let shown: Shown = { report: () => {}, end: () => {} };
  let percentage = 0;
  void vscode.window.withProgress(
    { location: vscode.ProgressLocation.Notification, title },
    (progress) =>
      new Promise<void>((end) => {
        shown = {
          end,
          report: ({ message, percentage: now }) => {
            const increment = now === undefined ? 0 : Math.max(0, now - percentage);
            percentage += increment;
            progress.report({ increment, ...(message === undefined ? {} : { message }) });
          },
        };
      }),
  );
  return { report: (step) => shown.report(step), end: () => shown.end() };
}
