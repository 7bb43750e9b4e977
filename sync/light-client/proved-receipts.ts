/** From receipts with their paths to the one receipts root that they all lead to. */
import { equalBytes } from '#core/bytes';
import { sha256 } from '#core/hash';
import { receiptLeaf, receiptsRootOf } from '#ledger/receipt';
import type { ProvedReceipt } from '../wire/gateway-message.ts';

/** Tree position as one number: level above the leaves, then index within the level (below 2^32). */
function place(level: number, index: number): number {
  return level * 2 ** 32 + index;
}

/**
 * The receipts root (count included) that every receipt's path leads to; `undefined` when two of them disagree.
 * Paths must have `merkleDepth(count)` hashes and indexes must be below `count`. Hashes shared by paths are computed
 * once, so that the cost of neighbours is close to one hash each.
 */
export function provedReceiptsRoot(receipts: readonly ProvedReceipt[], count: number): Uint8Array | undefined {
  /** Nodes on the paths of receipts before: each is bound to the first one's root. */
  const bound = new Map<number, Uint8Array>();
  let root: Uint8Array | undefined;
  for (const { receipt, index, path } of receipts) {
    const walked: [number, Uint8Array][] = [];
    let node = receiptLeaf(receipt);
    let at = index;
    let level = 0;
    let joined = false;
    for (; level <= path.length; level++) {
      const known = bound.get(place(level, at));
      if (known !== undefined) {
        if (!equalBytes(known, node)) return undefined;
        joined = true;
        break;
      }
      walked.push([place(level, at), node]);
      const sibling = path[level];
      if (sibling === undefined) break;
      walked.push([place(level, at % 2 === 0 ? at + 1 : at - 1), sibling]);
      node = at % 2 === 0 ? sha256(node, sibling) : sha256(sibling, node);
      at = Math.floor(at / 2);
    }
    if (!joined) {
      if (root !== undefined) return undefined;
      root = node;
    }
    for (const [key, hash] of walked) bound.set(key, hash);
  }
  return root === undefined ? undefined : receiptsRootOf(count, root);
}
