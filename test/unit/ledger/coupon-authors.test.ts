/** Who may author what of coupons and baskets, and what a till can judge of them by itself. */
import { expect, it } from 'vitest';
import { authorsOf } from '#ledger/authority';
import { basketOperations } from '#ledger/baskets/operations';
import { couponOperations } from '#ledger/coupons/operations';
import type { ShardId } from '#ledger/ids';
import { judgeOperation } from '#ledger/judge';
import type { Operation } from '#ledger/operation';
import { reasonsIn } from '#ledger/reasons';
import type { LedgerView } from '#ledger/state/view';
import { ann, no } from './asset-world.ts';
import {
  claim,
  claimConsent,
  defineSeries,
  holderConsent,
  issueItems,
  keysOf,
  transfer,
  voidSale,
  withCoupons,
} from './coupon-world.ts';
import { capture, chainId, consentFor, gcn, issuer, release, reserve, storeA, type World } from './world.ts';

const lane1 = `${storeA}/lane-1`;

it('every operation of the room is refused from every role that the table does not name', () => {
  const world = withCoupons(4, { consent: 1 });
  const samples: Operation[] = [
    defineSeries({ version: 2 }),
    issueItems(1, new Uint8Array(0), gcn, 4),
    { kind: 'coupon.keys', gcn, firstSerial: 4, keyCommitments: keysOf(4, 1) },
    reserve(1),
    claim(1, ann, claimConsent(1, ann)),
    transfer(1, ann),
    { kind: 'coupon.void', gcn, firstSerial: 0, count: 1, reason: 'r' },
    { kind: 'coupon.expire', gcn, firstSerial: 0, count: 1 },
    capture(0),
    release(0),
    voidSale(0),
  ];
  const authors = { admin: 'admin', issuer, brand: 'brand', merchant: 'merchant-c', holder: ann, terminal: lane1 };
  const missing = Object.keys({ ...couponOperations, ...basketOperations }).filter(
    // Returns and reviews are tested with the alliances.
    (kind) => !/\.(return|review)$/.test(kind) && !samples.some((sample) => sample.kind === kind),
  );
  expect(missing).toEqual([]);
  const root = world.state.shardRootOf(`c/${gcn}`);
  for (const operation of samples) {
    for (const [role, author] of Object.entries(authors)) {
      if ((authorsOf[operation.kind] as readonly string[]).includes(role)) continue;
      expect(world.do(author, operation), `${role} ${operation.kind}`).toEqual(no('NOT_AUTHORISED'));
    }
  }
  expect(world.state.shardRootOf(`c/${gcn}`)).toEqual(root);
});

/** What a till holds: its store's shard and the series. */
function tillOf(world: World): LedgerView {
  const held: readonly ShardId[] = [`s/${storeA}`, `c/${gcn}`];
  return {
    holds: (shard) => held.includes(shard),
    get: (shard, key) => (held.includes(shard) ? world.state.get(shard, key) : undefined),
  };
}

function judge(world: World, operation: Operation): readonly string[] {
  const { timeMs } = world;
  const by = { chainId, author: lane1, epoch: 0, sequence: 0, seenHeight: 1, notAfterMs: null };
  return reasonsIn(judgeOperation(tillOf(world), { ...by, timeLowMs: timeMs, timeHighMs: timeMs }, operation).reasons);
}

it('C3: a till judges bearer coupons by itself, and holds no books of people', () => {
  const world = withCoupons(9, { consent: 1 });
  const bearer = (serial: number): Operation => reserve(serial, { consent: consentFor(serial, lane1) });
  expect(judge(world, bearer(1))).toEqual([]);
  world.do(issuer, claim(1, ann));
  expect(judge(world, bearer(1))).toEqual(['NOT_OWNER']);
  expect(judge(world, bearer(2))).toEqual([]);
  const bound = reserve(1, { holder: ann, consent: holderConsent(world, ann, 1, lane1) });
  // Only the region knows the holder's key.
  expect(judge(world, bound)).toEqual(['NOT_CACHED']);
  expect(world.do(lane1, bound).outcome).toBe('applied');
});

it('C12: what one customer used elsewhere is left to the region', () => {
  const world = withCoupons(9, { perHolderMax: 1 });
  world.do(lane1, reserve(1, { holder: ann }));
  expect(judge(world, reserve(2, { holder: ann }))).toEqual([]);
  expect(judge(world, reserve(2))).toEqual(['HOLDER_LIMIT']);
  expect(world.do(lane1, reserve(2, { holder: ann }))).toEqual(no('HOLDER_LIMIT'));
});
