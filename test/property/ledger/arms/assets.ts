/** Assets: defined, issued, paid, burned, frozen, expired, earned, held for baskets. */
import { readAsset, readAssetTerms } from '#ledger/assets/asset';
import { burnDebit, holdDebit, payDebit } from '#ledger/assets/debited';
import { definedAsset } from '#ledger/assets/define-asset';
import type { assetOperations } from '#ledger/assets/operations';
import type { AssetTerms } from '#ledger/assets/terms';
import type { Basis } from '#ledger/rights/basis';
import { readRights } from '#ledger/rights/read';
import { assetOf, type Right } from '#ledger/rights/right';
import { amountLeft } from '#ledger/rights/units-left';
import { card } from '../../../unit/ledger/asset-world.ts';
import { issuer } from '../../../unit/ledger/world.ts';
import { ann, assets, bob, cleo, dora, holders, lanes, owners, stranger, token } from '../cast.ts';
import type { Dice } from '../dice.ts';
import { act, type Moves, type Stage } from '../stage.ts';
import { someBasket } from './coupons.ts';
import { allocationFor, approvalsFor, debitConsent, takerFrom } from './words.ts';

const newAsset = 'new-asset';

function issuerOf({ state }: Stage, asset: string): string {
  return readAsset(state, asset)?.issuer ?? issuer;
}

/** Mostly somebody who has some. */
function someOwner(dice: Dice): string {
  return dice.oneIn(5) ? dice.pick([...owners, stranger]) : dice.pick(holders);
}

function nextTerms({ state }: Stage, dice: Dice, asset: string): AssetTerms {
  const last = readAssetTerms(state, asset) ?? card;
  const version = (readAsset(state, asset)?.termsVersion ?? 0) + (dice.oneIn(8) ? dice.below(3) : 1);
  const changes: Partial<AssetTerms>[] = [
    { transferable: !last.transferable },
    { tradable: !last.tradable },
    { mintPerDayMax: BigInt(500 + dice.below(5_000)) },
    { lifetimeDays: dice.pick([null, 0, 30, 90]) },
    { onRedeem: 1 - last.onRedeem },
    last.earn === null ? {} : { earn: { ...last.earn, den: dice.below(30) } },
    // What an alliance settles in pays for nothing else: so what it moves is the alliance's alone.
    asset === token
      ? {}
      : { acceptedBy: dice.pick([null, { kind: 'issuer' }, { kind: 'merchants', accounts: ['merchant-c'] }] as const) },
  ];
  return { ...last, ...dice.pick(changes), version };
}

/** The right of an owner's asset that a lane could draw on, and for how much. */
function someBasis(stage: Stage, dice: Dice, lane: string, asset: string): { basis: Basis; right: Right | null } {
  const [store = '', name = ''] = lane.split('/');
  const rights = readRights(stage.state, store).filter(
    (right) => assetOf(right) === asset && (right.lane === null || right.lane === name),
  );
  const right = dice.oneIn(3) ? null : dice.some(rights);
  if (right === null) return { basis: { kind: 'online', fallbackRightId: dice.some(rights)?.id ?? null }, right };
  if (right.grant.kind === 'budget')
    return { basis: { kind: 'budget', rightId: right.id, shardHeight: stage.height }, right };
  return { basis: { kind: 'owned', rightId: right.id, allocation: null }, right };
}

/** An amount for a basket, and whose till takes it. */
export function hold(stage: Stage, dice: Dice) {
  const lane = dice.pick(lanes);
  const asset = dice.oneIn(8) ? dice.pick([...assets, newAsset]) : dice.pick(['points', 'card', 'flash']);
  const { basis: bare, right } = someBasis(stage, dice, lane, asset);
  const escrow = right?.grant.kind === 'amount' ? right.grant : null;
  const owner = escrow?.owner ?? (asset === 'flash' ? dice.pick([ann, bob]) : someOwner(dice));
  const left = right === null ? 400n : amountLeft(right);
  const amount =
    escrow === null
      ? dice.amount(dice.oneIn(5) ? 900 : 200)
      : BigInt(dice.below(Number(left % 1_000n) + 1)) + (dice.oneIn(10) ? left : 0n);
  const rightId = right?.id ?? '';
  const needsWord = bare.kind === 'owned' && right?.lane === null && (!lane.endsWith('/lane-1') || dice.oneIn(3));
  const unit = { kind: 'amount', asset, owner, amount } as const;
  const basis: Basis =
    needsWord && !dice.oneIn(10)
      ? { kind: 'owned', rightId, allocation: allocationFor(stage, dice, { rightId, lane, unit }) }
      : bare;
  const basket = someBasket(dice);
  const newest = readAsset(stage.state, asset)?.termsVersion ?? 1;
  const termsVersion = dice.oneIn(8) ? Math.max(0, newest - 1) : newest;
  const consent = debitConsent(stage, dice, { owner, what: holdDebit({ asset, amount, basket }), author: lane });
  const taken = { kind: 'asset.hold', asset, owner, amount, termsVersion, basket, basis, consent } as const;
  return act(lane, taken, { notAfterMs: dice.oneIn(8) ? stage.timeMs - 1 : null });
}

/** See the head of the file. */
export const assetMoves: Moves<keyof typeof assetOperations> = {
  'asset.define': (stage, dice) => {
    const asset = dice.oneIn(3) ? newAsset : dice.pick(assets);
    const terms = nextTerms(stage, dice, asset);
    const author = dice.oneIn(8) ? 'gov' : issuerOf(stage, asset);
    const approvals = approvalsFor(stage, dice, author, definedAsset(asset, terms));
    return act(author, { kind: 'asset.define', asset, terms, approvals });
  },
  'asset.issue': (stage, dice) => {
    const asset = dice.pick([...assets, newAsset]);
    return act(issuerOf(stage, asset), { kind: 'asset.issue', asset, to: someOwner(dice), amount: dice.amount(3_000) });
  },
  'asset.pay': (stage, dice) => {
    const asset = dice.pick(assets);
    const from = someOwner(dice);
    const to = someOwner(dice);
    const amount = dice.amount(500);
    const author = takerFrom(stage, dice, from);
    const consent = debitConsent(stage, dice, { owner: from, what: payDebit({ asset, to, amount }), author });
    return act(author, { kind: 'asset.pay', asset, from, to, amount, consent });
  },
  'asset.burn': (stage, dice) => {
    const asset = dice.pick(assets);
    const from = someOwner(dice);
    const amount = dice.amount(300);
    const author = takerFrom(stage, dice, from);
    const consent = debitConsent(stage, dice, { owner: from, what: burnDebit({ asset, amount }), author });
    return act(author, { kind: 'asset.burn', asset, from, amount, consent });
  },
  'asset.freeze': (stage, dice) => {
    const asset = dice.oneIn(4) ? dice.pick(assets) : 'card';
    return act(issuerOf(stage, asset), { kind: 'asset.freeze', asset, owner: someOwner(dice), frozen: dice.oneIn(2) });
  },
  'asset.expire': (stage, dice) => {
    const asset = dice.pick(['points', 'flash', 'card', 'biz']);
    const some = Array.from({ length: 1 + dice.below(4) }, () => dice.pick([ann, bob, cleo, dora, 'merchant-c']));
    return act(issuerOf(stage, asset), { kind: 'asset.expire', asset, owners: some });
  },
  'points.earn': ({ state }, dice) => {
    const asset = dice.oneIn(6) ? dice.pick(assets) : dice.pick(['points', 'flash']);
    const newest = readAsset(state, asset)?.termsVersion ?? 1;
    const termsVersion = dice.oneIn(6) ? Math.max(0, newest - 1) : newest;
    const earned = { kind: 'points.earn', asset, member: dice.pick([...holders, stranger]), termsVersion } as const;
    return act(dice.pick(lanes), { ...earned, spend: dice.amount(2_500), basket: someBasket(dice) });
  },
  'asset.hold': hold,
};
