/** The small world with an alliance: issuer A, merchant C and a settlement token in cents of `bank`. */
import { publicKeyOf, signMessage } from '#core/ed25519';
import { cover } from '#ledger/alliances/operations';
import { referralMessage } from '#ledger/alliances/referral';
import { type AllianceTerms, allianceTermsHash } from '#ledger/alliances/terms';
import type { AssetTerms } from '#ledger/assets/terms';
import { consentDomain, itemKeySeed } from '#ledger/coupons/consent';
import type { Consent } from '#ledger/coupons/operations';
import { plainTerms, type Terms } from '#ledger/coupons/terms';
import type { Operation } from '#ledger/operation';
import { basketOf, chainId, codeSeed, gcn, issuer, publicOf, World } from './world.ts';

export const ring = 'ring';
export const token = 'eur-token';
export const merchantC = 'merchant-c';
export const ann = '@aa000000000000000000000000000001';
export const bob = '@bb000000000000000000000000000002';
export const cleo = '@cc000000000000000000000000000003';

const tokenTerms: AssetTerms = {
  version: 1,
  name: 'Settlement euro',
  kind: 3,
  unit: 'EUR',
  decimals: 2,
  freezable: false,
  transferable: true,
  tradable: true,
  lifetimeDays: null,
  supplyMax: null,
  mintPerDayMax: 10n ** 12n,
  onRedeem: 1,
  acceptedBy: null,
  offline: { kind: 'never' },
  earn: null,
  worth: null,
};

/** C pays A half of what was taken off: the whitepaper's 50 for a coupon worth 100. */
export const ringTerms: AllianceTerms = {
  version: 1,
  name: 'Ring',
  members: [issuer, merchantC],
  settlementAsset: token,
  unit: 'EUR',
  series: [],
  flows: [{ payer: 0, payee: 1, amount: { kind: 'share', of: { numerator: 1, denominator: 2 } } }],
  fee: null,
  bond: 1_000n,
  noticeMs: 86_400_000,
  bondHoldMs: 90 * 86_400_000,
  referralDepth: 0,
};

export const propose = (terms: AllianceTerms): Operation => ({ kind: 'alliance.propose', alliance: ring, terms });
export const sign = (terms: AllianceTerms): Operation => ({
  kind: 'alliance.sign',
  alliance: ring,
  version: terms.version,
  termsHash: allianceTermsHash(terms),
});
export const fund = (amount: bigint, which: number = cover.settlement): Operation => ({
  kind: 'alliance.fund',
  alliance: ring,
  cover: which,
  amount,
});
export const withdraw = (amount: bigint, which: number = cover.settlement): Operation => ({
  kind: 'alliance.withdraw',
  alliance: ring,
  cover: which,
  amount,
});

/** Accounts, people, tokens and a signed alliance whose members have `covered` cents each. */
export function openRing(terms: Partial<AllianceTerms> = {}, covered = 100_000n): World {
  const world = World.open();
  world.all('admin', [
    { ...account('bank', 0), kind: 'account.register' },
    { ...account('clearing-house', 2), kind: 'account.register' },
  ]);
  world.all(
    issuer,
    [ann, bob, cleo].map((id): Operation => ({ kind: 'holder.register', holder: id, publicKey: publicOf(id) })),
  );
  world.all('bank', [
    { kind: 'asset.define', asset: token, terms: tokenTerms, approvals: [] },
    ...[issuer, merchantC, 'merchant-d'].map(
      (to): Operation => ({ kind: 'asset.issue', asset: token, to, amount: 1_000_000n }),
    ),
  ]);
  const full = { ...ringTerms, ...terms };
  world.all(issuer, [propose(full)]);
  for (const member of full.members) if (member !== issuer) world.all(member, [sign(full)]);
  if (covered > 0n) for (const member of full.members) world.all(member, [fund(covered)]);
  return world;
}

function account(id: string, role: number) {
  return { id, role, publicKey: publicOf(id), name: id } as const;
}

export const ringCoupon: Terms = {
  ...plainTerms,
  version: 1,
  title: '100 off 1,000',
  value: { kind: 'fixed', amount: 10_000n },
  unit: 'EUR',
  minimumSpend: 100_000n,
  validFromMs: 1_700_000_000_000,
  validUntilMs: 2_000_000_000_000,
  acceptedBy: { kind: 'alliance', id: ring },
  consent: 0,
  offline: { kind: 'budget', shardAgeMsMax: 86_400_000 },
};

/** The world of `openRing` with 1,000 coupons of 100.00 off a purchase of 1,000.00. */
export function ringWithCoupons(terms: Partial<AllianceTerms> = {}, coupon: Partial<Terms> = {}): World {
  const world = openRing(terms);
  world.all(issuer, [
    { kind: 'series.define', gcn, terms: { ...ringCoupon, ...coupon } },
    { kind: 'coupon.issue', gcn, firstSerial: 0, count: 1_000, keyCommitments: new Uint8Array(0) },
  ]);
  return world;
}

/** A coupon for a basket of 1,000.00, online. */
export const reserveRing = (serial: number, basket = serial, consent: Consent | null = null): Operation => ({
  kind: 'coupon.reserve',
  gcn,
  serial,
  termsVersion: 1,
  basket: basketOf(basket),
  basis: { kind: 'online', fallbackRightId: null },
  purchase: { spend: 100_000n, products: [] },
  holder: null,
  consent,
});

/** Takes a coupon for a basket of 1,000.00 and closes the basket on lines 1 and 2; the answer to the capture. */
export function redeem(world: World, lane: string, serial: number, basket = serial, consent: Consent | null = null) {
  const reservation = world.next(lane);
  const reserved = world.do(lane, reserveRing(serial, basket, consent));
  if (reserved.outcome !== 'applied') return reserved;
  return world.do(lane, {
    kind: 'basket.capture',
    basket: basketOf(basket),
    captures: [
      {
        reservation,
        purchase: null,
        lines: [
          { line: 1, amount: 6_000n },
          { line: 2, amount: 4_000n },
        ],
      },
    ],
    basketHash: new Uint8Array(32),
  });
}

/** The word of whoever has the code that `referrer` passed it on. */
export function referral(serial: number, referrer: string): Operation {
  const seed = itemKeySeed(gcn, serial, codeSeed(serial));
  const signature = signMessage(seed, consentDomain, referralMessage(chainId, { gcn, serial }, referrer));
  return { kind: 'referral.add', gcn, serial, referrer, consent: { publicKey: publicKeyOf(seed), signature } };
}
