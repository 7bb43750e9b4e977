/**
 * Who owns what, kept one unit at a time: sets of serials, counts and amounts by right. It knows nothing of ranges, chunks, numbers or
 * formats, and says of each step whether the ledger must take it.
 */

/** A right as the model sees it. */
export interface ModelRight {
  readonly store: string;
  readonly id: string;
  /** Null: the hub's. */
  readonly lane: string | null;
  readonly parent: string | null;
  readonly kind: 'lease' | 'uses' | 'amount';
  readonly lateCounts: boolean;
  status: 'open' | 'released' | 'closed' | 'merged';
  closeoutFromMs: number;
  recalled: boolean;
  /** Items that belong to it, used or not. */
  readonly covers: Set<number>;
  /** Items of `covers` that nobody has taken. */
  readonly items: Set<number>;
  uses: number;
  amount: bigint;
}

/** What a basket holds. */
export interface ModelHeld {
  readonly lane: string;
  readonly sequence: number;
  readonly kind: ModelRight['kind'];
  /** Key of the right that it was drawn from; null: from home. */
  right: string | null;
  readonly serial: number;
  readonly amount: bigint;
}

/** A part of a right, by its kind. */
export interface ModelPart {
  readonly serials: readonly number[];
  readonly count: number;
  readonly amount: bigint;
}

export const keyOf = (store: string, id: string): string => `${store} ${id}`;

/** See the head of the file. */
export class RightsModel {
  readonly rights = new Map<string, ModelRight>();
  readonly home: Set<number>;
  readonly redeemed = new Set<number>();
  held: ModelHeld[] = [];
  usesLeft: number;
  freeAmount: bigint;
  spentAmount = 0n;
  spentUses = 0;

  constructor(items: number, uses: number, amount: bigint) {
    this.home = new Set(Array.from({ length: items }, (_, serial) => serial));
    this.usesLeft = uses;
    this.freeAmount = amount;
  }

  /** Whether home has the part. */
  homeHas(part: ModelPart): boolean {
    return (
      part.serials.every((serial) => this.home.has(serial)) &&
      part.count <= this.usesLeft &&
      part.amount <= this.freeAmount
    );
  }

  /** Whether the right has the part unspent. */
  has(right: ModelRight, part: ModelPart): boolean {
    return (
      part.serials.every((serial) => right.items.has(serial)) && part.count <= right.uses && part.amount <= right.amount
    );
  }

  takeHome(part: ModelPart): void {
    for (const serial of part.serials) this.home.delete(serial);
    this.usesLeft -= part.count;
    this.freeAmount -= part.amount;
  }

  sendHome(part: ModelPart): void {
    for (const serial of part.serials) this.home.add(serial);
    this.usesLeft += part.count;
    this.freeAmount += part.amount;
  }

  carve(right: ModelRight, part: ModelPart): void {
    for (const serial of part.serials) {
      right.items.delete(serial);
      right.covers.delete(serial);
    }
    right.uses -= part.count;
    right.amount -= part.amount;
  }

  add(right: ModelRight, part: ModelPart): void {
    for (const serial of part.serials) {
      right.items.add(serial);
      right.covers.add(serial);
    }
    right.uses += part.count;
    right.amount += part.amount;
  }

  /** What is unspent of a right. */
  rest(right: ModelRight): ModelPart {
    return { serials: [...right.items], count: right.uses, amount: right.amount };
  }

  parentOf(right: ModelRight): ModelRight | null {
    const parent = right.parent === null ? undefined : this.rights.get(keyOf(right.store, right.parent));
    return parent?.status === 'open' ? parent : null;
  }

  /** Ends a right: its units, used ones too, go to the right that it was part of, or what is left goes home. */
  end(right: ModelRight, status: 'released' | 'closed'): void {
    const parent = status === 'released' ? this.parentOf(right) : null;
    right.status = parent === null ? status : 'merged';
    if (parent === null) this.sendHome(this.rest(right));
    else {
      this.add(parent, this.rest(right));
      for (const serial of right.covers) parent.covers.add(serial);
      for (const held of this.held) {
        if (held.right === keyOf(right.store, right.id)) held.right = keyOf(parent.store, parent.id);
      }
    }
    right.items.clear();
    right.uses = 0;
    right.amount = 0n;
  }

  /** A basket takes a unit out of a right, or out of home. */
  hold(held: ModelHeld): void {
    const part = partOf(held, held.amount);
    const right = held.right === null ? undefined : this.rights.get(held.right);
    if (right === undefined) this.takeHome(part);
    else {
      for (const serial of part.serials) right.items.delete(serial);
      right.uses -= part.count;
      right.amount -= part.amount;
    }
    this.held.push(held);
  }

  /** A basket ends: `taken` of an amount is paid, the whole of anything else; null: nothing is. */
  settle(held: ModelHeld, taken: bigint | null): void {
    this.held = this.held.filter((one) => one !== held);
    if (taken !== null && held.kind === 'lease') this.redeemed.add(held.serial);
    if (taken !== null && held.kind === 'uses') this.spentUses++;
    if (taken !== null && held.kind === 'amount') this.spentAmount += taken;
    if (taken !== null && held.kind !== 'amount') return;
    const back = partOf(held, held.amount - (taken ?? 0n));
    const right = held.right === null ? undefined : this.rights.get(held.right);
    if (right?.status === 'open') this.add(right, back);
    else this.sendHome(back);
  }
}

function partOf({ kind, serial }: ModelHeld, amount: bigint): ModelPart {
  return {
    serials: kind === 'lease' ? [serial] : [],
    count: kind === 'uses' ? 1 : 0,
    amount: kind === 'amount' ? amount : 0n,
  };
}
