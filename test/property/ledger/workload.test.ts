import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { HashedShard } from '#agent/shard-store/hashed-shard';
import { decode, encode } from '#core/format';
import { executeBlock } from '#ledger/execute';
import type { ShardId } from '#ledger/ids';
import { judgeOperation } from '#ledger/judge';
import { reasonsIn } from '#ledger/reasons';
import { outcomes, type Receipt } from '#ledger/receipt';
import { shardDeltaFormat } from '#ledger/state/delta';
import { LedgerState, type StateChange } from '#ledger/state/ledger-state';
import type { LedgerView } from '#ledger/state/view';
import { chainId, type World } from '../../unit/ledger/world.ts';
import { checkConservation, type Tally } from './conservation.ts';
import { openWorkload, operationOf, type Step, steps } from './workload.ts';

/** Runs steps in blocks of `perBlock` segments of one entry each; calls back after every block. */
function run(
  world: World,
  list: readonly Step[],
  perBlock: number,
  after: (segments: Uint8Array[], executed: ReturnType<World['execute']>) => void,
): void {
  for (let at = 0; at < list.length; at += perBlock) {
    const segments = list.slice(at, at + perBlock).map((step) => {
      const { author, operation } = operationOf(world, step);
      // Times around the fall-back: every third online reservation is ordered too late.
      const notAfterMs = step.c % 3 === 0 ? world.timeMs - 1 : null;
      return world.segment(author, [operation], { notAfterMs });
    });
    const executed = world.commit(segments);
    expect(executed.skipped).toEqual([]);
    expect(executed.receipts).toHaveLength(segments.length);
    after(segments, executed);
  }
}

/** What a till keeps: values and trees built from deltas alone. */
class Till implements LedgerView {
  readonly values = new Map<ShardId, Map<string, Uint8Array>>();
  readonly trees = new Map<ShardId, HashedShard>();

  constructor(state: LedgerState) {
    for (const shard of state.shardIds()) this.#take(shard, [...state.leaves(shard)], state.leafCount(shard));
  }

  #take(shard: ShardId, leaves: readonly { slot: number; key: string; value: Uint8Array }[], leafCount: number): void {
    const tree = this.trees.get(shard) ?? new HashedShard(shard);
    this.trees.set(shard, tree);
    const staged = tree.stage(leafCount, leaves);
    if (staged === null) throw new Error('a delta of the ledger is dense');
    staged.commit();
    const values = this.values.get(shard) ?? new Map<string, Uint8Array>();
    this.values.set(shard, values);
    for (const { key, value } of leaves) values.set(key, value);
  }

  apply(change: StateChange): void {
    for (const delta of change.deltas) {
      const received = decode(shardDeltaFormat, encode(shardDeltaFormat, delta));
      if (!received.ok) throw new Error(received.reason);
      expect(received.value.baseRoot).toEqual(this.trees.get(delta.shard)?.root ?? new HashedShard(delta.shard).root);
      this.#take(delta.shard, received.value.leaves, received.value.leafCount);
    }
  }

  holds(shard: ShardId): boolean {
    return this.values.has(shard);
  }

  get(shard: ShardId, key: string): Uint8Array | undefined {
    return this.values.get(shard)?.get(key);
  }
}

const opening = openWorkload();

/** A copy of the opened world, journals included. */
function freshWorld(): World {
  return opening.copy();
}

describe('random workloads with hostile authors', () => {
  it('conserve: every item in one status, no item captured twice, no right overspent', () => {
    const seen = new Set<string>();
    fc.assert(
      fc.property(steps({ minLength: 20, maxLength: 90 }), fc.integer({ min: 1, max: 12 }), (list, perBlock) => {
        const world = freshWorld();
        const tally: Tally = { capturedValue: 0n };
        run(world, list, perBlock, (_segments, { receipts }) => {
          for (const receipt of receipts) {
            seen.add(`${outcomes[receipt.outcome]} ${world.kindOf(receipt)} ${reasonsIn(receipt.reasons).join(' ')}`);
            if (world.kindOf(receipt) === 'basket.capture') {
              tally.capturedValue += receipt.value;
            }
            if (world.kindOf(receipt) === 'basket.void') tally.capturedValue -= receipt.value;
          }
          checkConservation(world.state, tally);
        });
      }),
      { numRuns: 150 },
    );
    // The workload is worth its time only if it reaches both sides of the rules.
    for (const one of [
      'applied basket.capture',
      'applied basket.release',
      'applied basket.void',
      'applied coupon.void',
      'applied right.release',
      'applied right.grant',
      'conflicted basket.capture',
      'conflicted coupon.reserve',
      'conflicted trace.sell',
      'applied trace.aggregate',
      'conflicted trace.return',
      'refused coupon.reserve ALREADY_REDEEMED',
      'refused coupon.reserve ALLOCATION_INVALID',
      'refused coupon.reserve HUB_FENCED',
      'refused basket.capture NOT_RESERVED',
    ]) {
      expect(
        [...seen].some((answer) => answer.startsWith(one)),
        one,
      ).toBe(true);
    }
  });

  it('lead to the same roots from a state rebuilt of its leaves', () => {
    fc.assert(
      fc.property(steps({ minLength: 10, maxLength: 40 }), (list) => {
        const world = freshWorld();
        let copy = LedgerState.load(
          world.state.shardIds().map((shard) => ({ shard, leaves: world.state.leaves(shard) })),
        );
        expect(copy.stateRoot).toEqual(world.state.stateRoot);
        run(world, list, 5, (segments, executed) => {
          const again = executeBlock(copy, {
            chainId,
            height: world.height,
            timeMs: world.timeMs,
            segments,
            beacon: world.beacon,
          });
          expect(again.resultRoot).toEqual(executed.resultRoot);
          copy.commit(again.change);
          const source = copy;
          copy = LedgerState.load(source.shardIds().map((shard) => ({ shard, leaves: source.leaves(shard) })));
          expect(copy.stateRoot).toEqual(world.state.stateRoot);
        });
      }),
      { numRuns: 25 },
    );
  });

  it('give a till that applies the deltas the certified root of every shard', () => {
    fc.assert(
      fc.property(steps({ minLength: 10, maxLength: 60 }), (list) => {
        const world = freshWorld();
        const till = new Till(world.state);
        run(world, list, 4, (_segments, { change }) => {
          till.apply(change);
          for (const [shard, tree] of till.trees) expect(tree.root).toEqual(world.state.shardRootOf(shard));
        });
      }),
      { numRuns: 25 },
    );
  });

  it('are judged by the till as they are executed by the validator', () => {
    let judged = 0;
    fc.assert(
      fc.property(steps({ minLength: 30, maxLength: 50 }), (list) => {
        const world = freshWorld();
        const till = new Till(world.state);
        for (const step of list) {
          const { author, operation } = operationOf(world, step);
          const stream = operation.kind.startsWith('trace.') ? 1 : 0;
          const sequence = world.journal(author, stream).nextSequence;
          const notAfterMs = step.c % 3 === 0 ? world.timeMs - 1 : null;
          const time = { seenHeight: world.height, timeLowMs: world.timeMs, timeHighMs: world.timeMs, notAfterMs };
          const said = judgeOperation(till, { chainId, author, epoch: 0, sequence, ...time }, operation);
          const { receipts, change } = world.commit([world.segment(author, [operation], time)]);
          const { outcome, reasons, value } = receipts[0] as Receipt;
          const known = said.missing.length === 0;
          if (known) expect(said).toMatchObject({ outcome: outcomes[outcome], reasons, value, uncertain: false });
          else expect(said.reasons).not.toBe(0n);
          if (known) judged++;
          till.apply(change);
        }
      }),
      { numRuns: 40 },
    );
    expect(judged).toBeGreaterThan(1_000);
  });

  it('leave no trace when the block is dropped', () => {
    fc.assert(
      fc.property(steps({ minLength: 5, maxLength: 30 }), (list) => {
        const world = freshWorld();
        const leavesOf = (): string =>
          world.state
            .shardIds()
            .map(
              (shard) =>
                `${shard}${[...world.state.leaves(shard)].map(({ key, value }) => key + Buffer.from(value).toString('hex'))}`,
            )
            .join();
        const before = leavesOf();
        const segments = list.map((step) => {
          const { author, operation } = operationOf(world, step);
          return world.segment(author, [operation]);
        });
        const first = world.execute(segments);
        expect(leavesOf()).toBe(before);
        expect(world.execute(segments).resultRoot).toEqual(first.resultRoot);
      }),
      { numRuns: 25 },
    );
  });
});
