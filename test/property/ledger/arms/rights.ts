/** Rights of stores: given, divided, recorded, asked back, ended. */

import { readAsset } from '#ledger/assets/asset';
import { readSeries } from '#ledger/coupons/series';
import type { rightOperations } from '#ledger/rights/operations';
import { readHub, readRights } from '#ledger/rights/read';
import type { Grant, Part, Right } from '#ledger/rights/right';
import { escrowDebit } from '#ledger/rights/right-home';
import type { Spend } from '#ledger/rights/spend';
import { day, issuer } from '../../../unit/ledger/world.ts';
import { assets, gcns, holders, lanes, owners, rightNames, series, stores } from '../cast.ts';
import type { Dice } from '../dice.ts';
import { act, type Moves, type Stage } from '../stage.ts';
import { allocationFor, debitConsent, takerFrom } from './words.ts';

interface RightAt {
  readonly store: string;
  readonly right: Right;
}

function allRights({ state }: Stage): RightAt[] {
  return stores.flatMap((store) => readRights(state, store).map((right) => ({ store, right })));
}

function someRanges(dice: Dice, count: number): { first: number; last: number }[] {
  const first = dice.below(Math.max(1, count));
  const ranges = [{ first, last: first + dice.below(4) }];
  if (dice.oneIn(4)) ranges.push({ first: first + 5, last: first + 5 });
  return dice.oneIn(15) ? ranges.toReversed() : ranges;
}

function someGrant({ state }: Stage, dice: Dice): Grant {
  const gcn = dice.pick(gcns);
  const asset = dice.pick(assets);
  switch (dice.below(6)) {
    case 0:
    case 1:
      return { kind: 'lease', gcn, ranges: someRanges(dice, readSeries(state, gcn)?.issuedCount ?? 1) };
    case 2:
      return { kind: 'uses', gcn: dice.oneIn(6) ? gcn : series.open, count: dice.below(5) };
    case 3:
      return { kind: 'amount', asset, owner: dice.pick(dice.oneIn(3) ? owners : holders), amount: dice.amount(300) };
    default: {
      const of = dice.oneIn(2) ? ({ kind: 'series', gcn } as const) : ({ kind: 'asset', asset } as const);
      return { kind: 'budget', of, countMax: dice.below(5), valueMax: dice.amount(500), shardAgeMsMax: 30 * day };
    }
  }
}

/** Who could give it. */
function grantorOf(stage: Stage, dice: Dice, grant: Grant): string {
  if (grant.kind === 'amount') return takerFrom(stage, dice, grant.owner);
  const gcn = grant.kind === 'budget' ? (grant.of.kind === 'series' ? grant.of.gcn : null) : grant.gcn;
  if (gcn !== null) return readSeries(stage.state, gcn)?.issuer ?? issuer;
  const asset = grant.kind === 'budget' && grant.of.kind === 'asset' ? grant.of.asset : 'card';
  return readAsset(stage.state, asset)?.issuer ?? issuer;
}

/** A part of what the right is, mostly of the right kind. */
function somePart(dice: Dice, { grant }: Right): Part {
  switch (grant.kind) {
    case 'lease': {
      const range = dice.some(grant.ranges) ?? { first: 0, last: 0 };
      const first = range.first + dice.below(range.last - range.first + 1);
      return { kind: 'items', ranges: [{ first, last: dice.oneIn(8) ? first + 3 : first }] };
    }
    case 'uses':
      return { kind: 'uses', count: dice.below(3) };
    case 'amount':
      return { kind: 'amount', amount: dice.amount(120) };
    default:
      return { kind: 'budget', count: dice.below(3), value: dice.amount(150) };
  }
}

function unitOf(dice: Dice, { grant }: Right): Spend {
  switch (grant.kind) {
    case 'lease':
      return { kind: 'item', gcn: grant.gcn, serial: dice.some(grant.ranges)?.first ?? 0 };
    case 'uses':
      return { kind: 'use', gcn: grant.gcn };
    case 'amount':
      return { kind: 'amount', asset: grant.asset, owner: grant.owner, amount: dice.amount(90) };
    default:
      return { kind: 'use', gcn: series.open };
  }
}

function hubOf({ state }: Stage, store: string): string {
  return readHub(state, store)?.terminal ?? `${store}/lane-1`;
}

const somewhere = (dice: Dice) => ({ store: dice.pick(stores), rightId: dice.pick(rightNames) });

/** See the head of the file. */
export const rightMoves: Moves<keyof typeof rightOperations> = {
  'right.grant': (stage, dice) => {
    const { store, rightId } = somewhere(dice);
    const grant = someGrant(stage, dice);
    const author = grantorOf(stage, dice, grant);
    const closeoutAfterMs = dice.oneIn(10) ? 1 : dice.pick([day, 30 * day]);
    const consent =
      grant.kind === 'amount'
        ? debitConsent(stage, dice, { owner: grant.owner, what: escrowDebit(rightId, store, grant), author })
        : null;
    const given = { kind: 'right.grant', rightId, store, grant, closeoutAfterMs, lateRule: dice.below(2) } as const;
    return act(author, { ...given, consent });
  },
  'right.allocate': (stage, dice) => {
    const at = dice.some(allRights(stage));
    if (at === null) return null;
    const lane = dice.pick(lanes.filter((one) => one.startsWith(at.store)));
    const allocation = allocationFor(stage, dice, { rightId: at.right.id, lane, unit: unitOf(dice, at.right) });
    return act(hubOf(stage, at.store), { kind: 'right.allocate', allocation });
  },
  'right.release': (stage, dice) => {
    const at = dice.some(allRights(stage));
    if (at === null) return null;
    const { store, right } = at;
    const author = right.lane === null ? hubOf(stage, store) : `${store}/${right.lane}`;
    const part = dice.oneIn(2) ? somePart(dice, right) : null;
    return act(dice.oneIn(10) ? dice.pick(lanes) : author, { kind: 'right.release', rightId: right.id, part });
  },
  'right.renew': (stage, dice) => {
    const at = dice.some(allRights(stage));
    const closeoutAfterMs = dice.oneIn(8) ? 1 : dice.pick([day, 40 * day]);
    const { store, rightId } = at === null ? somewhere(dice) : { store: at.store, rightId: at.right.id };
    return act(at?.right.grantor ?? issuer, { kind: 'right.renew', store, rightId, closeoutAfterMs });
  },
  'right.recall': (stage, dice) => {
    const at = dice.oneIn(12) ? null : dice.some(allRights(stage));
    const { store, rightId } = at === null ? somewhere(dice) : { store: at.store, rightId: at.right.id };
    const grant = at?.right.grant;
    const ranges = grant?.kind === 'lease' && dice.oneIn(2) ? grant.ranges.slice(0, 1) : [];
    const deadlineMs = stage.timeMs + day;
    return act(at?.right.grantor ?? issuer, { kind: 'right.recall', store, rightId, deadlineMs, ranges });
  },
  'right.closeout': (stage, dice) => {
    const due = allRights(stage).filter(({ right }) => right.closeoutFromMs <= stage.timeMs);
    const at = dice.oneIn(3) ? dice.some(allRights(stage)) : dice.some(due);
    const { store, rightId } = at === null ? somewhere(dice) : { store: at.store, rightId: at.right.id };
    return act(at?.right.grantor ?? issuer, { kind: 'right.closeout', store, rightId });
  },
  'right.sublease': (stage, dice) => {
    const at = dice.some(allRights(stage));
    if (at === null) return null;
    const subId = dice.pick(rightNames);
    const lane = dice.oneIn(10) ? 'lane-9' : dice.pick(['lane-1', 'lane-2']);
    const part = somePart(dice, at.right);
    return act(hubOf(stage, at.store), { kind: 'right.sublease', rightId: at.right.id, subId, lane, part });
  },
};
