/** The state that every case begins with: everything there is one of, and enough of it. */
import type { AllianceTerms } from '#ledger/alliances/terms';
import { allianceTermsHash } from '#ledger/alliances/terms';
import type { AssetTerms } from '#ledger/assets/terms';
import { commitmentOfCode } from '#ledger/coupons/consent';
import type { Terms } from '#ledger/coupons/terms';
import type { Operation } from '#ledger/operation';
import type { Grant } from '#ledger/rights/right';
import { budgetOf, leaseOf, usualGrant } from '#ledger/rights/usual-grants';
import { card, define, issue, points } from '../../unit/ledger/asset-world.ts';
import { baseTerms, codeSeed, day, gtin, issuer, startMs, storeA, storeB, World } from '../../unit/ledger/world.ts';
import { firstExecutor } from './arms/contracts.ts';
import { firstJoins } from './arms/validators.ts';
import { ann, batches, bob, cleo, dora, eve, everyone, holders, lanes, ring, series, storeC, token } from './cast.ts';
import { keyOf } from './keys.ts';

export const governorNames = ['governor-1', 'governor-2', 'governor-3'] as const;

const nothing = new Uint8Array(0);

/** Commitments of the codes of items. */
export function keyTable(gcn: string, first: number, count: number): Uint8Array {
  const table = new Uint8Array(count * 16);
  for (let n = 0; n < count; n++) table.set(commitmentOfCode(gcn, first + n, codeSeed(first + n)), n * 16);
  return table;
}

const tokenTerms: AssetTerms = {
  ...card,
  name: 'Settlement euro',
  kind: 3,
  freezable: false,
  mintPerDayMax: 1_000_000n,
  acceptedBy: { kind: 'issuer' },
};
/** Runs out within weeks, and there is an end to it. */
const flashTerms: AssetTerms = {
  ...points,
  name: 'Flash',
  lifetimeDays: 30,
  supplyMax: 40_000n,
  earn: { num: 1, den: 10, unit: 'EUR', merchants: [issuer, 'merchant-c'], perDayMax: 300n },
};
const cardTerms: AssetTerms = { ...card, mintPerDayMax: 20_000n };

export const ringTerms: AllianceTerms = {
  version: 1,
  name: 'Ring',
  members: [issuer, 'merchant-c'],
  settlementAsset: token,
  unit: 'EUR',
  series: [],
  flows: [
    { payer: 0, payee: 1, amount: { kind: 'share', of: { numerator: 1, denominator: 2 } } },
    { payer: 1, payee: 0, amount: { kind: 'share', of: { numerator: 1, denominator: 7 } } },
    { payer: 1, payee: 2, amount: { kind: 'fixed', amount: 5n } },
    { payer: 0, payee: 3, amount: { kind: 'share', of: { numerator: 1, denominator: 100 } } },
  ],
  fee: { of: { numerator: 1, denominator: 10 }, payee: 'merchant-d', bizRate: { numerator: 2, denominator: 1 } },
  bond: 100n,
  noticeMs: day,
  bondHoldMs: 10 * day,
  referralDepth: 2,
};

const longTerms = { validUntilMs: startMs + 500 * day } as const;
const inRing = { acceptedBy: { kind: 'alliance', id: ring } } as const;

/** First terms of each series. */
export const termsBySeries: Readonly<Record<keyof typeof series, Terms>> = {
  plain: { ...baseTerms, ...longTerms },
  keyed: { ...baseTerms, ...longTerms, ...inRing, consent: 1, stacking: { kind: 'group', name: 'g' } },
  held: { ...baseTerms, ...longTerms, consent: 2, perHolderMax: 2, returnRule: 1 },
  open: { ...baseTerms, ...longTerms, open: true, totalMax: 7, value: { kind: 'fixed', amount: 40n } },
  partial: { ...baseTerms, ...longTerms, partial: true, value: { kind: 'fixed', amount: 300n } },
  percent: {
    ...baseTerms,
    ...longTerms,
    value: { kind: 'percentage', numerator: 1, denominator: 3, cap: 90n },
    minimumSpend: 10n,
    products: [gtin],
    totalMax: 9,
    lateRule: 1,
    returnRule: 2,
  },
  brief: {
    ...baseTerms,
    validUntilMs: startMs + 3 * day,
    acceptedBy: { kind: 'merchants', accounts: ['gov', issuer] },
  },
  ring: { ...baseTerms, ...longTerms, ...inRing },
};

/** Items of each series that are issued at first. */
const issuedAtFirst = {
  plain: 24,
  keyed: 12,
  held: 12,
  open: 0,
  partial: 10,
  percent: 12,
  brief: 8,
  ring: 12,
} as const;

function account(id: string, role: number): Operation {
  return { kind: 'account.register', id, role, publicKey: keyOf(id), name: id };
}

function enroll(terminal: string): Operation {
  const [store = '', lane = ''] = terminal.split('/');
  return { kind: 'terminal.enroll', store, lane, publicKey: keyOf(terminal), epoch: 0 };
}

function openAccounts(world: World): void {
  world.all('admin', [
    account('bank', 0),
    account('gov', 0),
    account('maker', 1),
    account('spare', 2),
    account('val', 3),
    { kind: 'store.open', store: storeC, merchant: 'merchant-d', name: 'C', market: 'FR' },
    enroll(`${storeB}/lane-2`),
    enroll(`${storeC}/lane-1`),
    { kind: 'hub.assign', store: storeC, lane: 'lane-1', hubEpoch: 1 },
    ...['gov', 'maker'].map(
      (id): Operation => ({
        kind: 'account.govern',
        account: id,
        governors: governorNames.map(keyOf),
        threshold: 2,
        itemsPerDayMax: 12,
        version: 1,
        approvals: [],
      }),
    ),
  ]);
  const register = (holder: string, publicKey: Uint8Array | null): Operation => ({
    kind: 'holder.register',
    holder,
    publicKey,
  });
  world.all('admin', firstJoins);
  world.all('admin', [firstExecutor(world.height)]);
  world.all(issuer, [register(ann, keyOf(ann)), register(bob, null), register(eve, keyOf(eve))]);
  world.all('issuer-x', [register(cleo, keyOf(cleo)), register(dora, null)]);
}

function openAssets(world: World): void {
  world.all(issuer, [
    define('points', { ...points, lifetimeDays: 60 }),
    define('flash', flashTerms),
    ...holders.map((owner) => issue('points', owner, 600n)),
    ...[ann, bob, 'merchant-c'].map((owner) => issue('flash', owner, 200n)),
  ]);
  world.all('issuer-x', [define('card', cardTerms), ...holders.map((owner) => issue('card', owner, 2_000n))]);
  world.all('bank', [
    define(token, tokenTerms),
    ...[issuer, 'merchant-c', 'merchant-d', ann].map((owner) => issue(token, owner, 2_000n)),
  ]);
  const biz = (to: string): Operation => ({
    kind: 'asset.pay',
    asset: 'biz',
    from: 'admin',
    to,
    amount: 500n,
    consent: null,
  });
  world.all('admin', [issuer, 'merchant-c', cleo].map(biz));
}

function openRing(world: World): void {
  const version = ringTerms.version;
  world.all(issuer, [{ kind: 'alliance.propose', alliance: ring, terms: ringTerms }]);
  world.all('merchant-c', [
    { kind: 'alliance.sign', alliance: ring, version, termsHash: allianceTermsHash(ringTerms) },
  ]);
  for (const member of ringTerms.members)
    world.all(member, [
      { kind: 'alliance.fund', alliance: ring, cover: 0, amount: 110n },
      { kind: 'alliance.fund', alliance: ring, cover: 1, amount: 60n },
    ]);
}

function openSeries(world: World): void {
  for (const [name, gcn] of Object.entries(series) as [keyof typeof series, string][]) {
    const count = issuedAtFirst[name];
    const keys = name === 'keyed' ? keyTable(gcn, 0, count - 2) : nothing;
    world.all(name === 'brief' ? 'gov' : issuer, [
      { kind: 'series.define', gcn, terms: termsBySeries[name] },
      ...(count === 0
        ? []
        : [{ kind: 'coupon.issue', gcn, firstSerial: 0, count, keyCommitments: keys } satisfies Operation]),
    ]);
  }
  world.all(
    issuer,
    [ann, ann, ann, bob, bob, eve, eve].map(
      (to, serial): Operation => ({ kind: 'coupon.transfer', gcn: series.held, serial, to, consent: null }),
    ),
  );
}

function openRights(world: World): void {
  const grant = (rightId: string, store: string, given: Grant, more = {}): Operation => ({
    kind: 'right.grant',
    rightId,
    store,
    ...usualGrant,
    grant: given,
    ...more,
  });
  world.all(issuer, [
    grant('lease-a', storeA, leaseOf(series.plain, 0, 6)),
    grant('budget-a', storeA, budgetOf(series.plain, 3, 250n)),
    grant('uses-a', storeA, { kind: 'uses', gcn: series.open, count: 4 }, { lateRule: 1 }),
    grant('percent-a', storeA, leaseOf(series.percent, 0, 2)),
    grant('partial-a', storeA, leaseOf(series.partial, 0, 2)),
    grant('lease-b', storeB, leaseOf(series.plain, 8, 11), { lateRule: 1, closeoutAfterMs: day }),
    grant('ring-b', storeB, leaseOf(series.ring, 0, 5)),
    grant('budget-b', storeB, budgetOf(series.ring, 2, 500n)),
  ]);
  world.all('issuer-x', [
    grant('card-a', storeA, { kind: 'amount', asset: 'card', owner: dora, amount: 500n }, { closeoutAfterMs: day }),
    grant('loss-a', storeA, {
      kind: 'budget',
      of: { kind: 'asset', asset: 'card' },
      countMax: 3,
      valueMax: 900n,
      shardAgeMsMax: 30 * day,
    }),
  ]);
  world.all(lanes[0], [
    {
      kind: 'right.sublease',
      rightId: 'lease-a',
      subId: 'sub-a',
      lane: 'lane-2',
      part: { kind: 'items', ranges: [{ first: 5, last: 6 }] },
    },
    {
      kind: 'right.sublease',
      rightId: 'card-a',
      subId: 'subcard-a',
      lane: 'lane-2',
      part: { kind: 'amount', amount: 100n },
    },
  ]);
}

function openTrace(world: World): void {
  const brandOf = ['brand', 'brand', 'brand', 'maker'];
  for (const [at, batch] of batches.entries())
    world.all(brandOf[at] as string, [
      {
        kind: 'batch.commission',
        ...batch,
        name: 'Goods',
        expiryMs: startMs + 200 * day,
        markets: at === 1 ? ['DE'] : [],
        serials: ['s0', 's1', 's2', 's3', 's4', 's5'],
        complete: at === 0,
      },
    ]);
}

/** The world from genesis to where the cases begin, all blocks signed. */
export function openWorkload(): World {
  for (const name of [...everyone, ...governorNames]) keyOf(name);
  const world = World.open();
  openAccounts(world);
  openAssets(world);
  openRing(world);
  openSeries(world);
  openRights(world);
  openTrace(world);
  return world;
}
