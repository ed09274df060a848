/** What the server counts, as it was when it was asked last. */
import type * as vscode from 'vscode';
import type { LanguageClient } from 'vscode-languageclient/node';
import { PERFORMANCE, type Performance, STATISTICS, type Statistics, type Totals } from './protocol';

/** It is asked this much later, so that many answers in a row cost one question. */
const REST_MS = 1000;

export class Counters implements vscode.Disposable {
  private waiting: NodeJS.Timeout | undefined;
  performance: Performance | undefined;
  totals: Totals | undefined;

  constructor(
    private readonly client: () => LanguageClient | undefined,
    private readonly onNews: () => void,
  ) {}

  dispose(): void {
    clearTimeout(this.waiting);
  }

  /** Something was answered or accepted: ask soon. */
  stale(): void {
    this.waiting ??= setTimeout(() => {
      this.waiting = undefined;
      void this.ask();
    }, REST_MS);
  }

  async ask(): Promise<void> {
    this.performance = await answer<Performance>(this.client(), PERFORMANCE, null);
    this.totals = (await answer<Statistics>(this.client(), STATISTICS, {}))?.totals;
    this.onNews();
  }
}

/** Ask the server; undefined when it is not there, or does not know the method. */
export async function answer<Result>(
  client: LanguageClient | undefined,
  method: string,
  params: unknown,
): Promise<Result | undefined> {
  try {
    return client && ((await client.sendRequest(method, params)) as Result);
  } catch {
    return undefined;
  }
}
