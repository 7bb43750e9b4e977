import { describe, expect, it } from 'vitest';
import type { Operation } from '#ledger/operation';
import { blockWorkMax, workOf } from '#ledger/operation-work';
import { defineSeries, issueItems } from '../../unit/ledger/coupon-world.ts';
import { gcn, issuer, lease, reserve, storeA, World } from '../../unit/ledger/world.ts';

const count = 100_000;
const voidAll: Operation = { kind: 'coupon.void', gcn, firstSerial: 0, count, reason: 'all of them' };

function opened(): World {
  const world = World.open();
  world.all(issuer, [defineSeries({}), issueItems(count)]);
  return world;
}

describe('small operations that mean much work (SPEC J9)', () => {
  it('of one author fill a block only so far: the rest of its segment waits, and others are not kept waiting', () => {
    const world = opened();
    const perBlock = blockWorkMax / count;
    const heavy = world.segment(
      issuer,
      Array.from({ length: perBlock + 3 }, () => voidAll),
    );
    // Two segments of one author are one author's work.
    const more = world.segment(issuer, [voidAll]);
    const till = world.segment(`${storeA}/lane-1`, [reserve(1)]);
    const first = world.commit([heavy, more, till]);
    expect(first.receipts.filter(({ author }) => author === issuer)).toHaveLength(perBlock);
    expect(first.receipts.filter(({ author }) => author !== issuer)).toHaveLength(1);
    expect(first.skipped).toEqual([
      { index: 0, reason: 'WAITING' },
      { index: 1, reason: 'GAP' },
    ]);
    const second = world.commit([heavy, more]);
    expect([second.receipts.length, second.skipped]).toEqual([4, []]);
  });

  it('are counted by what they go through, and none is too much for a block', () => {
    expect(workOf(voidAll)).toBe(count);
    expect(workOf({ ...issueItems(7), kind: 'coupon.issue' } as Operation)).toBe(7);
    expect(workOf(lease(0, 65_535))).toBe(65_536);
    // Refused before anything is gone through.
    expect(workOf(lease(0, 999_999_999_999))).toBe(65_536);
    expect(
      workOf({ kind: 'right.release', rightId: 'r', part: { kind: 'items', ranges: [{ first: 5, last: 9 }] } }),
    ).toBe(5);
    expect(workOf(reserve(1))).toBe(0);
    expect(blockWorkMax).toBeGreaterThanOrEqual(count);
  });
});
