/** The small world with holders and assets, for tests of what has value. */
import type { CborValue } from '#core/codec';
import { signMessage } from '#core/ed25519';
import { type DebitConsent, debitConsentDomain, debitConsentMessage } from '#ledger/accounts/debit-consent';
import { readBalance, spendable } from '#ledger/assets/balance';
import type { AssetTerms } from '#ledger/assets/terms';
import type { Operation } from '#ledger/operation';
import { checkAssets } from './all-balances.ts';
import { type Answer, chainId, type EntryTime, issuer, publicOf, seedOf, World } from './world.ts';

/** A holder with a key of her own. */
export const ann = `@${'a1'.repeat(16)}`;
/** A holder known by a member number only. */
export const bob = `@${'b2'.repeat(16)}`;
/** Another holder with a key. */
export const cleo = `@${'c3'.repeat(16)}`;

export const points: AssetTerms = {
  version: 1,
  name: 'Points',
  kind: 0,
  unit: 'PTS',
  decimals: 0,
  freezable: false,
  transferable: true,
  tradable: true,
  lifetimeDays: 360,
  supplyMax: null,
  mintPerDayMax: 10_000n,
  onRedeem: 0,
  acceptedBy: null,
  offline: { kind: 'budget', shardAgeMsMax: 86_400_000 },
  earn: { num: 3, den: 100, unit: 'EUR', merchants: ['merchant-c'], perDayMax: 1_000n },
  worth: { num: 1, den: 2, unit: 'EUR' },
};

export const card: AssetTerms = {
  ...points,
  name: 'Card',
  kind: 1,
  unit: 'EUR',
  decimals: 2,
  freezable: true,
  lifetimeDays: null,
  mintPerDayMax: 100_000n,
  onRedeem: 1,
  earn: null,
  worth: null,
};

export const define = (asset: string, terms: AssetTerms): Operation => ({
  kind: 'asset.define',
  asset,
  terms,
  approvals: [],
});
export const issue = (asset: string, to: string, amount: bigint): Operation => ({
  kind: 'asset.issue',
  asset,
  to,
  amount,
});

/** Consents, each with a nonce of its own. */
let nonces = 0;
export function consentTo(
  signer: string,
  { owner, what, author, notAfterMs }: { owner: string; what: CborValue[]; author: string; notAfterMs: number },
): DebitConsent {
  const nonce = new Uint8Array(8);
  new DataView(nonce.buffer).setUint32(4, ++nonces);
  const message = debitConsentMessage(chainId, { owner, what }, author, { nonce, notAfterMs });
  return { nonce, notAfterMs, signature: signMessage(seedOf(signer), debitConsentDomain, message) };
}

export function pay(
  asset: string,
  from: string,
  to: string,
  amount: bigint,
  consent: DebitConsent | null = null,
): Operation {
  return { kind: 'asset.pay', asset, from, to, amount, consent };
}

/** A world with three holders, `points` of the issuer, and a `card` of `issuer-x`: 1,000 points and 5,000 cents each. */
export function openAssets(terms: { points?: Partial<AssetTerms>; card?: Partial<AssetTerms> } = {}): World {
  const world = World.open();
  const register = (holder: string, publicKey: Uint8Array | null): Operation => ({
    kind: 'holder.register',
    holder,
    publicKey,
  });
  world.all(issuer, [register(ann, publicOf(ann)), register(bob, null)]);
  world.all('issuer-x', [register(cleo, publicOf(cleo))]);
  world.all(issuer, [
    define('points', { ...points, ...terms.points }),
    ...[ann, bob, cleo].map((owner) => issue('points', owner, 1_000n)),
  ]);
  world.all('issuer-x', [
    define('card', { ...card, ...terms.card }),
    ...[ann, bob, cleo].map((owner) => issue('card', owner, 5_000n)),
  ]);
  return world;
}

/** One operation, after which all assets must still add up. */
export function act(world: World, author: string, operation: Operation, time: EntryTime = {}): Answer {
  const answer = world.do(author, operation, time);
  checkAssets(world.state);
  return answer;
}

/** What an owner could spend now. */
export function has(world: World, owner: string, asset: string): bigint {
  return spendable(readBalance(world.state, { owner, asset }), world.timeMs);
}

export const done = (value: bigint): Answer => ({ outcome: 'applied', reasons: [], value });
export const no = (...reasons: string[]): Answer => ({ outcome: 'refused', reasons, value: 0n });

export const burn = (asset: string, from: string, amount: bigint): Operation => ({
  kind: 'asset.burn',
  asset,
  from,
  amount,
  consent: null,
});
export const freeze = (owner: string, frozen = true, asset = 'card'): Operation => ({
  kind: 'asset.freeze',
  asset,
  owner,
  frozen,
});
export const earnOf = points.earn as NonNullable<typeof points.earn>;
export const expire = (...owners: string[]): Operation => ({ kind: 'asset.expire', asset: 'points', owners });
export const earn = (spend: bigint, more: Partial<Extract<Operation, { kind: 'points.earn' }>> = {}): Operation => ({
  kind: 'points.earn',
  asset: 'points',
  member: ann,
  termsVersion: 1,
  spend,
  basket: new Uint8Array(16),
  ...more,
});
