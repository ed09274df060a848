/** The messages of the server that LSP does not have; docs/protocol.md says what they mean. */

export const INLINE_COMPLETION = 'textDocument/inlineCompletion';
export const PARTIAL = 'codexLsp/partialCompletion';
export const CANCEL_PARTIAL = 'codexLsp/cancelPartial';
export const STATUS = 'didChangeStatus';
export const FOCUS = 'textDocument/didFocus';
export const SHOWN = 'textDocument/didShowCompletion';
export const PARTLY_ACCEPTED = 'textDocument/didPartiallyAcceptCompletion';
export const ACCEPT_COMMAND = 'codexLsp.accept';
export const PERFORMANCE = 'codexLsp/performance';
export const EXPLAIN = 'codexLsp/explain';
export const STATISTICS = 'codexLsp/statistics';

export interface Position {
  line: number;
  character: number;
}

export interface Range {
  start: Position;
  end: Position;
}

/** The argument of an item's accept command: which item it is, and what speaks for it. */
export interface Facts {
  id: string;
  index: number;
  meanLogprob: number | null;
  confidence: number | null;
  tokens: number;
  agreement: number;
  origin: string;
}

export interface Item {
  insertText: string;
  range: Range;
  command: { title: string; command: string; arguments: [Facts] };
}

export interface Partial {
  id: string;
  uri: string;
  version: number;
  position: Position;
  index: number;
  seq: number;
  insertText: string;
  done: boolean;
}

export interface ServerStatus {
  kind: 'Normal' | 'Error' | 'Warning' | 'Inactive';
  busy: boolean;
  message: string;
}

export interface Performance {
  requests: number;
  answers: Record<string, number>;
  rejections: Record<string, number>;
  engine: { pid: number; restarts: number; threads: number; computeType: string; device?: string } | null;
  recent: { origin: string; totalMs: number; engineMs: number }[];
}

export interface TracedCandidate {
  text: string;
  rank: number | null;
  meanLogprob: number | null;
  confidence: number | null;
  tokens: number;
  agreement: number;
  source: string;
  trimmedBy: string[] | string | null;
  rejected: string | null;
  detail: string | null;
}

export interface Trace {
  id: string | null;
  uri: string;
  version: number;
  position: Position;
  language: string;
  trigger: string;
  decision: string | null;
  outcome: string | null;
  sentence: string;
  ms: unknown;
  work: unknown;
  cached: boolean | null;
  candidates: TracedCandidate[];
}

export interface Totals {
  shown: number;
  accepted: number;
  partiallyAccepted: number;
  dismissed: number;
  keptAfter30s: number | null;
  keptAfter2min: number | null;
  keptAfter10min: number | null;
  charactersSaved: number;
  acceptanceRate: number | null;
  latencyMs: { median: number | null; p95: number | null } | null;
  cacheHits: number;
  requests: number;
}

/** One group's counts: of a language, a ranker or a day. */
export type Counts = { [name in keyof Totals]?: Totals[name] };
/** Groups come as an object by name, or as a list whose rows say what they are of. */
export type Groups = Record<string, Counts> | (Counts & Record<string, unknown>)[];

export interface Statistics {
  enabled: boolean;
  since: string | null;
  totals: Totals;
  byLanguage: Groups;
  byRanker: Groups;
  byDay: Groups;
}
