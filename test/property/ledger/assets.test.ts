import fc from 'fast-check';
import { expect, it } from 'vitest';
import type { CborValue } from '#core/codec';
import type { DebitConsent } from '#ledger/accounts/debit-consent';
import { burnDebit, payDebit } from '#ledger/assets/debited';
import { readOpen } from '#ledger/baskets/open-reservations';
import type { Operation, OperationKind } from '#ledger/operation';
import { outcomes } from '#ledger/receipt';
import type { Basis } from '#ledger/rights/basis';
import { checkAssets } from '../../unit/ledger/all-balances.ts';
import { ann, bob, card, cleo, consentTo, define, openAssets, points } from '../../unit/ledger/asset-world.ts';
import { hold, promisesIn } from '../../unit/ledger/hold-world.ts';
import { basketOf, grant, issuer, storeA, storeB, type World } from '../../unit/ledger/world.ts';

const lanes = [`${storeA}/lane-1`, `${storeB}/lane-1`];
const owners = [ann, bob, cleo, issuer, 'issuer-x', 'merchant-c', 'admin', 'nobody', lanes[0] as string];
const authors = [ann, cleo, issuer, 'issuer-x', 'merchant-c', 'brand', 'admin', ...lanes];
const assets = ['points', 'card', 'biz', 'new', 'nothing'];

const steps = fc.array(
  fc.record({
    kind: fc.constantFrom(
      'define',
      'issue',
      'pay',
      'pay',
      'pay',
      'burn',
      'burn',
      'freeze',
      'expire',
      'earn',
      'wait',
      'hold',
      'hold',
      'hold',
      'close',
      'close',
      'void',
      'void',
      'grant',
    ),
    author: fc.oneof(
      { weight: 3, arbitrary: fc.constant('likely') },
      { weight: 1, arbitrary: fc.constantFrom(...authors) },
    ),
    asset: fc.constantFrom('points', 'card', ...assets),
    from: fc.constantFrom(...owners),
    to: fc.constantFrom(...owners),
    amount: fc.oneof(
      { weight: 6, arbitrary: fc.bigInt(0n, 700n) },
      { weight: 1, arbitrary: fc.bigInt(0n, 2n ** 96n - 1n) },
    ),
    n: fc.nat(999),
  }),
  { minLength: 1, maxLength: 40, size: 'max' },
);
type Step = typeof steps extends fc.Arbitrary<(infer S)[]> ? S : never;

/** A consent that is good three times in four. */
function consentOf(world: World, step: Step, author: string, what: CborValue[]): DebitConsent | null {
  if (step.n % 2 === 0) return null;
  const signer = step.n % 4 === 1 ? ann : step.from === bob ? issuer : step.from;
  return consentTo(signer, { owner: step.from, what, author, notAfterMs: world.timeMs + 1_000 });
}

function operationOf(world: World, step: Step, author: string): Operation {
  const { kind, asset, from, to, amount, n } = step;
  switch (kind) {
    case 'define': {
      const terms = n % 2 === 0 ? points : card;
      const supplyMax = n % 5 === 0 ? amount : null;
      return define(asset, {
        ...terms,
        version: 1 + (n % 4),
        supplyMax,
        mintPerDayMax: 2n ** 96n - 1n,
        lifetimeDays: n,
      });
    }
    case 'issue':
      return { kind: 'asset.issue', asset, to, amount };
    case 'pay':
      return {
        kind: 'asset.pay',
        asset,
        from,
        to,
        amount,
        consent: consentOf(world, step, author, payDebit(step)),
      };
    case 'burn':
      return {
        kind: 'asset.burn',
        asset,
        from,
        amount,
        consent: consentOf(world, step, author, burnDebit(step)),
      };
    case 'freeze':
      return { kind: 'asset.freeze', asset, owner: from, frozen: n % 3 === 0 };
    case 'expire':
      return { kind: 'asset.expire', asset, owners: [from, to, from] };
    case 'hold':
      return { ...hold(world, amount, likelyHeld(step), author), basis: bases[n % 4] as Basis };
    case 'close':
      return closing(world, step, author);
    case 'void': {
      const sales = salesOf(world);
      const capture = sales[n % (sales.length + (n % 4 === 0 ? 1 : 0))] ?? n;
      return { kind: 'basket.void', lane: 'lane-1', epoch: 0, capture, reason: 'mistake' };
    }
    case 'grant':
      return granting(step);
    default:
      return {
        kind: 'points.earn',
        asset,
        member: ann,
        termsVersion: 1 + (n % 2),
        spend: amount,
        basket: new Uint8Array(16),
      };
  }
}

const bases: Basis[] = [
  { kind: 'online', fallbackRightId: null },
  { kind: 'online', fallbackRightId: 'budget' },
  { kind: 'budget', rightId: 'budget', shardHeight: 0 },
  { kind: 'owned', rightId: 'escrow', allocation: null },
];

/** Mostly what a holder has. */
function likelyHeld({ asset, from, n }: Step): { asset: string; owner: string } {
  if (n % 5 === 0) return { asset, owner: from };
  return { asset: n % 2 === 0 ? 'points' : 'card', owner: [ann, bob, cleo][n % 3] as string };
}

/** Capturing entries of the lane in store B. */
function salesOf({ state }: World): number[] {
  const shards = [...state.shardIds()].filter((shard) => shard.startsWith(`d/${storeB}/`));
  return shards.flatMap((shard) => [...state.leaves(shard)].map(({ key }) => Number(key.split('/')[3])));
}

/** Captures or releases what the lane has open, in part or whole, or something that is not there. */
function closing(world: World, { n, amount }: Step, author: string): Operation {
  const [store = '', name = ''] = author.split('/');
  const open = readOpen(world.state, store, name)[0];
  const reservation = n % 7 === 0 || open === undefined ? n : open.sequence;
  if (n % 4 === 0) return { kind: 'basket.release', reservations: [reservation] };
  const lines = n % 3 === 0 ? [{ line: 1, amount }] : [];
  const captures = [{ reservation, purchase: null, lines }];
  return { kind: 'basket.capture', basket: basketOf(1), captures, basketHash: new Uint8Array(32) };
}

function granting({ asset, from: owner, amount, n }: Step): Operation {
  const budget = {
    kind: 'budget',
    of: { kind: 'asset', asset },
    countMax: n,
    valueMax: amount,
    shardAgeMsMax: n,
  } as const;
  const given = n % 2 === 0 ? budget : ({ kind: 'amount', asset, owner, amount } as const);
  return grant(given, { rightId: given.kind === 'budget' ? 'budget' : 'escrow', store: storeB, lateRule: n % 2 });
}

/** Who would do it. */
function likelyAuthor({ kind, asset, from }: Step): string {
  if (kind === 'pay' || kind === 'burn') return from === bob || from === 'nobody' ? issuer : from;
  if (kind === 'grant') return asset === 'card' ? 'issuer-x' : issuer;
  if (['earn', 'hold', 'close', 'void'].includes(kind)) return lanes[1] as string;
  return asset === 'card' ? 'issuer-x' : issuer;
}

const opening = openAssets();

it('I9: whatever anyone sends, every asset adds up to what was issued less what was burned', () => {
  const applied = new Map<OperationKind, number>();
  let refusals = 0;
  fc.assert(
    fc.property(steps, (list) => {
      const world = opening.copy();
      world.verifySignatures = false;
      for (const step of list) {
        if (step.kind === 'wait') {
          world.timeMs += (step.n % 3 === 0 ? step.n : step.n % 40) * 86_400_000;
          continue;
        }
        const author = step.author === 'likely' ? likelyAuthor(step) : step.author;
        const operation = operationOf(world, step, author);
        const { receipts, skipped } = world.commit([world.segment(author, [operation])]);
        expect(skipped).toEqual([]);
        checkAssets(world.state, promisesIn(world));
        for (const { outcome, movements, value } of receipts) {
          const moved = movements.reduce((sum, { amount }) => sum + amount, 0n);
          // A hold locks and a release frees; everything else moves what it says.
          if (operation.kind !== 'asset.hold' && operation.kind !== 'basket.release') expect(moved).toBe(value);
          else expect(movements).toEqual([]);
          if (outcomes[outcome] === 'applied') applied.set(operation.kind, (applied.get(operation.kind) ?? 0) + 1);
          else refusals++;
        }
      }
    }),
    { numRuns: 200 },
  );
  // The workload gets somewhere: every kind was in force now and then.
  const kinds: OperationKind[] = ['define', 'issue', 'pay', 'burn', 'freeze', 'expire', 'hold'].map(
    (kind) => `asset.${kind}` as OperationKind,
  );
  for (const kind of [
    ...kinds,
    'points.earn',
    'basket.capture',
    'basket.release',
    'right.grant',
    'basket.void',
  ] as const)
    expect(applied.get(kind) ?? 0, kind).toBeGreaterThan(4);
  expect(refusals).toBeGreaterThan(1_000);
});
