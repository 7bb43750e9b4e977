/** Closing and releasing baskets: one write for all of its coupons, all or nothing. */

import type { BasketAnswer } from '#agent/events';
import type { EntryPlace } from '#agent/journal/entry-state';
import type { JournalTransaction } from '#agent/journal/journal';
import type { BasketClosing } from '#agent/terminal-face';
import type { Text } from '#agent/verdict/reason-texts';
import { reasonTexts } from '#agent/verdict/reason-texts';
import { assert } from '#core/assert';
import { fromHex } from '#core/bytes';
import { type SettledCoupon, settleCoupons } from './basket-lines.ts';
import type { Basket, BasketItem, Baskets } from './baskets.ts';
import { appendRelease, writeDown } from './coupon-entries.ts';
import { sumByUnit } from './exposure.ts';
import type { Till } from './till.ts';

const texts = {
  closed: { en: 'Basket closed', zh: '已结单' },
  released: { en: 'Basket cancelled', zh: '已取消' },
  noLines: { en: 'The lines of the basket are needed', zh: '需要单据明细' },
  unknown: { en: 'No such open basket', zh: '没有此未结单' },
  badHash: { en: 'The basket hash must be 64 hex digits', zh: '单据摘要须为64位十六进制' },
} as const satisfies Record<string, Text>;

/** A coupon of a basket that closes. */
type ClosingItem = BasketItem & SettledCoupon;

interface Done {
  readonly coupons: number;
  readonly values: BasketAnswer['values'];
  readonly entry: EntryPlace;
}

/** Ends open baskets. */
export class BasketDesk {
  readonly #till: Till;
  readonly #baskets: Baskets;

  constructor(till: Till, baskets: Baskets) {
    this.#till = till;
    this.#baskets = baskets;
  }

  /**
   * Captures every coupon of the basket in one transaction; nothing changes unless it is in the journal. The ledger refuses a
   * capture whole: one coupon whose reservation it may yet refuse must not take those with it that it has granted, so each
   * such coupon has a capture of its own.
   */
  close(name: string, { basketHash, lines }: BasketClosing = {}): BasketAnswer {
    const basket = this.#baskets.get(name);
    if (basket === null || basket.items.length === 0) return no(name, 'close', texts.unknown);
    const hash = basketHash === undefined ? new Uint8Array(32) : fromHex(basketHash);
    if (hash?.length !== 32) return no(name, 'close', texts.badHash);
    const settled = settleCoupons(basket.items, lines);
    if (!settled.ok) return no(name, 'close', lines === undefined ? texts.noLines : reasonTexts[settled.reason]);
    const coupons = basket.items.map((item, at) => ({ ...item, ...(settled.value[at] as SettledCoupon) }));
    const written = writeDown(this.#till, (tx) => {
      const captures = this.#groups(coupons).map((group) => this.#capture(tx, basket, group, hash));
      const entry = captures.at(-1);
      assert(entry !== undefined, 'a basket that is closed has coupons');
      return { coupons: coupons.length, values: valuesOf(coupons), entry };
    });
    if (!written.ok) return no(name, 'close', reasonTexts[written.reason]);
    const { timeLowMs, timeHighMs } = this.#till.now();
    for (const { unitKey } of basket.items) {
      this.#till.hub().link?.tell({ kind: 'captured', unit: unitKey, timeLowMs, timeHighMs });
    }
    return this.#ended(name, 'close', written.value);
  }

  /** Gives every coupon of the basket back. They stay blocked here until the region has receipted it. */
  release(name: string): BasketAnswer {
    const basket = this.#baskets.get(name);
    if (basket === null) return no(name, 'release', texts.unknown);
    const sequences = basket.items.map(({ sequence }) => sequence);
    if (sequences.length === 0) {
      this.#baskets.remove(name);
      return { ...no(name, 'release', texts.released), done: true };
    }
    const written = writeDown(this.#till, (tx) => appendRelease(this.#till, tx, sequences));
    if (!written.ok) return no(name, 'release', reasonTexts[written.reason]);
    return this.#ended(name, 'release', { coupons: sequences.length, values: [], entry: written.value });
  }

  /** Coupons whose reservation is certified, together; every other one alone. */
  #groups(items: readonly ClosingItem[]): (readonly ClosingItem[])[] {
    const { journal, epoch } = this.#till;
    const isCertified = ({ sequence }: ClosingItem): boolean =>
      journal.stateOf({ epoch, stream: 0, sequence }) === 'final';
    const certified = items.filter(isCertified);
    const others = items.filter((item) => !isCertified(item)).map((item) => [item]);
    return certified.length === 0 ? others : [certified, ...others];
  }

  #capture(tx: JournalTransaction, basket: Basket, items: readonly ClosingItem[], basketHash: Uint8Array): EntryPlace {
    const [only, ...more] = valuesOf(items);
    const unitKey = items.length === 1 ? (items[0]?.unitKey ?? null) : null;
    // Books add up one unit an entry; coupons in several currencies are counted, not summed.
    const summed = only !== undefined && more.length === 0 ? { value: only.value, unit: only.unit } : {};
    const note = { basket: basket.name, unitKey, ...summed };
    const captures = items.map(({ sequence: reservation, purchase, lines }) => ({ reservation, purchase, lines }));
    const operation = { kind: 'basket.capture', basket: basket.id, captures, basketHash } as const;
    const entry = tx.append(this.#till.draft(operation, { note }));
    const { timeLowMs: atLowMs, timeHighMs: atHighMs } = this.#till.now();
    for (const { unitKey: unit } of items) {
      tx.putClaim({ unit, terminal: this.#till.terminal, state: 'captured', atLowMs, atHighMs });
    }
    return entry;
  }

  #ended(name: string, action: BasketAnswer['action'], { coupons, values, entry }: Done): BasketAnswer {
    this.#baskets.remove(name);
    this.#till.kick();
    const text = action === 'close' ? texts.closed : texts.released;
    return {
      id: name,
      action,
      done: true,
      coupons,
      values,
      text,
      entry: { stream: entry.stream, sequence: entry.sequence },
    };
  }
}

function valuesOf(items: readonly BasketItem[]): BasketAnswer['values'] {
  return sumByUnit(items.flatMap(({ value, unit }) => (unit === null ? [] : [{ unit, value }])));
}

function no(id: string, action: BasketAnswer['action'], text: Text): BasketAnswer {
  return { id, action, done: false, coupons: 0, values: [], entry: null, text };
}
