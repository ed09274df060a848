/** How long to wait before a server that died is started again, and when to give up. */

const FIRST_MS = 500;
const MOST = 4;
const WITHIN_MS = 180_000;

export class Backoff {
  private deaths: number[] = [];

  /** Take a death; gives the wait in milliseconds, or undefined when there were too many lately. */
  died(nowMs: number): number | undefined {
    this.deaths = [...this.deaths.filter((then) => nowMs - then < WITHIN_MS), nowMs];
    return this.deaths.length > MOST ? undefined : FIRST_MS * 2 ** (this.deaths.length - 1);
  }

  /** The user wants it tried again. */
  forget(): void {
    this.deaths = [];
  }
}
