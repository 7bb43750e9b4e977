/** Baskets that scans gather in until they are closed (ARCHITECTURE D4: a scan reserves, closing captures, all or nothing). */
import { fromHex, toHex } from '#core/bytes';
import type { Clock, Timer } from '#core/clock';
import type { Entropy } from '#core/entropy';
import type { Terms } from '#ledger/coupons/terms';

/** Most coupons in one basket: as many as one capture may name. */
export const basketItemsMax = 64;
/** Most baskets open at once. */
export const basketsMax = 16;

/** One reserved coupon. */
export interface BasketItem {
  /** Sequence of the reservation in the value stream. */
  readonly sequence: number;
  readonly unitKey: string;
  /** What it takes off, base units; of a coupon without a purchase, the most that it can. */
  readonly value: bigint;
  readonly unit: string | null;
  /** The terms it is reserved under, where they are known here. */
  readonly terms: Terms | null;
  /** Whether its reservation named what it is used on. */
  readonly isPriced: boolean;
}

/** An open basket. `id`: 16 random bytes. */
export interface Basket {
  readonly id: Uint8Array;
  readonly name: string;
  readonly items: readonly BasketItem[];
}

interface OpenBasket extends Basket {
  readonly items: BasketItem[];
  timer: Timer;
}

/** The open baskets of one lane. An untouched one is handed to `onTimeout` after `idleMs`. */
export class Baskets {
  readonly #clock: Clock;
  readonly #entropy: Entropy;
  readonly #idleMs: number;
  readonly #onTimeout: (name: string) => void;
  readonly #open = new Map<string, OpenBasket>();

  constructor(parts: {
    readonly clock: Clock;
    readonly entropy: Entropy;
    readonly idleMs: number;
    readonly onTimeout: (name: string) => void;
  }) {
    this.#clock = parts.clock;
    this.#entropy = parts.entropy;
    this.#idleMs = parts.idleMs;
    this.#onTimeout = parts.onTimeout;
  }

  /** A basket id for a checkout of one scan: it is never open. */
  fresh(): Uint8Array {
    return this.#entropy.bytes(16);
  }

  /** The id of the basket to use: the named one, the open one, or a new one. Null for a name that is not 32 hex digits. */
  idFor(name: string | undefined): Uint8Array | null {
    if (name !== undefined) {
      const id = fromHex(name);
      return id?.length === 16 ? id : null;
    }
    const [only] = [...this.#open.values()];
    return only?.id ?? this.fresh();
  }

  /** Whether one more coupon fits in the basket. */
  hasRoom(id: Uint8Array): boolean {
    const basket = this.#open.get(toHex(id));
    return basket === undefined ? this.#open.size < basketsMax : basket.items.length < basketItemsMax;
  }

  /** Puts a reserved coupon in a basket, which opens with its first one. */
  add(id: Uint8Array, item: BasketItem): void {
    const name = toHex(id);
    const basket = this.#open.get(name) ?? { id, name, items: [], timer: this.#timerFor(name) };
    basket.timer.cancel();
    basket.timer = this.#timerFor(name);
    basket.items.push(item);
    this.#open.set(name, basket);
  }

  get(name: string): Basket | null {
    return this.#open.get(name) ?? null;
  }

  /** The open basket that a unit is in. */
  withUnit(unitKey: string): Basket | null {
    return [...this.#open.values()].find((basket) => basket.items.some((item) => item.unitKey === unitKey)) ?? null;
  }

  /** Takes a coupon out whose reservation the region has refused. */
  dropItem(sequence: number): void {
    for (const basket of this.#open.values()) {
      const at = basket.items.findIndex((item) => item.sequence === sequence);
      if (at >= 0) basket.items.splice(at, 1);
    }
  }

  /** Forgets a basket that was captured or released. */
  remove(name: string): void {
    this.#open.get(name)?.timer.cancel();
    this.#open.delete(name);
  }

  list(): readonly Basket[] {
    return [...this.#open.values()];
  }

  #timerFor(name: string): Timer {
    return this.#clock.setTimer(this.#idleMs, () => this.#onTimeout(name));
  }
}
