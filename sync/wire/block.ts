/** Blocks: an immutable header and the digests of the segments it orders (ARCHITECTURE D2). */
import { bytesOf, encode, type Infer, list, record, uint, versioned } from '#core/format';
import { sha256, taggedHash } from '#core/hash';
import { merkleRoot } from '#core/merkle';
import { hashFormat, heightFormat, timeMsFormat } from '#ledger/ids';

/** Most segments a block orders. */
export const blockBodiesMax = 4_096;
/** Most bytes of segments a block orders. */
export const blockBodyBytesMax = 8 * 1024 * 1024;
/** Most entries a block executes; a primary that exceeds it is voted out. */
export const blockEntriesMax = 65_536;

/** Everything a certificate stands for: order, result of the parent, history, beacon. Immutable once proposed. */
export const headerFormat = versioned(
  'header',
  2,
  { bytesMax: 512 },
  {
    chainId: hashFormat,
    height: heightFormat,
    /** The view in which it was first proposed; a re-proposal keeps it. */
    viewOfOrigin: uint({ max: 0xffff_ffff }),
    /** Block hash of the parent; zeros at height 1 (genesis has height 0 and no block). */
    parentHash: hashFormat,
    operationsRoot: hashFormat,
    timeMs: timeMsFormat,
    /** ECVRF proof (80 bytes, RFC 9381) by the proposer of `viewOfOrigin` over the epoch's seed and the height. */
    beaconProof: bytesOf(80),
    validatorSetHash: hashFormat,
    /** Result root of the parent; at height 1 that of the genesis state. */
    parentResultRoot: hashFormat,
    /** Merkle mountain range over (block hash, result root) of all blocks before the parent included. */
    historyRoot: hashFormat,
    /** Hash of the chain state after the parent (`sync/pbft/chain.ts`): validators of this epoch and the next, seeds, who failed. */
    chainStateHash: hashFormat,
  },
);
export type Header = Infer<typeof headerFormat>;

/** A header with the digests of what it orders; bodies travel apart. */
export const blockFormat = record('block', {
  header: headerFormat,
  /** sha256 of each segment's bytes, in the order of execution. */
  bodyDigests: list(bytesOf(32), { max: blockBodiesMax }),
});
export type Block = Infer<typeof blockFormat>;

/** The block hash: of the header's bytes. */
export function blockHash(header: Header): Uint8Array {
  return taggedHash('bizain/header/2', encode(headerFormat, header));
}

/** Digest of a body (one segment's exact bytes). */
export function bodyDigest(segmentBytes: Uint8Array): Uint8Array {
  return sha256(segmentBytes);
}

/** Commitment to the ordered bodies: their count and Merkle root. */
export function operationsRoot(bodyDigests: readonly Uint8Array[]): Uint8Array {
  const count = new Uint8Array(4);
  new DataView(count.buffer).setUint32(0, bodyDigests.length);
  return taggedHash('bizain/operations/1', count, merkleRoot(bodyDigests));
}
