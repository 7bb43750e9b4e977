/** Judges an operation before it is written: the rules of `executeBlock` on an overlay that is dropped, at both ends of the time. */
import type { Effect } from './effect.ts';
import { applyOperation } from './handlers.ts';
import type { ShardId } from './ids.ts';
import type { Operation } from './operation.ts';
import { reason } from './reasons.ts';
import type { Outcome } from './receipt.ts';
import { StateOverlay } from './state/state-overlay.ts';
import type { LedgerView } from './state/view.ts';

/** Who would write the entry, and what it would say about time. */
export interface JudgedAuthorship {
  readonly chainId: Uint8Array;
  readonly author: string;
  readonly epoch: number;
  readonly sequence: number;
  readonly seenHeight: number;
  readonly timeLowMs: number;
  readonly timeHighMs: number;
  readonly notAfterMs: number | null;
}

/** What the ledger would answer, as far as the view and the clock can tell. */
export interface Judgement {
  readonly outcome: Outcome;
  /** Reason bits. */
  readonly reasons: bigint;
  /** Base units. */
  readonly value: bigint;
  /** The answer differs within the time interval; CLOCK_UNCERTAIN is among the reasons. */
  readonly uncertain: boolean;
  /** The first shard that was asked for and is not held; then NOT_CACHED is the only reason. */
  readonly missing: ShardId | null;
}

/** Ends a judgement: what would be said without this shard is worth nothing. */
class NotHeld extends Error {
  readonly shard: ShardId;

  constructor(shard: ShardId) {
    super(`shard ${shard} is not held`);
    this.shard = shard;
  }
}

/** Passes reads on to what is held. Rules assert that what one object names is in another: without its shard they cannot go on. */
class HeldView implements LedgerView {
  readonly #view: LedgerView;

  constructor(view: LedgerView) {
    this.#view = view;
  }

  holds(shard: ShardId): boolean {
    return this.#view.holds(shard);
  }

  get(shard: ShardId, key: string): Uint8Array | undefined {
    if (!this.#view.holds(shard)) throw new NotHeld(shard);
    return this.#view.get(shard, key);
  }
}

/** The answer to an operation that is ordered in a block of just this time. */
function effectAt(view: LedgerView, by: JudgedAuthorship, timeMs: number, operation: Operation): Effect {
  const { chainId, author, epoch, sequence, seenHeight, notAfterMs } = by;
  const point = { timeLowMs: timeMs, timeHighMs: timeMs, blockTimeMs: timeMs, height: seenHeight + 1 };
  return applyOperation(new StateOverlay(view), { chainId, author, epoch, sequence, notAfterMs, ...point }, operation);
}

/**
 * What the ledger would answer to the operation now. Between the ends of the time interval a refusal counts before a
 * conflict and a conflict before a yes; policy says what `uncertain` then means. Changes nothing.
 */
export function judgeOperation(view: LedgerView, by: JudgedAuthorship, operation: Operation): Judgement {
  try {
    return judgeHeld(new HeldView(view), by, operation);
  } catch (error) {
    if (!(error instanceof NotHeld)) throw error;
    return { outcome: 'refused', reasons: reason.NOT_CACHED, value: 0n, uncertain: false, missing: error.shard };
  }
}

function judgeHeld(view: LedgerView, by: JudgedAuthorship, operation: Operation): Judgement {
  const early = effectAt(view, by, by.timeLowMs, operation);
  const late = by.timeHighMs === by.timeLowMs ? early : effectAt(view, by, by.timeHighMs, operation);
  const uncertain = early.outcome !== late.outcome || early.reasons !== late.reasons || early.value !== late.value;
  if (!uncertain) return { ...early, uncertain, missing: null };
  const severity = ({ outcome }: Effect): number => ['applied', 'conflicted', 'refused'].indexOf(outcome);
  const worse = severity(early) > severity(late) ? early : late;
  const reasons = early.reasons | late.reasons | reason.CLOCK_UNCERTAIN;
  return { outcome: worse.outcome, reasons, value: worse.value, uncertain, missing: null };
}
