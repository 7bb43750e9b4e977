import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { toHex } from '#core/bytes';
import { merklePath } from '#core/merkle';
import { type Receipt, receiptLeaf, receiptsRoot } from '#ledger/receipt';
import { provedReceiptsRoot } from '#sync/light-client/proved-receipts';

function receipt(sequence: number): Receipt {
  const hash = new Uint8Array(32);
  const place = { author: 'a', epoch: 0, stream: 0, sequence, entryHash: hash };
  return { ...place, height: 1, timeMs: 1, outcome: 0, reasons: 0n, value: 0n, movements: [], lines: [] };
}

describe('proved receipts', () => {
  it('of any part of a block, in any order, lead to its root; any change in one of them does not', () => {
    const blocks = fc.integer({ min: 1, max: 70 }).chain((count) =>
      fc.record({
        count: fc.constant(count),
        picked: fc.uniqueArray(fc.nat(count - 1), { minLength: 1, maxLength: count }),
        bend: fc.record({ which: fc.nat(1_000), level: fc.nat(7), byte: fc.nat(31) }),
      }),
    );
    fc.assert(
      fc.property(blocks, ({ count, picked, bend }) => {
        const receipts = Array.from({ length: count }, (_, sequence) => receipt(sequence));
        const leaves = receipts.map(receiptLeaf);
        const wanted = toHex(receiptsRoot(leaves));
        const proved = picked.map((index) => ({
          receipt: receipts[index] as Receipt,
          index,
          path: merklePath(leaves, index),
        }));
        const root = provedReceiptsRoot(proved, count);
        expect(root === undefined ? root : toHex(root)).toBe(wanted);
        const which = bend.which % proved.length;
        const forged = proved.map((each, at) =>
          at === which ? { ...each, receipt: { ...each.receipt, sequence: each.receipt.sequence + 1_000 } } : each,
        );
        const bent = provedReceiptsRoot(forged, count);
        expect(bent === undefined ? bent : toHex(bent)).not.toBe(wanted);
        // A lone receipt needs its whole path; beside others the part above the first shared node is not looked at.
        const [lone] = proved.slice(which, which + 1);
        const sibling = lone?.path[bend.level];
        if (lone === undefined || sibling === undefined) return;
        const hash = sibling.with(bend.byte, (sibling[bend.byte] ?? 0) ^ 1);
        const broken = provedReceiptsRoot([{ ...lone, path: lone.path.with(bend.level, hash) }], count);
        expect(broken === undefined ? broken : toHex(broken)).not.toBe(wanted);
      }),
      { numRuns: 300 },
    );
  });
});
