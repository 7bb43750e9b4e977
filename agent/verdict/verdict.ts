/** What the person at the till is told, on all its axes (ARCHITECTURE D9). Plain JSON: the API, the screen and the events carry it as is. */
import type { ReasonName } from '#ledger/reasons';

/** The one word: take it, take a second look, or do not take it. */
export type Decision = 'accept' | 'warn' | 'refuse';
export type Identity = 'match' | 'no-match' | 'unverifiable';
export type Status = 'sellable' | 'warn' | 'blocked';
/** How firm a yes is: the weakest over every shared fact it touches (ARCHITECTURE D4). `none` for a no. */
export type Finality = 'final' | 'guaranteed' | 'provisional' | 'none';
/** What the judgement rests on. */
export type VerdictBasis = 'certificate' | 'fresh-shard' | 'stale-shard' | 'signature-only' | 'none';
export type Fault = 'none' | 'scanner' | 'clock';

/** Who had used it before, as far as known here. */
export interface PriorUse {
  /** True when a terminal of this store did. */
  readonly here: boolean;
  /** Terminal account `<gln>/<lane>`; null when it was elsewhere. */
  readonly terminal: string | null;
  /** Milliseconds since 1970 UTC, certificate time; null when unknown. */
  readonly atMs: number | null;
}

/** The answer to one scan. */
export interface Verdict {
  /** 16 hex digits, unique on this terminal. */
  readonly id: string;
  readonly terminal: string;
  readonly device: string;
  /** Kind and canonical key of the code; key is '' where it could not be read. */
  readonly kind: string;
  readonly key: string;
  readonly decision: Decision;
  readonly identity: Identity;
  readonly status: Status;
  readonly finality: Finality;
  readonly basis: VerdictBasis;
  readonly fault: Fault;
  readonly reasons: readonly ReasonName[];
  readonly text: { readonly en: string; readonly zh: string };
  /** Title of the series or product; null where unknown. */
  readonly title: string | null;
  /** Value granted, decimal string of base units, and its unit; null for products. */
  readonly value: string | null;
  readonly unit: string | null;
  readonly priorUse: PriorUse | null;
  /** Journal entry that carries it; null where nothing was journalled. */
  readonly entry: { readonly stream: number; readonly sequence: number } | null;
  /** Basket it was put in, 32 hex digits. */
  readonly basket: string | null;
  /** Height of the shard or certificate it rests on. */
  readonly height: number | null;
  /** 8 characters for the receipt, from the terminal's signature over the verdict. */
  readonly checkCode: string;
  /** When, as an interval in certificate time. */
  readonly timeLowMs: number;
  readonly timeHighMs: number;
  /** Milliseconds from scan complete to this answer. */
  readonly elapsedMs: number;
}

/** Later news about a verdict already given. */
export interface Settlement {
  readonly verdictId: string;
  readonly entry: { readonly stream: number; readonly sequence: number };
  readonly state: 'final' | 'refused' | 'conflicted';
  readonly reasons: readonly ReasonName[];
  readonly height: number;
  /** Milliseconds from the scan to the certified receipt, on this terminal's monotonic clock; null after a restart. */
  readonly elapsedMs: number | null;
}
