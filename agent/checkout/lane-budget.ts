/**
 * What this lane has taken provisionally under each risk budget and the region has not yet answered for: its own share
 * for when the hub is away, and what the hub gave it from the pool. Counted from the journal, so that a restart forgets
 * nothing (ARCHITECTURE D4, D5).
 */

import { type BudgetLimit, budgetLimits, type ShareRule } from '#agent/hub/budget-share';
import type { Journal } from '#agent/journal/journal';
import type { SettledEntry } from '#agent/journal/settlement';
import { storeShard } from '#ledger/ids';
import type { Right } from '#ledger/rights/right';
import type { CachedShards } from './till.ts';

/** Where a budget unit came from. */
export type BudgetSource = 'share' | 'pool';

/** The mode in the note of a provisional reservation: source and value, so that a restart knows both. */
export function budgetMode(source: BudgetSource, value: bigint): string {
  return `${source} ${value}`;
}

function fromMode(mode: string | null): { readonly source: BudgetSource; readonly value: bigint } {
  const match = /^(share|pool) ([0-9]+)$/.exec(mode ?? '');
  return { source: match?.[1] === 'pool' ? 'pool' : 'share', value: BigInt(match?.[2] ?? '0') };
}

/** One unit taken provisionally. */
export interface BudgetUnit {
  readonly unitKey: string;
  readonly rightId: string;
  readonly value: bigint;
  readonly source: BudgetSource;
}

interface LateLoss extends BudgetUnit {
  /** Height of the block that called it conflicted: from there on the right itself counts it. */
  readonly height: number;
}

const pageSize = 1_000;
/** Settled entries looked through at start for losses that the cached right does not show yet. */
const lossesLookedForMax = 4_096;

/** See the head of the file. */
export class LaneBudget {
  readonly #journal: Journal;
  readonly #store: string;
  readonly #shards: CachedShards;
  readonly #rule: ShareRule;
  readonly #taken = new Map<number, BudgetUnit>();
  #lateLosses: LateLoss[] = [];

  constructor(parts: {
    readonly journal: Journal;
    readonly store: string;
    readonly shards: CachedShards;
    readonly rule: ShareRule;
  }) {
    this.#journal = parts.journal;
    this.#store = parts.store;
    this.#shards = parts.shards;
    this.#rule = parts.rule;
    this.#readJournal();
    this.#readLosses();
  }

  /** Units and value outstanding under a right, from one source or both. */
  outstanding(rightId: string, source?: BudgetSource): BudgetLimit {
    let count = 0;
    let value = 0n;
    for (const unit of [...this.#taken.values(), ...this.#currentLosses()]) {
      if (unit.rightId !== rightId || (source !== undefined && unit.source !== source)) continue;
      count++;
      value += unit.value;
    }
    return { count, value };
  }

  /** What this lane's own share still lets through under a budget; zeros for a lease. */
  shareLeft(right: Right): BudgetLimit {
    const limits = budgetLimits(this.#shards.view, right, this.#rule);
    if (limits === null) return { count: 0, value: 0n };
    const used = this.outstanding(right.id, 'share');
    const value = limits.lane.value - used.value;
    return { count: Math.max(0, limits.lane.count - used.count), value: value > 0n ? value : 0n };
  }

  /** Notes a unit as taken by the reservation with this sequence. Call after the journal has it. */
  took(sequence: number, unit: BudgetUnit): void {
    this.#taken.set(sequence, unit);
  }

  /** The unit of a reservation that has just settled, which is free again; null for any other entry. */
  settle(entry: SettledEntry): BudgetUnit | null {
    if (entry.place.stream !== 0 || entry.place.epoch !== this.#journal.epoch) return null;
    const unit = this.#taken.get(entry.place.sequence);
    if (unit === undefined) return null;
    this.#taken.delete(entry.place.sequence);
    if (entry.state === 'conflicted') this.#lateLosses.push({ ...unit, height: entry.height });
    return unit;
  }

  /** Losses that the cached right does not show yet. */
  #currentLosses(): readonly LateLoss[] {
    const height = this.#shards.heightOf(storeShard(this.#store)) ?? 0;
    if (this.#lateLosses.length > 0) this.#lateLosses = this.#lateLosses.filter((loss) => loss.height > height);
    return this.#lateLosses;
  }

  #readJournal(): void {
    for (let page = this.#journal.queue({ limit: pageSize }); ; ) {
      for (const { place, kind, note } of page) {
        if (kind !== 'coupon.reserve' || note.basis !== 'budget' || note.rightId === null) continue;
        if (place.epoch !== this.#journal.epoch) continue;
        this.#taken.set(place.sequence, { unitKey: note.unitKey ?? '', rightId: note.rightId, ...fromMode(note.mode) });
      }
      const last = page.at(-1);
      if (last === undefined || page.length < pageSize) return;
      page = this.#journal.queue({ limit: pageSize, after: last.place });
    }
  }

  /** What was lost before this start and is not booked in the shard as it was kept. */
  #readLosses(): void {
    const height = this.#shards.heightOf(storeShard(this.#store)) ?? 0;
    const { epoch } = this.#journal;
    const { nextSequence } = this.#journal.head(0);
    const last = Math.max(0, nextSequence - lossesLookedForMax);
    for (let sequence = nextSequence - 1; sequence >= last; sequence--) {
      const stored = this.#journal.entry({ epoch, stream: 0, sequence });
      if (stored === null || stored.outcome === null) continue;
      // Blocks order a stream's entries as they were written: what is older was booked before.
      if (stored.state !== 'lost' && stored.outcome.height <= height) return;
      const { unitKey, rightId, basis, mode } = stored.note;
      if (stored.state !== 'conflicted' || stored.entry.operation.kind !== 'coupon.reserve') continue;
      if (basis !== 'budget' || rightId === null) continue;
      this.#lateLosses.push({ unitKey: unitKey ?? '', rightId, ...fromMode(mode), height: stored.outcome.height });
    }
  }
}
