/**
 * What a validator asks of its peers to begin with the state at a checkpoint, and what they answer. The asker believes nothing:
 * the head is certified, the list of shards leads to the certified result, the nodes of a shard to its root, and each chunk to its node.
 */
import { bytes, type Infer, list, optional, record, uint } from '#core/format';
import { epochFormat, hashFormat, heightFormat, shardIdFormat } from '#ledger/ids';
import { leafKeyFormat, leafValueBytesMax, snapshotChunkLeavesMax } from '#ledger/state/delta';
import { epochCertificateFormat, epochCertificatesMax, lightBlockFormat } from './gateway-message.ts';

/** Most shards in one answer. */
export const snapshotShardsMax = 4_096;
/** Most bytes of nodes in one answer, and of one shard: 131,072 chunks. */
export const snapshotNodesBytesMax = 4 * 1024 * 1024;
/** Most chunks in one question. */
export const wantedChunksMax = 256;

const index = uint({ max: 0xffff_ffff });
const bit = uint({ max: 1 });

/** The newest checkpoint, and epoch certificates after an epoch, or all: the asker follows them to the checkpoint's validators. */
export const wantSnapshotFormat = record('want-snapshot', { afterEpoch: optional(epochFormat) });

/** A checkpoint; null where the peer has none to give, or an answer has epoch certificates alone. */
export const snapshotHeadFormat = record('snapshot-head', {
  head: optional(
    record('checkpoint-head', {
      /** Certified, with the result that everything else is checked against. */
      lightBlock: lightBlockFormat,
      /** The chain state that its header commits to, which is that before the block. */
      chainState: bytes({ max: 4_096 }),
      /** Peaks of the history that its header commits to, largest first. */
      peaks: list(hashFormat, { max: 64 }),
      receiptsRoot: hashFormat,
      shardCount: index,
    }),
  ),
  /** The earliest first. `more`: ask again after the last of them. */
  certificates: list(epochCertificateFormat, { max: epochCertificatesMax }),
  more: bit,
});
export type SnapshotHead = Infer<typeof snapshotHeadFormat>;

/** The shards of a checkpoint from a number on. */
export const wantShardsFormat = record('want-shards', { height: heightFormat, from: index });

/** A shard as it was at the checkpoint. */
export const snapshotShardFormat = record('snapshot-shard', {
  shard: shardIdFormat,
  leafCount: index,
  root: hashFormat,
  /** Leaves of a chunk, a power of two; the nodes of the shard's tree over them, 32 bytes each. */
  span: uint({ max: snapshotChunkLeavesMax }),
  nodes: bytes({ max: snapshotNodesBytesMax }),
});
export type SnapshotShard = Infer<typeof snapshotShardFormat>;

/** In the order of their creation; none where the checkpoint is not kept any more. */
export const snapshotShardsFormat = record('snapshot-shards', {
  height: heightFormat,
  from: index,
  shards: list(snapshotShardFormat, { max: snapshotShardsMax }),
});

/** Leaves of a shard, by its number: those of one chunk. */
export const wantedChunkFormat = record('wanted-chunk', {
  shardIndex: index,
  firstSlot: index,
  count: uint({ max: snapshotChunkLeavesMax }),
});
export type WantedChunk = Infer<typeof wantedChunkFormat>;

/** Chunks of a checkpoint. */
export const wantChunksFormat = record('want-chunks', {
  height: heightFormat,
  chunks: list(wantedChunkFormat, { min: 1, max: wantedChunksMax }),
});

/**
 * The leaves of the first of the wanted chunks, as many as fit; none where the checkpoint is not kept, or `busy`: ask again soon. `first`
 * is the first wanted one, by which an answer is told from a late one.
 */
export const chunksFormat = record('chunks', {
  height: heightFormat,
  first: wantedChunkFormat,
  busy: bit,
  chunks: list(
    list(record('chunk-leaf', { key: leafKeyFormat, value: bytes({ max: leafValueBytesMax }) }), {
      max: snapshotChunkLeavesMax,
    }),
    { max: wantedChunksMax },
  ),
});
export type SnapshotChunks = Infer<typeof chunksFormat>;
