/** Closing and releasing baskets: one entry for all of its coupons, all or nothing. */

import type { BasketAnswer } from '#agent/events';
import type { EntryPlace } from '#agent/journal/entry-state';
import type { Text } from '#agent/verdict/reason-texts';
import { reasonTexts } from '#agent/verdict/reason-texts';
import { fromHex } from '#core/bytes';
import type { Basket, Baskets } from './baskets.ts';
import { appendRelease, writeDown } from './coupon-entries.ts';
import { sumByUnit } from './exposure.ts';
import type { Till } from './till.ts';

const texts = {
  closed: { en: 'Basket closed', zh: '已结单' },
  released: { en: 'Basket cancelled', zh: '已取消' },
  unknown: { en: 'No such open basket', zh: '没有此未结单' },
  badHash: { en: 'The basket hash must be 64 hex digits', zh: '单据摘要须为64位十六进制' },
} as const satisfies Record<string, Text>;

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

  /** Captures every coupon of the basket in one entry. Nothing changes unless it is in the journal. */
  close(name: string, basketHash?: string): BasketAnswer {
    const basket = this.#baskets.get(name);
    if (basket === null || basket.items.length === 0) return no(name, 'close', texts.unknown);
    const hash = basketHash === undefined ? new Uint8Array(32) : fromHex(basketHash);
    if (hash?.length !== 32) return no(name, 'close', texts.badHash);
    const written = writeDown(this.#till, (tx) => {
      const values = valuesOf(basket);
      const [only] = values;
      // Books add up one unit an entry; a basket in several currencies is counted, not summed.
      const note =
        values.length === 1 && only !== undefined
          ? { value: only.value, unit: only.unit, basket: name }
          : { basket: name };
      const reservations = basket.items.map(({ sequence }) => sequence);
      const operation = { kind: 'coupon.capture', basket: basket.id, reservations, basketHash: hash } as const;
      const entry = tx.append(this.#till.draft(operation, { note }));
      const { timeLowMs: atLowMs, timeHighMs: atHighMs } = this.#till.now();
      for (const { unitKey } of basket.items) {
        tx.putClaim({ unit: unitKey, terminal: this.#till.terminal, state: 'captured', atLowMs, atHighMs });
      }
      return { coupons: basket.items.length, values, entry };
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

function valuesOf(basket: Basket): BasketAnswer['values'] {
  return sumByUnit(basket.items.flatMap(({ value, unit }) => (unit === null ? [] : [{ unit, value }])));
}

function no(id: string, action: BasketAnswer['action'], text: Text): BasketAnswer {
  return { id, action, done: false, coupons: 0, values: [], entry: null, text };
}
