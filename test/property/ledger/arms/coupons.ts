/** Coupon series and items: defined, issued, taken for baskets, passed on, ended. */
import { claimMessage, consentMessage } from '#ledger/coupons/consent';
import { readItemStatus } from '#ledger/coupons/item-status';
import type { Consent, couponOperations } from '#ledger/coupons/operations';
import { ownerOf, readOwner } from '#ledger/coupons/owners';
import type { Purchase } from '#ledger/coupons/purchase';
import { readSeries, readTermsVersion } from '#ledger/coupons/series';
import type { Terms } from '#ledger/coupons/terms';
import type { OperationOf } from '#ledger/effect';
import type { Basis } from '#ledger/rights/basis';
import { readRights } from '#ledger/rights/read';
import { gcnOf as gcnOfRight, type Right } from '#ledger/rights/right';
import type { Spend } from '#ledger/rights/spend';
import { basketOf, chainId, gtin, issuer } from '../../../unit/ledger/world.ts';
import { gcnOf, gcns, holders, lanes, series, stores, stranger } from '../cast.ts';
import type { Dice } from '../dice.ts';
import { keyTable, termsBySeries } from '../opening.ts';
import { act, type Moves, type Stage } from '../stage.ts';
import { allocationFor, debitConsent, keyConsent, takerFrom } from './words.ts';

const nothing = new Uint8Array(0);
const newSeries = gcnOf('401234567808');

/** A basket of a lane: a few are open at a time. */
export const someBasket = (dice: Dice): Uint8Array => basketOf(1 + dice.below(4));

function issuerOf({ state }: Stage, gcn: string): string {
  return readSeries(state, gcn)?.issuer ?? issuer;
}

/** A serial of the series, rarely one beyond. */
export function someSerial({ state }: Stage, dice: Dice, gcn: string): number {
  const count = readSeries(state, gcn)?.issuedCount ?? 0;
  return dice.below(count + (dice.oneIn(20) ? 2 : 0) || 1);
}

/** The next version of a series, changed a little. */
function nextTerms(stage: Stage, dice: Dice, gcn: string): Terms {
  const version = readSeries(stage.state, gcn)?.termsVersion ?? 0;
  const last = readTermsVersion(stage.state, gcn, version) ?? termsBySeries.plain;
  const changes: Partial<Terms>[] = [
    { lateRule: 1 - last.lateRule },
    { returnRule: dice.below(3) },
    { transferable: !last.transferable },
    { minimumSpend: BigInt(dice.below(60)) },
    { value: { kind: 'fixed', amount: dice.amount(150) } },
    { voidWindowMs: dice.below(2) * 3_600_000 },
    last.totalMax === null ? {} : { totalMax: last.totalMax + dice.below(3) - 1 },
    last.perHolderMax === null ? {} : { perHolderMax: 1 + dice.below(3) },
    { consent: dice.below(3) },
  ];
  return { ...last, ...dice.pick(changes), version: version + (dice.oneIn(8) ? dice.below(3) : 1) };
}

/** Rights of the lane's store that are about the series, those for its lane alone included. */
function rightsFor({ state }: Stage, lane: string, gcn: string): Right[] {
  const [store = '', name = ''] = lane.split('/');
  return readRights(state, store).filter(
    (right) => gcnOfRight(right) === gcn && (right.lane === null || right.lane === name),
  );
}

interface Footed {
  readonly serial: number;
  readonly basis: Basis;
}

function online(stage: Stage, dice: Dice, lane: string, gcn: string): Footed {
  const budget = dice.some(rightsFor(stage, lane, gcn).filter(({ grant }) => grant.kind === 'budget'));
  const fallbackRightId = dice.oneIn(3) ? null : (budget?.id ?? null);
  return { serial: someSerial(stage, dice, gcn), basis: { kind: 'online', fallbackRightId } };
}

/** Mostly something that the right really has, with the hub's word where one is due. */
function onRight(stage: Stage, dice: Dice, lane: string, gcn: string, right: Right): Footed {
  const { id: rightId, grant } = right;
  if (grant.kind === 'budget') {
    const shardHeight = dice.oneIn(8) ? 0 : stage.height;
    return { serial: someSerial(stage, dice, gcn), basis: { kind: 'budget', rightId, shardHeight } };
  }
  const ranges = grant.kind === 'lease' ? grant.ranges : [];
  const all = ranges.flatMap(({ first, last }) => Array.from({ length: last - first + 1 }, (_, n) => first + n));
  const leased = all.filter((serial) => readItemStatus(stage.state, gcn, serial) === 'leased');
  const serial = (dice.oneIn(8) ? dice.some(all) : dice.some(leased)) ?? 0;
  const unit: Spend = grant.kind === 'uses' ? { kind: 'use', gcn } : { kind: 'item', gcn, serial };
  const needsWord = right.lane === null && (!lane.endsWith('/lane-1') || dice.oneIn(3));
  const allocation = needsWord && !dice.oneIn(10) ? allocationFor(stage, dice, { rightId, lane, unit }) : null;
  return { serial, basis: { kind: 'owned', rightId, allocation } };
}

function footed(stage: Stage, dice: Dice, lane: string, gcn: string): Footed {
  const right = dice.oneIn(2) ? dice.some(rightsFor(stage, lane, gcn)) : null;
  if (right !== null) return onRight(stage, dice, lane, gcn, right);
  if (dice.oneIn(25)) {
    const named = dice.pick(['lease-a', 'sub-a', 'budget-a', 'lease-b', 'nothing']);
    return { serial: someSerial(stage, dice, gcn), basis: { kind: 'budget', rightId: named, shardHeight: 0 } };
  }
  return online(stage, dice, lane, gcn);
}

function consentFor(stage: Stage, dice: Dice, terminal: string, op: OperationOf<'coupon.reserve'>): Consent | null {
  const { gcn, serial, basket } = op;
  const owner = readOwner(stage.state, gcn, serial);
  if (owner !== null) {
    const what = ['coupon.reserve', gcn, serial, basket];
    const given = debitConsent(stage, dice, { owner, what, author: terminal });
    return given === null ? null : { kind: 'holder', ...given };
  }
  if (gcn !== series.keyed || dice.oneIn(12)) return null;
  return { kind: 'bearer', ...keyConsent(dice, op, consentMessage(chainId, op, { terminal, basket })) };
}

function somePurchase(dice: Dice): Purchase | null {
  if (dice.oneIn(3)) return null;
  return { spend: dice.amount(400), products: dice.oneIn(4) ? [] : [gtin] };
}

/** A purchase for a coupon whose basket closes. */
export const purchaseAtClose = (dice: Dice): Purchase => ({ spend: 20n + BigInt(dice.below(300)), products: [gtin] });

/** A coupon for a basket, and whose till takes it. */
export function reserve(stage: Stage, dice: Dice) {
  const lane = dice.oneIn(10) ? dice.pick(lanes) : dice.pick(lanes.slice(0, 4));
  const gcn = dice.oneIn(2) ? dice.pick(gcns) : (gcns[stage.favourite] as string);
  const version = readSeries(stage.state, gcn)?.termsVersion ?? 1;
  const termsVersion = dice.oneIn(6) ? Math.max(1, version - 1) : version;
  const asks = readTermsVersion(stage.state, gcn, termsVersion)?.perHolderMax != null;
  const { serial, basis } = footed(stage, dice, lane, gcn);
  const owner = readOwner(stage.state, gcn, serial);
  const holder = dice.oneIn(12) ? dice.pick([...holders, stranger]) : (owner ?? (asks ? dice.pick(holders) : null));
  const basket = someBasket(dice);
  const purchase = somePurchase(dice);
  const bare = {
    kind: 'coupon.reserve',
    gcn,
    serial,
    termsVersion,
    basket,
    basis,
    purchase,
    holder,
    consent: null,
  } as const;
  const late = dice.oneIn(8);
  const consent = consentFor(stage, dice, lane, bare);
  return act(lane, { ...bare, consent }, { notAfterMs: late ? stage.timeMs - 1 : null });
}

function range(stage: Stage, dice: Dice, gcn: string) {
  return { gcn, firstSerial: someSerial(stage, dice, gcn), count: dice.oneIn(15) ? 0 : 1 + dice.below(3) };
}

/** See the head of the file. */
export const couponMoves: Moves<keyof typeof couponOperations> = {
  'series.define': (stage, dice) => {
    const gcn = dice.oneIn(4) ? newSeries : dice.pick(gcns);
    const author = dice.oneIn(8) ? 'issuer-x' : issuerOf(stage, gcn);
    return act(author, { kind: 'series.define', gcn, terms: nextTerms(stage, dice, gcn) });
  },
  'coupon.issue': (stage, dice) => {
    const gcn = dice.pick([...gcns, series.brief, newSeries]);
    const firstSerial = (readSeries(stage.state, gcn)?.issuedCount ?? 0) + (dice.oneIn(10) ? 1 : 0);
    const count = dice.oneIn(15) ? 0 : 1 + dice.below(6);
    const keyCommitments = gcn === series.keyed && dice.oneIn(2) ? keyTable(gcn, firstSerial, count) : nothing;
    return act(issuerOf(stage, gcn), { kind: 'coupon.issue', gcn, firstSerial, count, keyCommitments });
  },
  'coupon.reserve': reserve,
  'coupon.keys': (stage, dice) => {
    const gcn = dice.oneIn(8) ? series.plain : series.keyed;
    const { keyedCount = 0, issuedCount = 0 } = readSeries(stage.state, gcn) ?? {};
    const firstSerial = keyedCount + (dice.oneIn(10) ? 1 : 0);
    const count = dice.oneIn(5) ? 9 : Math.max(1, Math.min(2, issuedCount - keyedCount));
    return act(issuerOf(stage, gcn), {
      kind: 'coupon.keys',
      gcn,
      firstSerial,
      keyCommitments: keyTable(gcn, firstSerial, count),
    });
  },
  'coupon.transfer': (stage, dice) => {
    const gcn = dice.oneIn(3) ? dice.pick(gcns) : series.held;
    const serial = someSerial(stage, dice, gcn);
    const owner = ownerOf(stage.state, gcn, serial) ?? issuer;
    const author = takerFrom(stage, dice, owner);
    const to = dice.pick([...holders, stranger]);
    const consent = debitConsent(stage, dice, { owner, what: ['coupon.transfer', gcn, serial, to], author });
    return act(author, { kind: 'coupon.transfer', gcn, serial, to, consent });
  },
  'coupon.claim': (stage, dice) => {
    const gcn = dice.oneIn(8) ? series.plain : series.keyed;
    const serial = someSerial(stage, dice, gcn);
    const holder = dice.pick([...holders, stranger]);
    const consent = keyConsent(dice, { gcn, serial }, claimMessage(chainId, { gcn, serial }, holder));
    return act(dice.pick([...lanes, issuer]), { kind: 'coupon.claim', gcn, serial, holder, consent });
  },
  'coupon.void': (stage, dice) => {
    const gcn = dice.pick(gcns);
    return act(issuerOf(stage, gcn), { kind: 'coupon.void', ...range(stage, dice, gcn), reason: 'r' });
  },
  'coupon.expire': (stage, dice) => {
    const gcn = dice.oneIn(4) ? dice.pick(gcns) : series.brief;
    return act(issuerOf(stage, gcn), { kind: 'coupon.expire', ...range(stage, dice, gcn) });
  },
};

/** A store of the cast. */
export const someStore = (dice: Dice): string => dice.pick(stores);
