/** What a handler is given and what it answers: authorship in, effect out. */
import { assert } from '#core/assert';
import { type ShardId, storeShard, terminalParts } from './ids.ts';
import type { Operation, OperationKind } from './operation.ts';
import type { LineAllocation, Movement, Outcome } from './receipt.ts';
import type { LedgerOverlay } from './state/view.ts';

/** Who says it, where in which journal, and when. */
export interface Authorship {
  readonly chainId: Uint8Array;
  readonly author: string;
  readonly epoch: number;
  readonly sequence: number;
  /** When it happened, certificate time; neither is later than the block. */
  readonly timeLowMs: number;
  readonly timeHighMs: number;
  readonly notAfterMs: number | null;
  /** Time of the block that orders it, and its height. */
  readonly blockTimeMs: number;
  readonly height: number;
  /** Let in by the admin after its author's key had lost its word (SPEC J12). */
  readonly salvaged?: boolean;
}

/** The answer to one operation. Only `refused` leaves no trace in the state. */
export interface Effect {
  readonly outcome: Outcome;
  /** Reason bits (reasons.ts). */
  readonly reasons: bigint;
  /** Value moved, base units. */
  readonly value: bigint;
  /** What moved between accounts, and what a basket's lines were paid with; left out where nothing did. */
  readonly detail?: EffectDetail;
}

/** The particulars of a receipt. */
export interface EffectDetail {
  readonly movements: readonly Movement[];
  readonly lines: readonly LineAllocation[];
}

/** An operation of one kind. */
export type OperationOf<K extends OperationKind> = Extract<Operation, { readonly kind: K }>;

/** The rule of one kind of operation. The author's role has been checked; a refusal's writes are dropped. */
export type Handler<K extends OperationKind> = (tx: LedgerOverlay, by: Authorship, operation: OperationOf<K>) => Effect;

/** In force; `flags` are reason bits worth a look. */
export function applied(value = 0n, flags = 0n, detail?: EffectDetail): Effect {
  return detail === undefined
    ? { outcome: 'applied', reasons: flags, value }
    : { outcome: 'applied', reasons: flags, value, detail };
}

/** Nothing changes, for these reasons. */
export function refused(...reasons: readonly bigint[]): Effect {
  const all = reasons.reduce((set, one) => set | one, 0n);
  assert(all !== 0n, 'a refusal needs a reason');
  return { outcome: 'refused', reasons: all, value: 0n };
}

/** It happened in the shop, but somebody else was first. */
export function conflicted(reasons: bigint, value = 0n, detail?: EffectDetail): Effect {
  assert(reasons !== 0n, 'a conflict needs a reason');
  return detail === undefined
    ? { outcome: 'conflicted', reasons, value }
    : { outcome: 'conflicted', reasons, value, detail };
}

/** The terminal that authors an operation which only terminals may author. */
export function terminalOf(by: Authorship): {
  readonly store: string;
  readonly lane: string;
  readonly shard: ShardId;
} {
  const parts = terminalParts(by.author);
  if (parts === null) assert(false, `${by.author} is no terminal`);
  const { store, lane } = parts;
  return { store, lane, shard: storeShard(store) };
}
