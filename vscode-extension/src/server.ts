/**
 * The server's life: found, started, started again when it dies. Everything that starts or stops it
 * stands in one queue, so that no two of them race.
 */
import * as vscode from 'vscode';
import type { LanguageClient } from 'vscode-languageclient/node';
import { Backoff } from './backoff';
import { canGrow, makeClient } from './client';
import type { Found } from './finder';
import type { Messages } from './messages';
import { settings } from './settings';
import type { State } from './status';

/** A server that says nothing for so long hangs; where Python is slow the first answer takes seconds. */
const START_LIMIT_MS = 60_000;

export class Server implements vscode.Disposable {
  private readonly changed = new vscode.EventEmitter<State>();
  readonly onState = this.changed.event;
  private readonly started = new vscode.EventEmitter<LanguageClient>();
  /** Told every client that is ready to be spoken to. */
  readonly onStart = this.started.event;
  private readonly backoff = new Backoff();
  private queue: Promise<void> = Promise.resolve();
  private again: NodeJS.Timeout | undefined;
  private running: LanguageClient | undefined;
  state: State = { kind: 'starting', message: 'Looking for the server.' };
  found: Found | undefined;

  constructor(
    private readonly find: () => Promise<Found | undefined>,
    private readonly log: vscode.LogOutputChannel,
    private readonly messages: Messages,
  ) {}

  /** The client, while it can be spoken to. */
  get client(): LanguageClient | undefined {
    return this.running?.isRunning() ? this.running : undefined;
  }

  /** Start it, or start it anew; what it died of before is forgotten. */
  restart(): Promise<void> {
    this.backoff.forget();
    return this.enqueue(async () => {
      await this.end();
      await this.start();
    });
  }

  stop(): Promise<void> {
    return this.enqueue(() => this.end());
  }

  /** Show a state of the set-up, which is before any server. */
  say(state: State): void {
    this.state = state;
    this.changed.fire(state);
  }

  dispose(): void {
    clearTimeout(this.again);
    void this.stop();
    this.changed.dispose();
    this.started.dispose();
  }

  private enqueue(step: () => Promise<void>): Promise<void> {
    this.queue = this.queue.then(step, step).catch((error: unknown) => this.failed(error));
    return this.queue;
  }

  private async start(): Promise<void> {
    this.say({ kind: 'starting', message: 'The server is starting.' });
    this.found = await this.find();
    if (!this.found) {
      this.say({ kind: 'missing', message: 'The server is not installed; click to set it up.' });
      return;
    }
    this.log.info(`Starting ${this.found.program} (${this.found.from}).`);
    const client = makeClient(this.found.program, settings.growing() && canGrow(), this.log, this.messages, {
      onStatus: (status) => {
        if (client === this.running) this.say({ kind: 'server', status });
      },
      onDeath: () => {
        if (client === this.running) this.died();
      },
    });
    this.running = client;
    const starting = client.start();
    if (!(await isDone(starting, START_LIMIT_MS))) {
      // Its process is ended, which rejects what nobody waits for any more.
      starting.catch((error: unknown) => this.log.warn(String(error)));
      await this.end();
      throw new Error(`it has not answered for ${START_LIMIT_MS / 1000} seconds`);
    }
    this.started.fire(client);
  }

  private async end(): Promise<void> {
    clearTimeout(this.again);
    this.again = undefined;
    const client = this.running;
    this.running = undefined;
    this.messages.serverEnded();
    if (!client) return;
    // One that has died, or does not answer, cannot be asked to leave; its process is ended all the same.
    await client.dispose(5000).catch((error: unknown) => this.log.warn(String(error)));
  }

  private died(): void {
    this.messages.serverEnded();
    const delay = this.backoff.died(Date.now());
    if (delay === undefined) {
      const message = 'The server ended too often in the last minutes, so it is not started again.';
      this.say({ kind: 'stopped', message });
      this.offer(vscode.window.showErrorMessage, `codex-lsp: ${message}`);
      return;
    }
    this.say({ kind: 'starting', message: 'The server has ended; it is being started again.' });
    this.offer(
      vscode.window.showWarningMessage,
      'codex-lsp: The server has ended unexpectedly; it is being started again.',
    );
    this.again = setTimeout(() => {
      void this.enqueue(async () => {
        await this.end();
        await this.start();
      });
    }, delay);
  }

  private offer(show: typeof vscode.window.showErrorMessage, text: string): void {
    void show(text, 'Restart Now', 'Show Log').then((chosen) => {
      if (chosen === 'Restart Now') void this.restart();
      if (chosen === 'Show Log') this.log.show();
    });
  }

  private failed(error: unknown): void {
    const cause = error instanceof Error ? error.message : String(error);
    this.log.error(`The server could not be started: ${cause}`);
    if (this.state.kind === 'starting' && this.again === undefined) {
      const message = `${this.found?.program ?? 'The server'} could not be started: ${cause}`;
      this.say({ kind: 'stopped', message });
      this.offer(vscode.window.showErrorMessage, `codex-lsp: ${message}`);
    }
  }
}

/** Whether a promise is fulfilled within a time; rejects as it does. */
async function isDone(promise: Promise<void>, limitMs: number): Promise<boolean> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<false>((resolve) => {
    timer = setTimeout(() => resolve(false), limitMs);
  });
  try {
    return await Promise.race([promise.then(() => true as const), late]);
  } finally {
    clearTimeout(timer);
  }
}
