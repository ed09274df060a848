/** As much of VS Code and of the server as ghost text and pages need; it takes the place of `vscode`. */

type Listener = (event: unknown) => unknown;

export class EventEmitter {
  private listeners: Listener[] = [];
  event = (listener: Listener) => {
    this.listeners.push(listener);
    return nothing;
  };
  fire = (event?: unknown) => {
    for (const each of this.listeners) each(event);
  };
  dispose = () => {};
}

export class Position {
  constructor(
    readonly line: number,
    readonly character: number,
  ) {}
}

export class Range {
  constructor(
    readonly start: Position,
    readonly end: Position,
  ) {}
}

export class InlineCompletionItem {
  constructor(
    readonly insertText: string,
    readonly range: Range,
    readonly command: { arguments: unknown[] },
  ) {}
}

export class CancellationTokenSource {
  token = { isCancellationRequested: false };
}

export const InlineCompletionTriggerKind = { Invoke: 0, Automatic: 1 };
export const ViewColumn = { Active: -1, Beside: -2 };

const nothing = { dispose: () => {} };
const selected = new EventEmitter();
const configured = new EventEmitter();

/** A document with one editor, in which things are typed. */
export class Editor {
  version = 1;
  readonly uri = { toString: () => 'file:///a.py' };
  readonly languageId = 'python';
  readonly document = this;
  readonly options = {};
  readonly selection: { active: Position; isEmpty: true };

  constructor(private text: string) {
    this.selection = { active: this.positionAt(text.length), isEmpty: true };
    window.activeTextEditor = this;
  }

  getText(): string {
    return this.text;
  }

  offsetAt({ line, character }: Position): number {
    const above = this.text.split('\n').slice(0, line);
    return above.reduce((sum, each) => sum + each.length + 1, 0) + character;
  }

  positionAt(offset: number): Position {
    const lines = this.text.slice(0, offset).split('\n');
    return new Position(lines.length - 1, lines.at(-1)?.length ?? 0);
  }

  /** Type at the end. */
  type(text: string): void {
    this.text += text;
    this.version += 1;
    this.selection.active = this.positionAt(this.text.length);
    selected.fire({ textEditor: this });
  }

  async edit(change: (edit: { replace: (range: Range, text: string) => void }) => void): Promise<void> {
    change({
      replace: ({ start, end }, text) => {
        this.text = this.text.slice(0, this.offsetAt(start)) + text + this.text.slice(this.offsetAt(end));
        this.version += 1;
      },
    });
  }
}

export class Panel {
  readonly webview = { html: '' };
  readonly viewColumn = 2;
  private readonly disposed = new EventEmitter();
  onDidDispose = this.disposed.event;
  dispose = () => this.disposed.fire();
  reveal = () => {};
}

export const panels: Panel[] = [];
/** What was executed, and what some commands do. */
export const executed: string[] = [];
export const does: Record<string, (...rest: never[]) => unknown> = {};
const set: Record<string, unknown> = {};

export const window = {
  activeTextEditor: undefined as Editor | undefined,
  visibleTextEditors: [],
  onDidChangeActiveTextEditor: () => nothing,
  onDidChangeTextEditorSelection: selected.event,
  showTextDocument: async (editor: Editor) => editor,
  showInformationMessage: async () => {},
  createWebviewPanel: () => {
    const panel = new Panel();
    panels.push(panel);
    return panel;
  },
};

export const commands = {
  registerCommand: (name: string, run: (...rest: never[]) => unknown) => {
    does[name] = run;
    return nothing;
  },
  executeCommand: async (name: string, ...rest: never[]) => {
    executed.push(name);
    return does[name]?.(...rest);
  },
};

export const languages = { registerInlineCompletionItemProvider: () => nothing };

export const workspace = {
  asRelativePath: () => 'a.py',
  getConfiguration: () => ({ get: (name: string, other: unknown) => set[name] ?? other }),
  onDidChangeConfiguration: configured.event,
};

export function configure(values: Record<string, unknown>): void {
  Object.assign(set, values);
  configured.fire({ affectsConfiguration: () => true });
}

export class Memento {
  private readonly values = new Map<string, unknown>();
  get = (name: string, other: unknown) => this.values.get(name) ?? other;
  update = async (name: string, value: unknown) => void this.values.set(name, value);
}

/** The language client: answers with what the test says, under a new id each time. */
export class Client {
  private readonly listeners = new Map<string, Listener>();
  private id = 0;
  answers: string[] = [];
  /** What an answer waits for. */
  wait: Promise<unknown> = Promise.resolve();
  readonly told: { method: string; params: Told }[] = [];
  readonly code2ProtocolConverter = {
    asInlineCompletionParams: (_document: unknown, position: Position) => ({ position }),
  };
  isRunning = () => true;
  onNotification = (method: string, listener: Listener) => void this.listeners.set(method, listener);

  sendNotification = async (method: string, params: Told) => void this.told.push({ method, params });

  sendRequest = async (method: string, { position }: { position: Position }) => {
    if (method !== 'textDocument/inlineCompletion') return null;
    this.id += 1;
    const { id, answers } = this;
    await this.wait;
    const items = answers.map((insertText, index) => {
      const facts = {
        id: `${id}`,
        index,
        confidence: (9 - index) / 10,
        meanLogprob: -1,
        tokens: 3,
        agreement: 1,
        origin: 'model',
      };
      return { insertText, range: { start: position, end: position }, command: { arguments: [facts] } };
    });
    return { items };
  };

  /** More of the first item of the last answer. */
  grow(seq: number, insertText: string, version = 1, done = false): void {
    this.listeners.get('codexLsp/partialCompletion')?.({ id: `${this.id}`, version, seq, insertText, done });
  }

  /** The items that it was told of by a notification, with how much of them was accepted. */
  items(method: string): unknown[] {
    const told = this.told.filter((each) => each.method.includes(method));
    return told.map(({ params: { item, acceptedLength: length } }) =>
      length === undefined ? item?.insertText : [item?.insertText, length],
    );
  }

  /** The ids of what it was to stop. */
  get cancelled(): unknown[] {
    return this.told.filter(({ method }) => method.includes('cancel')).map(({ params }) => params.id);
  }
}

interface Told {
  id?: string;
  item?: { insertText: string };
  acceptedLength?: number;
}
