/** What a handler is given and what it answers: authorship in, effect out. */
import { assert } from '#core/assert';
import { type ShardId, storeShard, terminalParts } from './ids.ts';
import type { Operation, OperationKind } from './operation.ts';
import { joinReasons } from './reasons.ts';
import type { Outcome } from './receipt.ts';
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
  /** Time of the block that orders it. */
  readonly blockTimeMs: number;
}

/** The answer to one operation. Only `refused` leaves no trace in the state. */
export interface Effect {
  readonly outcome: Outcome;
  /** Reason bits (reasons.ts). */
  readonly reasons: number;
  /** Value moved, base units. */
  readonly value: bigint;
}

/** An operation of one kind. */
export type OperationOf<K extends OperationKind> = Extract<Operation, { readonly kind: K }>;

/** The rule of one kind of operation. The author's role has been checked; a refusal's writes are dropped. */
export type Handler<K extends OperationKind> = (tx: LedgerOverlay, by: Authorship, operation: OperationOf<K>) => Effect;

/** In force; `flags` are reason bits worth a look. */
export function applied(value = 0n, flags = 0): Effect {
  return { outcome: 'applied', reasons: flags, value };
}

/** Nothing changes, for these reasons. */
export function refused(...reasons: readonly number[]): Effect {
  const all = reasons.reduce(joinReasons, 0);
  assert(all !== 0, 'a refusal needs a reason');
  return { outcome: 'refused', reasons: all, value: 0n };
}

/** It happened in the shop, but somebody else was first. */
export function conflicted(reasons: number, value = 0n): Effect {
  assert(reasons !== 0, 'a conflict needs a reason');
  return { outcome: 'conflicted', reasons, value };
}

/** The terminal that authors an operation which only terminals may author. */
export function terminalOf(by: Authorship): {
  readonly store: string;
  readonly lane: string;
  readonly shard: ShardId;
} {
  const parts = terminalParts(by.author);
  assert(parts !== null, `${by.author} is no terminal`);
  return { ...parts, shard: storeShard(parts.store) };
}
