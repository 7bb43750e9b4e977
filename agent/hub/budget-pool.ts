/**
 * Which units of the store's risk budgets the hub has given to which lane and the region has not yet answered for. One
 * meta value a unit in the hub's journal: as durable as the answer that names it.
 */
import { assert } from '#core/assert';
import { decode, encode, type Infer, versioned } from '#core/format';
import { amountFormat } from '#ledger/coupons/terms';
import { accountIdFormat, rightIdFormat } from '#ledger/ids';

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

  /** Number and value of the units given out under a right. */
  outstanding(rightId: string): { readonly count: number; readonly value: bigint } {
    let count = 0;
    let value = 0n;
    for (const granted of this.#units.values()) {
      if (granted.rightId !== rightId) continue;
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

  /** Takes a unit back; nothing happens for one that is not out. */
  free(tx: MetaWriter, unit: string): void {
    if (this.#units.delete(unit)) tx.dropMeta(prefix + unit);
  }
}
