/**
 * Open offers as objects of the market's shard: `market` counts them, `offer/<n>` holds one or is free. Slots of offers that
 * have ended are used again, so the shard grows no larger than the most offers that were ever open. Whose they are stands in
 * `offers/<account>` of the owner's book.
 */
import { assert } from '#core/assert';
import { bool, type Infer, list, optional, record, uint, versioned } from '#core/format';
import {
  accountIdFormat,
  amountFormat,
  bookShard,
  epochFormat,
  heightFormat,
  marketShard,
  sequenceFormat,
  timeMsFormat,
  timeMsMax,
} from '../ids.ts';
import { storedObject } from '../state/stored-object.ts';
import type { LedgerOverlay, LedgerView } from '../state/view.ts';
import { freeGoods, goodsFormat, wantedFormat } from './goods.ts';

/** Most open offers of the ledger. */
export const openOffersMax = 16_384;
/** Most open offers of one owner. */
export const ownOffersMax = 64;

/** At least `num` units of what is wanted for `den` units of what is given, both above 0. */
export const priceFormat = record('price', { num: amountFormat, den: amountFormat });

/** Which entry placed the offer. Nobody can choose freely what its author's next sequence is. */
export const offerIdFormat = record('offer-id', {
  author: accountIdFormat,
  epoch: epochFormat,
  sequence: sequenceFormat,
});
/** Which entry placed the offer. */
export type OfferId = Infer<typeof offerIdFormat>;

/** An open offer. */
export const storedOfferFormat = record('stored-offer', {
  id: offerIdFormat,
  owner: accountIdFormat,
  /** Height of the block that gathered it. */
  gatheredAt: heightFormat,
  /** Its age in the book, the lower the older; null until its turn is over. */
  placed: optional(sequenceFormat),
  /** What is left of what it gives, and how much it was. */
  give: goodsFormat,
  giveTotal: amountFormat,
  want: wantedFormat,
  /** What it still takes; null: whatever it gets. */
  wantLeft: optional(amountFormat),
  /** What it has taken so far, counted up to the largest amount. */
  received: amountFormat,
  price: priceFormat,
  /** All or nothing. */
  whole: bool(),
  /** The last block time at which it counts. */
  goodUntilMs: timeMsFormat,
});
/** An open offer. */
export type StoredOffer = Infer<typeof storedOfferFormat>;

const slotNumberFormat = uint({ max: openOffersMax - 1 });

/** `offer/<n>`. */
export const offerSlotFormat = versioned(
  'offer-slot',
  1,
  { bytesMax: 1_024 },
  {
    /** Null: free. */
    offer: optional(storedOfferFormat),
    /** Of a free slot, the free slot behind it; null: none. */
    nextFree: optional(slotNumberFormat),
  },
);

/** `market`. */
export const marketFormat = versioned(
  'market',
  1,
  { bytesMax: 96 },
  {
    /** Slots ever used. */
    slotCount: uint({ max: openOffersMax }),
    firstFree: optional(slotNumberFormat),
    openCount: uint({ max: openOffersMax }),
    /** Offers whose turn is not over. */
    waitingCount: uint({ max: openOffersMax }),
    /** The age that the next offer gets. */
    nextPlaced: sequenceFormat,
    /** Paths that were ever taken: the sequence of the next one's receipt. */
    pathCount: sequenceFormat,
    /** No open offer ends earlier by its time. */
    nextExpiryMs: timeMsFormat,
  },
);
/** The market's counts. */
export type Market = Infer<typeof marketFormat>;

/** `offers/<account>` in the owner's book: the slots of its open offers. */
export const ownOffersFormat = versioned(
  'own-offers',
  1,
  { bytesMax: 256 },
  { slots: list(slotNumberFormat, { max: ownOffersMax }) },
);

const markets = storedObject(marketFormat);
const slots = storedObject(offerSlotFormat);
const ownOffers = storedObject(ownOffersFormat);
const slotKey = (slot: number): string => `offer/${slot}`;
const ownKey = (owner: string): string => `offers/${owner}`;
const noMarket: Market = {
  slotCount: 0,
  firstFree: null,
  openCount: 0,
  waitingCount: 0,
  nextPlaced: 0,
  pathCount: 0,
  nextExpiryMs: timeMsMax,
};

/** An open offer and where it is. */
export interface OpenSlot {
  readonly slot: number;
  readonly offer: StoredOffer;
}

/** The market's counts. */
export function readMarket(view: LedgerView): Market {
  return markets.read(view, marketShard, 'market') ?? noMarket;
}

/** Replaces the market's counts. */
export function writeMarket(tx: LedgerOverlay, market: Market): void {
  markets.write(tx, marketShard, 'market', market);
}

/** The open offer of a slot, or null. */
export function readOffer(view: LedgerView, slot: number): StoredOffer | null {
  return slots.read(view, marketShard, slotKey(slot))?.offer ?? null;
}

/** Replaces an open offer. */
export function writeOffer(tx: LedgerOverlay, { slot, offer }: OpenSlot): void {
  slots.write(tx, marketShard, slotKey(slot), { offer, nextFree: null });
}

/** Every open offer, by slot. */
export function openSlots(view: LedgerView): OpenSlot[] {
  const found: OpenSlot[] = [];
  const { slotCount } = readMarket(view);
  for (let slot = 0; slot < slotCount; slot++) {
    const offer = readOffer(view, slot);
    if (offer !== null) found.push({ slot, offer });
  }
  return found;
}

/** The slots of the owner's open offers, oldest first. */
export function readOwnSlots(view: LedgerView, owner: string): readonly number[] {
  return ownOffers.read(view, bookShard(owner), ownKey(owner))?.slots ?? [];
}

/** The owner's open offers, oldest first. */
export function readOwnOffers(view: LedgerView, owner: string): OpenSlot[] {
  return readOwnSlots(view, owner).map((slot) => {
    const offer = readOffer(view, slot);
    assert(offer !== null && offer.owner === owner, `slot ${slot} holds an offer of ${owner}`);
    return { slot, offer };
  });
}

function isSame(a: OfferId, b: OfferId): boolean {
  return a.author === b.author && a.epoch === b.epoch && a.sequence === b.sequence;
}

/** The owner's open offer of that entry, or null. */
export function findOffer(view: LedgerView, owner: string, id: OfferId): OpenSlot | null {
  return readOwnOffers(view, owner).find(({ offer }) => isSame(offer.id, id)) ?? null;
}

/** Adds an offer whose goods are locked. The caller has seen that there is room for it, on the market and with its owner. */
export function addOffer(tx: LedgerOverlay, offer: StoredOffer): void {
  const market = readMarket(tx);
  const { firstFree, slotCount, nextExpiryMs } = market;
  const slot = firstFree ?? slotCount;
  const next = firstFree === null ? null : (slots.read(tx, marketShard, slotKey(firstFree))?.nextFree ?? null);
  writeOffer(tx, { slot, offer });
  writeMarket(tx, {
    ...market,
    firstFree: next,
    slotCount: firstFree === null ? slotCount + 1 : slotCount,
    openCount: market.openCount + 1,
    waitingCount: market.waitingCount + 1,
    nextExpiryMs: Math.min(nextExpiryMs, offer.goodUntilMs),
  });
  const own = [...readOwnSlots(tx, offer.owner), slot];
  ownOffers.write(tx, bookShard(offer.owner), ownKey(offer.owner), { slots: own });
}

/** Ends an offer: what is left of its goods is its owner's again, its slot is free. `waitingCount` counts it if it had no place. */
export function endOffer(tx: LedgerOverlay, { slot, offer }: OpenSlot, nowMs: number): void {
  const { owner, give } = offer;
  freeGoods(tx, owner, give, nowMs);
  const market = readMarket(tx);
  slots.write(tx, marketShard, slotKey(slot), { offer: null, nextFree: market.firstFree });
  const waitingCount = market.waitingCount - (offer.placed === null ? 1 : 0);
  writeMarket(tx, { ...market, firstFree: slot, openCount: market.openCount - 1, waitingCount });
  const own = readOwnSlots(tx, owner).filter((one) => one !== slot);
  ownOffers.write(tx, bookShard(owner), ownKey(owner), { slots: own });
}
