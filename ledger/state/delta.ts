/** Shards on the move: deltas, proofs and snapshots that a till checks against a certified result root (ARCHITECTURE D1). */
import { bytes, bytesOf, type Infer, list, record, text, uint, versioned } from '#core/format';
import { hashFormat, heightFormat, shardIdFormat } from '../ids.ts';

/** Largest object on the ledger, bytes (the key commitments of 1,024 items fit). */
export const leafValueBytesMax = 64 * 1024;
/** Longest key: two accounts in one, each up to 48 bytes. */
export const leafKeyBytesMax = 160;
/** Key of an object within its shard. */
export const leafKeyFormat = text({ min: 1, max: leafKeyBytesMax });

/** One leaf with its place. */
export const leafFormat = record('leaf', {
  slot: uint({ max: 0xffff_ffff }),
  key: leafKeyFormat,
  value: bytes({ max: leafValueBytesMax }),
});
/** A leaf with its place. */
export type Leaf = Infer<typeof leafFormat>;

/** Path from a shard root to the certified result root. */
export const shardProofFormat = record('shard-proof', {
  shardIndex: uint({ max: 0xffff_ffff }),
  shardCount: uint({ max: 0xffff_ffff }),
  /** Siblings from the leaf upwards in the top tree. */
  path: list(bytesOf(32), { max: 32 }),
  receiptsRoot: hashFormat,
});
/** A decoded shard proof. */
export type ShardProof = Infer<typeof shardProofFormat>;

/** Path from one leaf to the certified result root: what proves an object to somebody who does not hold its shard. */
export const leafProofFormat = versioned(
  'leaf-proof',
  1,
  { bytesMax: 4_096 },
  {
    slot: uint({ max: 0xffff_ffff }),
    leafCount: uint({ max: 0xffff_ffff }),
    /** Siblings from the leaf upwards in the shard's tree. */
    path: list(bytesOf(32), { max: 32 }),
    shard: shardProofFormat,
  },
);
/** A decoded leaf proof. */
export type LeafProof = Infer<typeof leafProofFormat>;

/** Most leaves of a delta. */
export const shardDeltaLeavesMax = 65_536;
/** Most bytes of a delta's leaves; what is left of 8 MiB is for its head. */
export const shardDeltaBytesMax = 8 * 1024 * 1024 - 1_024;

/** What changed in one shard between two committed heights. Applying it to `baseRoot` must give the certified root. */
export const shardDeltaFormat = versioned(
  'shard-delta',
  1,
  { bytesMax: 8 * 1024 * 1024 },
  {
    shard: shardIdFormat,
    /** Shard root before; the root of the empty shard for a new one. */
    baseRoot: hashFormat,
    /** Height after which the shard looks like this. */
    height: heightFormat,
    leafCount: uint({ max: 0xffff_ffff }),
    /** Changed and new leaves by ascending slot. */
    leaves: list(leafFormat, { max: shardDeltaLeavesMax }),
  },
);
/** A decoded delta. */
export type ShardDelta = Infer<typeof shardDeltaFormat>;

/** Leaves in one snapshot chunk, at most. */
export const snapshotChunkLeavesMax = 1_024;

/** A slice of a shard at a checkpoint height: leaves `firstSlot ..` in slot order, none left out. */
export const snapshotChunkFormat = versioned(
  'snapshot-chunk',
  1,
  { bytesMax: 8 * 1024 * 1024 },
  {
    shard: shardIdFormat,
    height: heightFormat,
    leafCount: uint({ max: 0xffff_ffff }),
    firstSlot: uint({ max: 0xffff_ffff }),
    leaves: list(record('snapshot-leaf', { key: leafKeyFormat, value: bytes({ max: leafValueBytesMax }) }), {
      max: snapshotChunkLeavesMax,
    }),
  },
);
/** A decoded snapshot chunk. */
export type SnapshotChunk = Infer<typeof snapshotChunkFormat>;
