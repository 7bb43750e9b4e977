/**
 * Which units of the store's risk budgets the hub has given to which lane and the region has not yet answered for. One
 * meta value a unit in the hub's journal: as durable as the answer that names it.
 */
import { assert } from '#core/assert';
import { decode, encode, type Infer, optional, versioned } from '#core/format';
import { accountIdFormat, amountFormat, heightFormat, rightIdFormat } from '#ledger/ids';

/** Most units outstanding over all budgets. */
export const poolUnitsMax = 8_192;
const prefix = 'hub/pool/';

const grantedUnitFormat = versioned(
  'granted-unit',
  1,
  { bytesMax: 128 },
  {
    rightId: rightIdFormat,
    lane: accountIdFormat,
    value: amountFormat,
    /** Block that called it conflicted; it counts here until the right as cached counts it. */
    lostAtHeight: optional(heightFormat),
  },
);
/** One unit given out. */
export type GrantedUnit = Infer<typeof grantedUnitFormat>;

/** What the pool needs of the journal. */
export interface MetaReader {
  meta(key: string): Uint8Array | null;
  metaKeys(prefix: string, limit: number): readonly string[];
}

/** What the pool writes with: an open journal transaction. */
export interface MetaWriter {
  putMeta(key: string, value: Uint8Array): void;
  dropMeta(key: string): void;
}

/** Outstanding grants of the pool. Make it anew after a transaction that was rolled back. */
export class BudgetPool {
  readonly #units = new Map<string, GrantedUnit>();

  /** Reads what an earlier run had given out. */
  constructor(journal: MetaReader) {
    for (const key of journal.metaKeys(prefix, poolUnitsMax)) {
      const granted = decode(grantedUnitFormat, journal.meta(key) ?? new Uint8Array());
      assert(granted.ok, 'a stored grant decodes');
      this.#units.set(key.slice(prefix.length), granted.value);
    }
  }

  /** Number and value of the units given out under a right, without losses that a shard of this height counts by itself. */
  outstanding(rightId: string, shardHeight: number): { readonly count: number; readonly value: bigint } {
    let count = 0;
    let value = 0n;
    for (const granted of this.#units.values()) {
      const booked = granted.lostAtHeight !== null && granted.lostAtHeight <= shardHeight;
      if (granted.rightId !== rightId || booked) continue;
      count++;
      value += granted.value;
    }
    return { count, value };
  }

  /** The lane that a unit is given to; null when it is not out. */
  holder(unit: string): string | null {
    return this.#units.get(unit)?.lane ?? null;
  }

  /** Units given out to all lanes. */
  get size(): number {
    return this.#units.size;
  }

  /** Notes a unit as given out; the caller has checked the limits. */
  grant(tx: MetaWriter, unit: string, granted: GrantedUnit): void {
    assert(!this.#units.has(unit), 'a unit is given out once');
    tx.putMeta(prefix + unit, encode(grantedUnitFormat, granted));
    this.#units.set(unit, granted);
  }

  /** Keeps a lost unit until the store's shard has reached the block that books the loss (`sweep`). */
  lose(tx: MetaWriter, unit: string, lostAtHeight: number): void {
    const granted = this.#units.get(unit);
    assert(granted !== undefined, 'a unit that is lost was given out');
    const lost = { ...granted, lostAtHeight };
    tx.putMeta(prefix + unit, encode(grantedUnitFormat, lost));
    this.#units.set(unit, lost);
  }

  /** Takes back the lost units that a shard of this height counts by itself. */
  sweep(tx: MetaWriter, shardHeight: number): void {
    for (const [unit, { lostAtHeight }] of this.#units) {
      if (lostAtHeight !== null && lostAtHeight <= shardHeight) this.free(tx, unit);
    }
  }

  /** Takes a unit back; nothing happens for one that is not out. */
  free(tx: MetaWriter, unit: string): void {
    if (this.#units.delete(unit)) tx.dropMeta(prefix + unit);
  }
}
