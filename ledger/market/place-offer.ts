/** `offer.place`: goods are locked and offered; matched from the next block on (SPEC M1). */
import type { CborValue } from '#core/codec';
import { encode } from '#core/format';
import { debitFault } from '../accounts/debit-consent.ts';
import { type Authorship, applied, type Handler, type OperationOf, refused } from '../effect.ts';
import { amountFormat } from '../ids.ts';
import { reason } from '../reasons.ts';
import { countOf, dealFaults, goodsFormat, lockGoods, marketNode, receiverFault, wantedFormat } from './goods.ts';
import { addOffer, openOffersMax, ownOffersMax, priceFormat, readMarket, readOwnSlots } from './market-book.ts';
import { costOf, isFinished } from './offer.ts';

/** Longest time in force. */
export const offerMsMax = 366 * 86_400_000;

type Placing = Omit<OperationOf<'offer.place'>, 'kind'>;

/** What an owner consents to when a terminal or another account places its offer (SPEC A10). */
export function placingDebit({
  give,
  want,
  price,
  wantMax,
  whole,
  goodUntilMs,
}: Omit<Placing, 'owner' | 'consent'>): CborValue[] {
  const most = wantMax === null ? null : encode(amountFormat, wantMax);
  const limit = encode(priceFormat, price);
  return ['offer.place', encode(goodsFormat, give), encode(wantedFormat, want), limit, most, whole, goodUntilMs];
}

/** Whether the offer makes no sense, whoever makes it. */
function isSenseless({ give, want, price, wantMax, goodUntilMs }: Placing, { blockTimeMs }: Authorship): boolean {
  const giveTotal = countOf(give);
  if (marketNode(give) === marketNode(want) || giveTotal === 0n || price.num === 0n || price.den === 0n) return true;
  if (give.kind === 'items' && new Set(give.serials).size < give.serials.length) return true;
  if (goodUntilMs <= blockTimeMs || goodUntilMs > blockTimeMs + offerMsMax) return true;
  // More than all that it takes can cost would be locked for nothing.
  if (wantMax !== null && costOf(wantMax, price) < giveTotal) return true;
  return isFinished({ giveTotal, price }, giveTotal, wantMax);
}

/** Rule M1. */
export const placeOffer: Handler<'offer.place'> = (tx, by, placing) => {
  const { owner, give, want, price, wantMax, whole, goodUntilMs, consent } = placing;
  const missing = reason.NO_SUCH_ASSET | reason.NO_SUCH_SERIES;
  const deal = dealFaults(tx, give) | dealFaults(tx, want);
  if ((deal & missing) !== 0n) return refused(deal & missing);
  if (isSenseless(placing, by)) return refused(reason.BAD_OPERATION);
  let faults = deal | receiverFault(tx, owner, want);
  faults |= debitFault(tx, by, { owner, what: placingDebit(placing), consent });
  if (readOwnSlots(tx, owner).length >= ownOffersMax) faults |= reason.TOO_MANY_OPEN;
  if (readMarket(tx).openCount >= openOffersMax) faults |= reason.LIMIT_EXCEEDED;
  if (faults === 0n) faults = lockGoods(tx, owner, give, by.blockTimeMs);
  if (faults !== 0n) return refused(faults);
  const giveTotal = countOf(give);
  addOffer(tx, {
    id: { author: by.author, epoch: by.epoch, sequence: by.sequence },
    owner,
    gatheredAt: by.height,
    placed: null,
    give,
    giveTotal,
    want,
    wantLeft: wantMax,
    received: 0n,
    price,
    whole,
    goodUntilMs,
  });
  return applied(giveTotal);
};
