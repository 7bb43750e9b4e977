/**
 * What is traded: units of assets and items of coupon series. What is offered stays its owner's, locked in its balance or marked
 * as on offer in its series, until it is passed on or the offer ends.
 */
import { assert } from '#core/assert';
import { type Infer, list, record, variant } from '#core/format';
import { readHolder } from '../accounts/holder.ts';
import { readAssetTerms } from '../assets/asset.ts';
import { give, lock, readBalance, sumOf, takeLocked, unlock } from '../assets/balance.ts';
import { isOwner } from '../assets/owner.ts';
import { readRest } from '../coupons/item-rest.ts';
import { offerItem, saleFaults, sellItem, withdrawItem } from '../coupons/move-item.ts';
import { readSeries, readTermsVersion } from '../coupons/series.ts';
import { valueMaxOf } from '../coupons/terms.ts';
import {
  amountFormat,
  assetIdFormat,
  assetShard,
  couponSerialFormat,
  gcnFormat,
  isHolder,
  seriesShard,
} from '../ids.ts';
import { reason } from '../reasons.ts';
import type { LedgerOverlay, LedgerView } from '../state/view.ts';

/** Most items of one offer. */
export const itemsOfferedMax = 32;

/** What an offer gives. */
export const goodsFormat = variant('goods', {
  units: { tag: 0, format: record('units', { asset: assetIdFormat, amount: amountFormat }) },
  /** Passed on in this order. */
  items: {
    tag: 1,
    format: record('items', { gcn: gcnFormat, serials: list(couponSerialFormat, { max: itemsOfferedMax }) }),
  },
});
/** What an offer gives. */
export type Goods = Infer<typeof goodsFormat>;

/** What an offer wants: any units, any items of the series. */
export const wantedFormat = variant('wanted', {
  units: { tag: 0, format: record('wanted-units', { asset: assetIdFormat }) },
  items: { tag: 1, format: record('wanted-items', { gcn: gcnFormat }) },
});
/** What an offer wants. */
export type Wanted = Infer<typeof wantedFormat>;

/** What is exchanged for each other unit by unit, by the name of its shard: an asset, or a coupon series. */
export function marketNode(goods: Goods | Wanted): string {
  return goods.kind === 'units' ? assetShard(goods.asset) : seriesShard(goods.gcn);
}

/** As receipts name it: the asset's id, or the series' shard. */
export function nameOfGoods(goods: Goods | Wanted): string {
  return goods.kind === 'units' ? goods.asset : seriesShard(goods.gcn);
}

/** Units, or items. */
export function countOf(goods: Goods): bigint {
  return goods.kind === 'units' ? goods.amount : BigInt(goods.serials.length);
}

/** The goods in two, the first of them of that count. */
export function splitGoods(goods: Goods, count: bigint): { readonly taken: Goods; readonly left: Goods } {
  assert(count <= countOf(goods), 'goods hold what is split off them');
  if (goods.kind === 'units') {
    const { amount } = goods;
    return { taken: { ...goods, amount: count }, left: { ...goods, amount: amount - count } };
  }
  const at = Number(count);
  const { serials } = goods;
  return { taken: { ...goods, serials: serials.slice(0, at) }, left: { ...goods, serials: serials.slice(at) } };
}

/** Why these cannot be dealt in at all: NO_SUCH_ASSET, NO_SUCH_SERIES, NOT_TRANSFERABLE. */
export function dealFaults(view: LedgerView, goods: Goods | Wanted): bigint {
  if (goods.kind === 'units') {
    const terms = readAssetTerms(view, goods.asset);
    if (terms === null) return reason.NO_SUCH_ASSET;
    return terms.tradable ? 0n : reason.NOT_TRANSFERABLE;
  }
  // Whether items may be passed on is asked of whoever gives them: the issuer always may.
  return readSeries(view, goods.gcn) === null ? reason.NO_SUCH_SERIES : 0n;
}

/** UNKNOWN_ACCOUNT where the account cannot have them: items are holders', units also named accounts'. */
export function receiverFault(view: LedgerView, account: string, { kind }: Wanted): bigint {
  const can = kind === 'units' ? isOwner(view, account) : isHolder(account) && readHolder(view, account) !== null;
  return can ? 0n : reason.UNKNOWN_ACCOUNT;
}

/** An item that was used in part is not worth what others of its series are. */
function isUsedInPart(view: LedgerView, gcn: string, serial: number): boolean {
  const series = readSeries(view, gcn);
  const terms = series === null ? null : readTermsVersion(view, gcn, series.termsVersion);
  if (terms === null || !terms.partial) return false;
  return readRest(view, gcn, serial, terms) < valueMaxOf(terms);
}

/** Locks goods for an offer; reason bits (and possibly something written) where that cannot be. */
export function lockGoods(tx: LedgerOverlay, owner: string, goods: Goods, nowMs: number): bigint {
  if (goods.kind === 'units') return lock(tx, { owner, asset: goods.asset }, goods.amount, nowMs);
  let faults = 0n;
  for (const serial of goods.serials) {
    const { gcn } = goods;
    if (isUsedInPart(tx, gcn, serial)) faults |= reason.ALREADY_REDEEMED;
    faults |= offerItem(tx, { gcn, serial }, owner, nowMs);
  }
  return faults;
}

/** Gives back what is left of locked goods. */
export function freeGoods(tx: LedgerOverlay, owner: string, goods: Goods, nowMs: number): void {
  if (goods.kind === 'units') {
    unlock(tx, { owner, asset: goods.asset }, goods.amount, nowMs);
    return;
  }
  for (const serial of goods.serials) {
    const fault = withdrawItem(tx, { gcn: goods.gcn, serial });
    assert(fault === 0n, `item ${goods.gcn} ${serial} is on offer`);
  }
}

/** Passes locked goods on, of which `CanGive` has said that it can be. */
export function passGoods(
  tx: LedgerOverlay,
  goods: Goods,
  { from, to, nowMs }: { readonly from: string; readonly to: string; readonly nowMs: number },
): void {
  if (goods.kind === 'units') {
    const { asset, amount } = goods;
    const lots = takeLocked(tx, { owner: from, asset }, amount, nowMs);
    assert(lots !== null, `${from} has ${amount} of ${asset} locked and in date`);
    give(tx, { owner: to, asset }, lots, nowMs);
    return;
  }
  for (const serial of goods.serials) {
    const faults = sellItem(tx, { gcn: goods.gcn, serial, from, to, blockTimeMs: nowMs });
    assert(faults === 0n, `item ${goods.gcn} ${serial} is on offer`);
  }
}

/** Which of the locked goods of offers can be passed on in one block, all offers of an owner together. */
export class GivingDesk {
  readonly #view: LedgerView;
  readonly #nowMs: number;
  /** Units in date that no offer has been granted yet, by owner and asset. */
  readonly #free = new Map<string, bigint>();

  /** `view` is read when an owner's asset is first asked for: before anything of it is passed on. */
  constructor(view: LedgerView, nowMs: number) {
    this.#view = view;
    this.#nowMs = nowMs;
  }

  /** Whether all the goods can be passed on; if so, they are granted to this offer. */
  grant(owner: string, goods: Goods): boolean {
    if (goods.kind === 'items') {
      const { gcn, serials } = goods;
      return serials.every((serial) => saleFaults(this.#view, { gcn, serial }, owner, this.#nowMs) === 0n);
    }
    const key = `${owner} ${goods.asset}`;
    const free = this.#free.get(key) ?? this.#inDate(owner, goods.asset);
    this.#free.set(key, free >= goods.amount ? free - goods.amount : free);
    return free >= goods.amount;
  }

  #inDate(owner: string, asset: string): bigint {
    const { free, lots } = readBalance(this.#view, { owner, asset }).locked;
    return free + sumOf(lots.filter(({ expiryMs }) => expiryMs >= this.#nowMs));
  }
}
