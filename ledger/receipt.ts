/** The ledger's answer to one entry, committed under the block's receipts root. */
import { uint32Bytes } from '#core/bytes';
import { encodedHash, encodedHashes } from '#core/encoded-hash';
import { type Infer, list, optional, record, text, uint, versioned } from '#core/format';
import { taggedHash } from '#core/hash';
import { merkleRoot } from '#core/merkle';
import {
  accountIdFormat,
  amountFormat,
  epochFormat,
  hashFormat,
  heightFormat,
  sequenceFormat,
  timeMsFormat,
} from './ids.ts';
import { streamFormat } from './journal/stream.ts';
import { reasonSetFormat } from './reasons.ts';

/** What became of an entry. */
export const outcomes = ['applied', 'refused', 'conflicted'] as const;
/**
 * `applied`: in force (reason bits may still flag something, e.g. a product sold twice).
 * `refused`: nothing changed.
 * `conflicted`: it happened in the shop, but somebody else was first; the loss rule applies.
 */
export type Outcome = (typeof outcomes)[number];

/** An amount of an asset, or items of a coupon series, that went from one account to another. */
export const movementFormat = record('movement', {
  /** Asset, or `c/` and the series of which `amount` items went. */
  asset: text({ min: 1, max: 32, pattern: /^([a-z0-9][a-z0-9._-]*|c\/[0-9]{13})$/ }),
  /** Null: newly issued. */
  from: optional(accountIdFormat),
  /** Null: burned. */
  to: optional(accountIdFormat),
  amount: amountFormat,
});
/** A decoded movement. */
export type Movement = Infer<typeof movementFormat>;

/** How much one reservation of the basket took off one of its lines, base units of what was reserved. */
export const lineAllocationFormat = record('line-allocation', {
  /** The POS program's number of the line. */
  line: uint({ max: 9_999 }),
  /** Sequence of the reservation, in the receipt's stream. */
  reservation: sequenceFormat,
  amount: amountFormat,
});
/** A decoded allocation. */
export type LineAllocation = Infer<typeof lineAllocationFormat>;

/** Most movements of one receipt. */
export const movementsMax = 64;
/** Most line allocations of one receipt. */
export const lineAllocationsMax = 128;

/** Largest encoded receipt. */
export const receiptBytesMax = 16 * 1024;

/** One receipt. */
export const receiptFormat = versioned(
  'receipt',
  1,
  { bytesMax: receiptBytesMax },
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
    reasons: reasonSetFormat,
    /** Value moved, in the series' base units; 0 where none. */
    value: amountFormat,
    movements: list(movementFormat, { max: movementsMax }),
    lines: list(lineAllocationFormat, { max: lineAllocationsMax }),
  },
);
/** A decoded receipt. */
export type Receipt = Infer<typeof receiptFormat>;

/** Leaf hash of a receipt. */
export function receiptLeaf(receipt: Receipt): Uint8Array {
  return encodedHash('bizain/receipt/1', receiptFormat, receipt);
}

/** Leaf hashes of the receipts of a block. */
export function receiptLeavesOf(receipts: readonly Receipt[]): Uint8Array[] {
  return encodedHashes('bizain/receipt/1', receiptFormat, receipts);
}

/** Commitment to the ordered receipts of one block: their count and Merkle root. */
export function receiptsRoot(leaves: readonly Uint8Array[]): Uint8Array {
  return receiptsRootOf(leaves.length, merkleRoot(leaves));
}

/** As `receiptsRoot`, from the count and the bare Merkle root (for checking a path). */
export function receiptsRootOf(count: number, treeRoot: Uint8Array): Uint8Array {
  return taggedHash('bizain/receipts/1', uint32Bytes(count), treeRoot);
}
