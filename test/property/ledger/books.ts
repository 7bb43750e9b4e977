/** What the objects of a state say, decoded block by block from the deltas alone: what the properties of this room add up. */
import { strict as assert } from 'node:assert';
import { decode, type Format } from '#core/format';
import { accountFormat } from '#ledger/accounts/account';
import { mintedFormat } from '#ledger/accounts/mint-limit';
import { allianceDebtFormat, allianceFormat, memberFormat } from '#ledger/alliances/alliance';
import { storedAllianceTermsFormat } from '#ledger/alliances/terms';
import { assetFormat, storedAssetTermsFormat } from '#ledger/assets/asset';
import { balanceFormat } from '#ledger/assets/balance';
import { openReservationsFormat } from '#ledger/baskets/open-reservations';
import { saleFormat } from '#ledger/baskets/sale';
import { callSlotFormat } from '#ledger/contracts/call';
import { itemRestFormat } from '#ledger/coupons/item-rest';
import { seriesFormat, storedTermsFormat } from '#ledger/coupons/series';
import { useCountFormat } from '#ledger/coupons/series-uses';
import { offerSlotFormat } from '#ledger/market/market-book';
import { rightFormat } from '#ledger/rights/right';
import type { LedgerState, StateChange } from '#ledger/state/ledger-state';
import { batchFormat } from '#ledger/trace/batch';

/** An object and where it stands. */
export interface Filed<T> {
  readonly shard: string;
  readonly key: string;
  readonly value: T;
}

/** Objects of one kind, by shard and key. */
export class File<T> {
  readonly shards: RegExp;
  readonly keys: RegExp;
  readonly format: Format<T>;
  readonly byName: Map<string, Filed<T>>;

  constructor(shards: RegExp, keys: RegExp, format: Format<T>, byName: ReadonlyMap<string, Filed<T>> = new Map()) {
    this.shards = shards;
    this.keys = keys;
    this.format = format;
    this.byName = new Map(byName);
  }

  copy(): File<T> {
    return new File(this.shards, this.keys, this.format, this.byName);
  }

  /** Takes the object over if it is of this kind; what stood there before. */
  take(
    shard: string,
    key: string,
    bytes: Uint8Array,
  ): { readonly before: Filed<T> | undefined; readonly now: Filed<T> } | null {
    if (!this.shards.test(shard) || !this.keys.test(key)) return null;
    const decoded = decode(this.format, bytes);
    assert.ok(decoded.ok, `${shard} ${key} is of its format`);
    const name = `${shard} ${key}`;
    const before = this.byName.get(name);
    const now = { shard, key, value: decoded.value };
    this.byName.set(name, now);
    return { before, now };
  }

  get(shard: string, key: string): T | undefined {
    return this.byName.get(`${shard} ${key}`)?.value;
  }

  all(): Iterable<Filed<T>> {
    return this.byName.values();
  }
}

const empty = {
  accounts: new File(/^r$/, /^account\/[^/]+$/, accountFormat),
  minted: new File(/^r$/, /^minted\//, mintedFormat),
  balances: new File(/^[hk]\//, /^balance\//, balanceFormat),
  holderUses: new File(/^h\//, /^uses\//, useCountFormat),
  assets: new File(/^a\//, /^asset$/, assetFormat),
  assetTerms: new File(/^a\//, /^terms\//, storedAssetTermsFormat),
  members: new File(/^l\//, /^member\//, memberFormat),
  alliances: new File(/^l\//, /^alliance$/, allianceFormat),
  allianceTerms: new File(/^l\//, /^terms\//, storedAllianceTermsFormat),
  debts: new File(/^l\//, /^debt\//, allianceDebtFormat),
  opens: new File(/^s\//, /^open\//, openReservationsFormat),
  rights: new File(/^s\//, /^right\//, rightFormat),
  series: new File(/^c\//, /^series$/, seriesFormat),
  terms: new File(/^c\//, /^terms\//, storedTermsFormat),
  uses: new File(/^c\//, /^uses$/, useCountFormat),
  rests: new File(/^c\//, /^rest\//, itemRestFormat),
  sales: new File(/^d\//, /^sale\//, saleFormat),
  calls: new File(/^x\//, /^call\/\d+$/, callSlotFormat),
  offers: new File(/^x\//, /^offer\/\d+$/, offerSlotFormat),
  batches: new File(/^b\//, /^batch$/, batchFormat),
};
type Files = typeof empty;

function copied(files: Files): Files {
  return Object.fromEntries(Object.entries(files).map(([name, file]) => [name, file.copy()])) as Files;
}

/** How much an account has more of an asset than before a block: by `<account> <asset>`. */
export type Differences = ReadonlyMap<string, bigint>;

/** See the head of the file. */
export class Books {
  readonly files: Files;
  /** The kinds of a shard's objects, found once a letter. */
  static readonly #byLetter = new Map<string, (keyof Files)[]>();

  constructor(files: Files = empty) {
    this.files = copied(files);
  }

  /** Books of a whole state. */
  static of(state: LedgerState): Books {
    const books = new Books();
    for (const shard of state.shardIds())
      for (const { key, value } of state.leaves(shard)) books.#take(shard, key, value);
    return books;
  }

  copy(): Books {
    return new Books(this.files);
  }

  #kindsOf(shard: string): (keyof Files)[] {
    const letter = shard.slice(0, 2);
    let names = Books.#byLetter.get(letter);
    if (names === undefined) {
      names = (Object.keys(this.files) as (keyof Files)[]).filter((name) => this.files[name].shards.test(shard));
      Books.#byLetter.set(letter, names);
    }
    return names;
  }

  #take(shard: string, key: string, bytes: Uint8Array): void {
    for (const name of this.#kindsOf(shard)) if (this.files[name].take(shard, key, bytes) !== null) return;
  }

  /** Takes a block's change over; the names of balances that it wrote, with what they were before. */
  take(change: StateChange): Files['balances']['byName'] {
    const before: Files['balances']['byName'] = new Map();
    for (const { shard, leaves } of change.deltas) {
      for (const { key, value } of leaves) {
        const name = `${shard} ${key}`;
        const old = this.files.balances.byName.get(name);
        this.#take(shard, key, value);
        const now = this.files.balances.byName.get(name);
        if (now === undefined || now === old) continue;
        before.set(
          name,
          old ?? {
            ...now,
            value: { open: { free: 0n, lots: [] }, locked: { free: 0n, lots: [] }, expired: 0n, frozen: false },
          },
        );
      }
    }
    return before;
  }
}

/** The parts of a key. */
export function parts(key: string): readonly [string, string, string, string] {
  const [a = '', b = '', c = '', d = ''] = key.split('/');
  return [a, b, c, d];
}

/** Whose balance it is, and of what. The names of accounts that have balances have no slash. */
export function balanceOf(key: string): { readonly owner: string; readonly asset: string } {
  const [, owner, asset] = parts(key);
  return { owner, asset };
}

/** A counter by name. */
export class Sums {
  readonly byName = new Map<string, bigint>();

  add(name: string, amount: bigint): void {
    this.byName.set(name, (this.byName.get(name) ?? 0n) + amount);
  }

  of(name: string): bigint {
    return this.byName.get(name) ?? 0n;
  }
}
