/** The health of one terminal as plain JSON: the stable face that the API, the screen and `bizain status --json` show. */
import type { ControlMode } from '#drivers/symbology/own-codes';

/** What a scan of a product means now: a sale, a receipt of goods, or a mode that this terminal only remembers. */
export type TerminalMode = Lowercase<ControlMode>;

/** An amount in one unit. Decimal string of base units, ISO 4217 unit. */
export interface Amount {
  readonly unit: string;
  readonly value: string;
}

/** A number of entries and what they are worth, by unit. */
export interface Tally {
  readonly count: number;
  readonly values: readonly Amount[];
}

/** One risk budget: what it still lets through and what it has already cost. Counts are coupons. */
export interface BudgetExposure {
  readonly right: string;
  readonly gcn: string;
  readonly title: string;
  readonly unit: string;
  /** Taken `provisional` and not yet settled, as far as this terminal (on the hub: the store) knows. */
  readonly outstandingCount: number;
  readonly outstandingValue: string;
  /** What this terminal could still let through on its own word now. */
  readonly grantableCount: number;
  readonly grantableValue: string;
  /** Already lost under the right, by the ledger. */
  readonly conflictedCount: number;
  readonly conflictedValue: string;
  /** The largest further loss of the whole store under this right: what is granted less what is already lost. */
  readonly worstCaseValue: string;
}

/** The largest loss that an outage beginning now could bring, known before it begins (ARCHITECTURE D4). */
export interface Exposure {
  readonly byUnit: readonly Amount[];
  readonly budgets: readonly BudgetExposure[];
}

/** How long the store could go on by itself at its usual traffic. */
export interface Autonomy {
  /** Coupons scanned an hour, exponentially weighted; null before the first hour of traffic is known. */
  readonly scansPerHour: number | null;
  /** Leased items not yet spent. */
  readonly ownedUnits: number;
  /** Coupons that the budgets still let through. */
  readonly budgetUnits: number;
  /** Hours until both are used up; null while the traffic is not known. */
  readonly hours: number | null;
  /** Share, 0 to 1, of the recent coupon scans that owned units or budgets would have served; null without scans. */
  readonly coverage: number | null;
}

/** What the last scans would have got with the line cut. */
export interface Rehearsal {
  readonly scans: number;
  readonly guaranteed: number;
  readonly provisional: number;
  readonly refused: number;
  /** Value that would have been taken provisionally. */
  readonly atRisk: readonly Amount[];
}

/** One cached shard. `leaves`: objects held; `ageMs`: since the certificate it rests on, at most. */
export interface ShardStatus {
  readonly shard: string;
  readonly height: number;
  readonly leaves: number;
  readonly ageMs: number;
}

/** One scanner of this terminal. */
export interface ScannerStatus {
  readonly name: string;
  readonly transport: string;
  readonly state: string;
  readonly detail: string | null;
}

/** The books of the shift so far: opening + accepted = final + conflicted + refused + voided + lost + pending. */
export interface BooksStatus {
  readonly openingPending: Tally;
  readonly accepted: Tally;
  readonly final: Tally;
  readonly conflicted: Tally;
  readonly refused: Tally;
  readonly voided: Tally;
  readonly lost: Tally;
  readonly pending: Tally;
  readonly balanced: boolean;
}

/** A journal entry that waits for its receipt. Ages in milliseconds on this terminal's clock. */
export interface QueueItem {
  readonly stream: number;
  readonly sequence: number;
  readonly kind: string;
  readonly state: string;
  readonly key: string | null;
  readonly value: string | null;
  readonly ageMs: number | null;
  readonly verdictId: string | null;
}

/** Everything a person or a program asks a terminal about its health. Times are certificate time in ms since 1970. */
export interface TerminalStatus {
  readonly version: string;
  readonly terminal: string;
  readonly store: string;
  readonly role: 'lane' | 'station';
  readonly mode: TerminalMode;
  readonly epoch: number;
  /** `forMs`: how long the line has been in this state. */
  readonly line: { readonly connected: boolean; readonly sinceMs: number; readonly forMs: number };
  /** The newest certified block known here; null before the first. */
  readonly head: { readonly height: number; readonly timeMs: number } | null;
  readonly journal: {
    /** Whether the journal head was matched against the region or the hub since start (ARCHITECTURE D6). */
    readonly anchored: boolean;
    readonly pending: { readonly value: number; readonly trace: number };
    readonly nextSequence: { readonly value: number; readonly trace: number };
    readonly writable: boolean;
  };
  readonly books: BooksStatus;
  readonly exposure: Exposure;
  readonly autonomy: Autonomy;
  readonly hub: {
    /** True when this terminal is the store's hub by the ledger. */
    readonly self: boolean;
    readonly terminal: string | null;
    readonly epoch: number | null;
    readonly reachable: boolean;
    /** Address of the hub's LAN listener when this terminal runs it; null otherwise. */
    readonly listening: string | null;
  };
  readonly shards: readonly ShardStatus[];
  /** Whether every wanted shard was there and checked at least once since start. */
  readonly ready: boolean;
  readonly scanners: readonly ScannerStatus[];
  readonly clock: { readonly lowMs: number; readonly highMs: number; readonly trusted: boolean };
  readonly openBaskets: readonly { readonly id: string; readonly coupons: number }[];
}
