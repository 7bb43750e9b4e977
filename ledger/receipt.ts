/** The ledger's answer to one entry, committed under the block's receipts root. */
import { encode, type Infer, uint, versioned } from '#core/format';
import { taggedHash } from '#core/hash';
import { merkleRoot } from '#core/merkle';
import { amountFormat } from './coupons/terms.ts';
import { accountIdFormat, epochFormat, hashFormat, heightFormat, sequenceFormat, timeMsFormat } from './ids.ts';
import { streamFormat } from './journal/entry.ts';

/** What became of an entry. */
export const outcomes = ['applied', 'refused', 'conflicted'] as const;
/**
 * `applied`: in force (reason bits may still flag something, e.g. a product sold twice).
 * `refused`: nothing changed.
 * `conflicted`: it happened in the shop, but somebody else was first; the loss rule applies.
 */
export type Outcome = (typeof outcomes)[number];

/** One receipt. */
export const receiptFormat = versioned(
  'receipt',
  1,
  { bytesMax: 256 },
  {
    author: accountIdFormat,
    epoch: epochFormat,
    stream: streamFormat,
    sequence: sequenceFormat,
    /** Chain hash of the entry. */
    entryHash: hashFormat,
    height: heightFormat,
    /** Time of the block. */
    timeMs: timeMsFormat,
    /** Index into `outcomes`. */
    outcome: uint({ max: outcomes.length - 1 }),
    /** Reason bits (reasons.ts). */
    reasons: uint({}),
    /** Value moved, in the series' base units; 0 where none. */
    value: amountFormat,
  },
);
/** A decoded receipt. */
export type Receipt = Infer<typeof receiptFormat>;

/** Leaf hash of a receipt. */
export function receiptLeaf(receipt: Receipt): Uint8Array {
  return taggedHash('bizain/receipt/1', encode(receiptFormat, receipt));
}

/** Commitment to the ordered receipts of one block: their count and Merkle root. */
export function receiptsRoot(leaves: readonly Uint8Array[]): Uint8Array {
  return receiptsRootOf(leaves.length, merkleRoot(leaves));
}

/** As `receiptsRoot`, from the count and the bare Merkle root (for checking a path). */
export function receiptsRootOf(count: number, treeRoot: Uint8Array): Uint8Array {
  const countBytes = new Uint8Array(4);
  new DataView(countBytes.buffer).setUint32(0, count);
  return taggedHash('bizain/receipts/1', countBytes, treeRoot);
}
