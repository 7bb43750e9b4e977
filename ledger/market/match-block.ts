/** The market's rule at the start of a block: offers gathered before are matched with the block's beacon (SPEC M3 to M7). */
import { assert } from '#core/assert';
import { encode, list, record } from '#core/format';
import { taggedHash } from '#core/hash';
import type { BlockStart } from '../begin-block.ts';
import { amountFormat, marketAuthor, timeMsMax } from '../ids.ts';
import { valueStream } from '../journal/stream.ts';
import { type Movement, outcomes, type Receipt } from '../receipt.ts';
import type { StateOverlay } from '../state/state-overlay.ts';
import { countOf, GivingDesk, type Goods, marketNode, nameOfGoods, passGoods, splitGoods } from './goods.ts';
import {
  endOffer,
  type OpenSlot,
  offerIdFormat,
  openSlots,
  readMarket,
  type StoredOffer,
  writeMarket,
  writeOffer,
} from './market-book.ts';
import { matchOffers, type OfferAfter } from './match-offers.ts';
import type { Settlement } from './match-turn.ts';
import { marketAmountMax, type NewOffer, type Offer, type OpenOffer, type RestingOffer } from './offer.ts';
import type { PathFill } from './path-fill.ts';
import { legsOf } from './path-legs.ts';

/** What matching may change in one shard: the operations of the block have the other half. */
const roomInShard = { leavesMax: 30_000, bytesMax: 3.5 * 1024 * 1024 } as const;
/** Offers that end in one block without a trade: by their time, or because what they promised has gone out of date. */
export const endedPerBlockMax = 256;
/** Most givings of one path: fewer than two for each of 31 offers crossed, and one. */
const legsMax = 64;

/** A path as its receipt commits to it: whose offers gave whom how much. */
export const pathFormat = record('market-path', {
  legs: list(record('market-leg', { from: offerIdFormat, to: offerIdFormat, amount: amountFormat }), { max: legsMax }),
});

/** What an offer has taken in all. The same units may come round again and again: it is counted up to the largest amount. */
function sumTaken(before: bigint, now: bigint): bigint {
  const sum = before + now;
  return sum < marketAmountMax ? sum : marketAmountMax;
}

/** A stored offer as matching sees it; `placed` counts only where it has been given. */
type PlainOffer = RestingOffer & NewOffer;

const plainOffers = new WeakMap<StoredOffer, PlainOffer>();

function plainOffer(stored: StoredOffer): PlainOffer {
  const known = plainOffers.get(stored);
  if (known !== undefined) return known;
  const { id, give, giveTotal, want, wantLeft, price, whole, placed, gatheredAt } = stored;
  const plain: PlainOffer = {
    id: encode(offerIdFormat, id),
    give: marketNode(give),
    want: marketNode(want),
    giveTotal,
    giveLeft: countOf(give),
    wantLeft,
    price,
    whole,
    placed: placed ?? 0,
    gatheredAt,
  };
  plainOffers.set(stored, plain);
  return plain;
}

/** The open offers of one block while they are matched, and what becomes of them in the state. */
class MarketBlock implements Settlement {
  readonly receipts: Receipt[] = [];
  readonly #tx: StateOverlay;
  readonly #block: BlockStart;
  readonly #desk: GivingDesk;
  /** As they were before this block. */
  readonly #before = new Map<Offer, OpenSlot>();
  /** As they are now. */
  readonly #now = new Map<Offer, OpenSlot>();
  readonly #unable: Offer[] = [];
  #endsLeft = endedPerBlockMax;

  constructor(tx: StateOverlay, block: BlockStart) {
    this.#tx = tx;
    this.#block = block;
    this.#desk = new GivingDesk(tx, block.timeMs);
    for (const open of openSlots(tx)) {
      const plain = plainOffer(open.offer);
      this.#before.set(plain, open);
      this.#now.set(plain, open);
    }
  }

  #slotOf(offer: Offer): OpenSlot {
    const open = this.#now.get(offer);
    assert(open !== undefined, 'an open offer');
    return open;
  }

  #end(offer: Offer, open: OpenSlot): void {
    endOffer(this.#tx, open, this.#block.timeMs);
    this.#now.delete(offer);
  }

  /** Ends offers for which no trade is the reason, as many as a block may. */
  #endSome(offers: Iterable<Offer>): void {
    for (const offer of offers) {
      if (this.#endsLeft === 0) return;
      this.#endsLeft--;
      this.#end(offer, this.#slotOf(offer));
    }
  }

  canGive(offer: Offer): boolean {
    const { owner, give } = this.#slotOf(offer).offer;
    const can = this.#desk.grant(owner, give);
    if (!can) this.#unable.push(offer);
    return can;
  }

  settle(fills: readonly PathFill[]): boolean {
    const tx = this.#tx;
    tx.openDraft();
    const goods = new Map<Offer, Goods>();
    const { pathCount } = readMarket(tx);
    const receipts = fills.map((fill, at) => this.#pass(goods, fill, pathCount + at));
    const parties = new Map<Offer, OpenOffer>();
    for (const { taker, hops } of fills) {
      for (const { maker } of hops.flat()) parties.set(maker.offer, maker);
      parties.set(taker.offer, taker);
    }
    writeMarket(tx, { ...readMarket(tx), pathCount: pathCount + fills.length });
    const after = [...parties].map(([plain, { wantLeft, received, closed }]) => {
      const { slot, offer } = this.#slotOf(plain);
      const had = this.#before.get(plain)?.offer.received ?? 0n;
      const give = goods.get(plain) ?? offer.give;
      const open: OpenSlot = { slot, offer: { ...offer, give, wantLeft, received: sumTaken(had, received) } };
      if (closed) endOffer(tx, open, this.#block.timeMs);
      else writeOffer(tx, open);
      return { plain, open, closed };
    });
    if (!tx.draftFits(roomInShard)) {
      tx.dropDraft();
      return false;
    }
    tx.keepDraft();
    this.receipts.push(...receipts);
    for (const { plain, open, closed } of after) {
      if (closed) this.#now.delete(plain);
      else this.#now.set(plain, open);
    }
    return true;
  }

  /** Makes the givings of a path happen; its receipt. `goods` is what each offer still gives. */
  #pass(goods: Map<Offer, Goods>, fill: PathFill, sequence: number): Receipt {
    const { timeMs, height } = this.#block;
    const movements: Movement[] = [];
    const legs = legsOf(fill).map(({ from, to, amount }) => {
      const giver = this.#slotOf(from).offer;
      const taker = this.#slotOf(to).offer;
      const { taken, left } = splitGoods(goods.get(from) ?? giver.give, amount);
      goods.set(from, left);
      passGoods(this.#tx, taken, { from: giver.owner, to: taker.owner, nowMs: timeMs });
      movements.push({ asset: nameOfGoods(taken), from: giver.owner, to: taker.owner, amount });
      return { from: giver.id, to: taker.id, amount };
    });
    return {
      author: marketAuthor,
      epoch: 0,
      stream: valueStream,
      sequence,
      entryHash: taggedHash('bizain/market-path/1', encode(pathFormat, { legs })),
      height,
      timeMs,
      outcome: outcomes.indexOf('applied'),
      reasons: 0n,
      value: fill.taken,
      movements,
      lines: [],
    };
  }

  /** An offer's place in the book, or its end, where no trade has written it. */
  #writeState({ offer: plain, state, placed }: OfferAfter): void {
    const open = this.#now.get(plain);
    if (open === undefined) return;
    if (state === 'closed') this.#end(plain, open);
    if (state !== 'resting' || open.offer.placed !== null) return;
    const resting: OpenSlot = { ...open, offer: { ...open.offer, placed } };
    writeOffer(this.#tx, resting);
    this.#now.set(plain, resting);
    const market = readMarket(this.#tx);
    writeMarket(this.#tx, { ...market, waitingCount: market.waitingCount - 1 });
  }

  /** Ends what has had its time, and matches what is in force. */
  run(): void {
    const { beacon, timeMs } = this.#block;
    const all = [...this.#now].map(([plain, { offer }]) => ({ plain: plain as PlainOffer, offer }));
    const inForce = all.filter(({ offer }) => offer.goodUntilMs >= timeMs);
    this.#endSome(all.filter(({ offer }) => offer.goodUntilMs < timeMs).map(({ plain }) => plain));
    const resting = inForce.filter(({ offer }) => offer.placed !== null).map(({ plain }) => plain);
    const arrived = inForce.filter(({ offer }) => offer.placed === null).map(({ plain }) => plain);
    let { nextPlaced } = readMarket(this.#tx);
    if (arrived.length > 0) {
      const result = matchOffers({ beacon, resting, arrived, nextPlaced, settlement: this });
      for (const after of result.changed) this.#writeState(after);
      nextPlaced = result.nextPlaced;
    }
    this.#endSome(this.#unable);
    const nextExpiryMs = [...this.#now.values()].reduce(
      (first, { offer }) => Math.min(first, offer.goodUntilMs),
      timeMsMax,
    );
    writeMarket(this.#tx, { ...readMarket(this.#tx), nextPlaced, nextExpiryMs });
  }
}

/** Rules M3 to M7: the receipts of the paths that were taken. */
export function matchBlock(tx: StateOverlay, block: BlockStart): Receipt[] {
  const { waitingCount, nextExpiryMs } = readMarket(tx);
  if (waitingCount === 0 && nextExpiryMs >= block.timeMs) return [];
  const market = new MarketBlock(tx, block);
  market.run();
  return market.receipts;
}
