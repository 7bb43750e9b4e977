import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { equalBytes } from '#core/bytes';
import { countOf, type Goods, type Wanted } from '#ledger/market/goods';
import { openSlots, readOwnOffers } from '#ledger/market/market-book';
import type { Operation } from '#ledger/operation';
import { reason } from '#ledger/reasons';
import { outcomes } from '#ledger/receipt';
import { ann, bob, cleo, define, issue, points } from '../../unit/ledger/asset-world.ts';
import { anyItem, anyUnits, checkMarket, openMarket, place } from '../../unit/ledger/market-world.ts';
import { day, gcn, issuer, startMs, type World } from '../../unit/ledger/world.ts';

/** One step: the numbers choose author, operation and parameters. */
interface Step {
  readonly kind: number;
  readonly who: number;
  readonly a: number;
  readonly b: number;
  readonly c: number;
}

const small = fc.nat({ max: 255 });
const steps = fc.array(fc.record({ kind: small, who: small, a: small, b: small, c: small }), {
  minLength: 1,
  maxLength: 48,
  size: 'max',
});
const owners = [ann, cleo, bob, issuer, 'merchant-c'] as const;
const assets = ['points', 'card', 'miles'] as const;
/** What a unit is worth, in cents; a coupon is worth 80. */
const worth = { points: 4n, card: 1n, miles: 3n } as const;
const pick = <T>(list: readonly T[], n: number): T => list[n % list.length] as T;

const base = openMarket({ series: { validUntilMs: startMs + 400 * day } });
base.all('issuer-x', [define('miles', points), ...[ann, cleo, bob].map((owner) => issue('miles', owner, 500n))]);
base.all(
  issuer,
  [3, 4, 5].map((serial): Operation => {
    return { kind: 'coupon.transfer', gcn, serial, to: serial === 5 ? bob : cleo, consent: null };
  }),
);
base.all(issuer, [issue('points', issuer, 500n), issue('points', 'merchant-c', 500n)]);

function goodsOf(owner: string, { a, b, c }: Step): { give: Goods; want: Wanted; price: [bigint, bigint] } {
  const gives = a % 4;
  const wants = (gives + 1 + (b % 3)) % 4;
  const percent = BigInt(70 + (c % 35));
  const worthOf = (at: number): bigint => (at === 3 ? 80n : worth[pick(assets, at)]);
  const serials = owner === issuer ? [6 + (b % 14)] : [b % 6, (b + 1 + (c % 5)) % 6].slice(0, 1 + (c % 2));
  const amount = BigInt(20 + b + (c % 5) * 20);
  const give: Goods =
    gives === 3 ? { kind: 'items', gcn, serials } : { kind: 'units', asset: pick(assets, gives), amount };
  const want = wants === 3 ? anyItem : anyUnits(pick(assets, wants));
  return { give, want, price: [worthOf(gives) * percent, worthOf(wants) * 100n] };
}

/** An operation with its author: mostly offers, some of them senseless, and what gets in their way. */
function operationOf(world: World, step: Step): { readonly author: string; readonly operation: Operation } {
  const { kind, who, a, b, c } = step;
  const owner = pick(owners, who);
  const author = owner === bob ? issuer : owner;
  const roll = kind % 15;
  if (roll < 10) {
    const { give, want, price } = goodsOf(owner, step);
    // Mostly what it costs at the limit, sometimes too little for what is given.
    const most = (countOf(give) * price[0] + price[1] - 1n) / price[1];
    const wantMax = c % 3 === 0 ? (b % 9 === 0 ? 1n : most) : null;
    const goodUntilMs = world.timeMs + pick([40 * day, day, 366 * day, 400 * day, 366 * day], c);
    return {
      author,
      operation: place(world, owner, [give, want, price], { wantMax, whole: a % 7 === 0, goodUntilMs }),
    };
  }
  if (roll < 11) {
    const own = readOwnOffers(world.state, owner);
    const offer = own.length === 0 ? { author: owner, epoch: 0, sequence: a } : pick(own, a).offer.id;
    return { author, operation: { kind: 'offer.withdraw', owner, offer, consent: null } };
  }
  if (roll === 11) {
    const to = pick(owners, b);
    return {
      author,
      operation: { kind: 'asset.pay', asset: pick(assets, a), from: owner, to, amount: BigInt(c), consent: null },
    };
  }
  if (roll === 12)
    return { author: 'issuer-x', operation: { kind: 'asset.freeze', asset: 'card', owner, frozen: a % 2 === 0 } };
  if (roll === 13) {
    return {
      author,
      operation: { kind: 'coupon.transfer', gcn, serial: a % 20, to: pick([ann, cleo, bob], b), consent: null },
    };
  }
  const range = { gcn, firstSerial: a % 20, count: 1 + (b % 2), reason: 'r' };
  return { author: issuer, operation: { kind: 'coupon.void', ...range } };
}

describe('offers of any kind, withdrawals, payments, freezes and time', () => {
  it('I9 to I11: nothing is created, lost, locked without an offer or offered twice, and the same blocks give the same roots', () => {
    const reached = { paths: 0, refused: 0, items: 0, rings: 0 };
    fc.assert(
      fc.property(steps, fc.integer({ min: 1, max: 9 }), (list, perBlock) => {
        const world = base.copy();
        world.verifySignatures = false;
        const copy = base.copy();
        copy.verifySignatures = false;
        for (let at = 0; at <= list.length; at += perBlock) {
          const block = list.slice(at, at + perBlock);
          const segments = block.map((step) => {
            const { author, operation } = operationOf(world, step);
            return world.segment(author, [operation]);
          });
          world.beacon = Uint8Array.of(at, ...new Uint8Array(63));
          world.timeMs += pick([0, 1, 1, 1_000, 1_000, 1_000, 3_600_000, day, 35 * day], block[0]?.a ?? 0);
          const executed = world.commit(segments);
          copy.beacon = world.beacon;
          copy.timeMs = world.timeMs;
          expect(equalBytes(copy.commit(segments).resultRoot, executed.resultRoot)).toBe(true);
          checkMarket(world);
          for (const receipt of executed.receipts) {
            if (receipt.author === 'x/market') {
              reached.paths++;
              if (receipt.movements.some(({ asset }) => asset.startsWith('c/'))) reached.items++;
              if (receipt.movements.length > 2) reached.rings++;
            } else if (outcomes[receipt.outcome] === 'refused') {
              reached.refused++;
              expect(receipt.reasons).not.toBe(0n);
            }
            expect((receipt.reasons & reason.LIMIT_EXCEEDED) === 0n).toBe(true);
          }
        }
        expect(openSlots(world.state).length).toBeLessThanOrEqual(list.length);
      }),
      { numRuns: 120 },
    );
    // The workload is one in which things happen.
    expect(Math.min(...Object.values(reached))).toBeGreaterThan(8);
  }, 120_000);
});
