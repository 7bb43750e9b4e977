/** Holds in the small world: operations with the owner's consent, and what is promised of every balance. */
import { holdDebit } from '#ledger/assets/debited';
import { readOpen } from '#ledger/baskets/open-reservations';
import type { OperationOf } from '#ledger/effect';
import type { Operation } from '#ledger/operation';
import { readRights } from '#ledger/rights/read';
import { amountLeft } from '#ledger/rights/units-left';
import { checkAssets, type Promised } from './all-balances.ts';
import { ann, bob, consentTo } from './asset-world.ts';
import { type Answer, basketOf, type EntryTime, issuer, storeA, storeB, type World } from './world.ts';

/** The lane of store B, which is its hub. */
export const lane = `${storeB}/lane-1`;

/** A hold of ann's card for basket 1, with the consent that its owner's key (or custodian) gives to this author. */
export function hold(
  world: World,
  amount: bigint,
  more: Partial<OperationOf<'asset.hold'>> = {},
  author = lane,
): OperationOf<'asset.hold'> {
  const basket = more.basket ?? basketOf(1);
  const owner = more.owner ?? ann;
  const asset = more.asset ?? 'card';
  const what = holdDebit({ asset, amount, basket });
  const signer = owner === bob ? issuer : owner;
  const consent = consentTo(signer, { owner, what, author, notAfterMs: world.timeMs + 60_000 });
  const basis = { kind: 'online', fallbackRightId: null } as const;
  return { kind: 'asset.hold', asset, owner, amount, termsVersion: 1, basket, basis, consent, ...more };
}

/** Closes basket 1 with parts of what is held: amounts by reservation. */
export function captureParts(...parts: readonly (readonly [reservation: number, amount: bigint])[]): Operation {
  const captures = parts.map(([reservation, amount], line) => ({
    reservation,
    purchase: null,
    lines: [{ line, amount }],
  }));
  return { kind: 'basket.capture', basket: basketOf(1), captures, basketHash: new Uint8Array(32) };
}

/** What owners have promised to open holds and escrows. */
export function promisesIn(world: World): Promised {
  const sums = new Map<string, bigint>();
  const add = (owner: string, asset: string, amount: bigint): void => {
    sums.set(`${owner} ${asset}`, (sums.get(`${owner} ${asset}`) ?? 0n) + amount);
  };
  for (const [store, name] of [
    [storeA, 'lane-1'],
    [storeA, 'lane-2'],
    [storeB, 'lane-1'],
  ] as const) {
    for (const open of readOpen(world.state, store, name))
      if (open.kind === 'hold' && open.conflict === 0n) add(open.owner, open.asset, open.value);
  }
  for (const right of [storeA, storeB].flatMap((store) => readRights(world.state, store)))
    if (right.grant.kind === 'amount') add(right.grant.owner, right.grant.asset, amountLeft(right));
  return (owner, asset) => sums.get(`${owner} ${asset}`) ?? 0n;
}

/** One operation, after which all assets add up and just what is promised is locked. */
export function actHold(world: World, author: string, operation: Operation, time: EntryTime = {}): Answer {
  const answer = world.do(author, operation, time);
  checkAssets(world.state, promisesIn(world));
  return answer;
}
