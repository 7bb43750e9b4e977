/**
 * Proof that a complete batch does not list a serial, for whoever holds nothing but the shard's certified root: the batch
 * record, the index, and the one chunk whose range covers the serial (SPEC T13, ARCHITECTURE D1).
 */
import { equalBytes } from '#core/bytes';
import { bytes, bytesOf, decode, type Infer, list, optional, record, uint, versioned } from '#core/format';
import { merkleDepth, rootFromPath } from '#core/merkle';
import { batchShard, lotFormat, productSerialFormat, tradeItemFormat } from '../ids.ts';
import { leafHash, shardRoot } from '../state/roots.ts';
import { batchFormat, type ProductKey } from './batch.ts';
import { lastNotAfter, serialIndexFormat, serialIndexKey, serialsChunkFormat, serialsKey } from './serial-list.ts';

const coveringLeafFormat = record('covering-leaf', {
  slot: uint({ max: 0xffff_ffff }),
  value: bytes({ max: 24 * 1024 }),
  /** Siblings from the leaf upwards in the shard's tree. */
  path: list(bytesOf(32), { max: 32 }),
});
/** A leaf and its path to the root of its shard. */
export type CoveringLeaf = Infer<typeof coveringLeafFormat>;

/** The proof. `serials` is null where the serial comes before all that the batch lists. */
export const absenceProofFormat = versioned(
  'absence-proof',
  1,
  { bytesMax: 56 * 1024 },
  {
    tradeItem: tradeItemFormat,
    lot: lotFormat,
    serial: productSerialFormat,
    leafCount: uint({ max: 0xffff_ffff }),
    batch: coveringLeafFormat,
    index: coveringLeafFormat,
    serials: optional(coveringLeafFormat),
  },
);
/** A decoded proof. */
export type AbsenceProof = Infer<typeof absenceProofFormat>;

/** A shard that can prove its leaves. */
export interface ProvableShard {
  readonly leafCount: number;
  /** A leaf by its key, null where there is none. */
  leaf(key: string): CoveringLeaf | null;
}

/** Proves that a batch does not list a serial; null where it is not complete, or does list it. `shard`: the batch's. */
export function proveAbsence(shard: ProvableShard, product: ProductKey): AbsenceProof | null {
  const batch = shard.leaf('batch');
  const index = shard.leaf(serialIndexKey);
  if (batch === null || index === null) return null;
  const decoded = decode(serialIndexFormat, index.value);
  if (!decoded.ok) return null;
  const chunk = lastNotAfter(decoded.value.firstSerials, product.serial);
  const serials = chunk < 0 ? null : shard.leaf(serialsKey(chunk));
  const { tradeItem, lot, serial } = product;
  const proof = { tradeItem, lot, serial, leafCount: shard.leafCount, batch, index, serials };
  return listsNot(proof) ? proof : null;
}

/** Whether the leaves say that the batch is complete without the serial. */
function listsNot({ tradeItem, lot, serial, batch, index, serials }: AbsenceProof): boolean {
  const record = decode(batchFormat, batch.value);
  if (!record.ok || !record.value.complete) return false;
  if (record.value.tradeItem !== tradeItem || record.value.lot !== lot) return false;
  const listed = decode(serialIndexFormat, index.value);
  if (!listed.ok) return false;
  if (lastNotAfter(listed.value.firstSerials, serial) < 0) return serials === null;
  const chunk = serials === null ? null : decode(serialsChunkFormat, serials.value);
  return chunk?.ok === true && !chunk.value.serials.includes(serial);
}

/** Whether the proof leads to the batch's shard root, and says that the serial was never made. Never throws. */
export function verifyAbsence(proof: AbsenceProof, certifiedShardRoot: Uint8Array): boolean {
  const { tradeItem, lot, serial, leafCount, batch, index, serials } = proof;
  const isIn = (key: string, { slot, value, path }: CoveringLeaf): boolean => {
    if (slot >= leafCount || path.length !== merkleDepth(leafCount)) return false;
    const top = rootFromPath(leafHash(key, value), slot, path);
    return top !== undefined && equalBytes(shardRoot(batchShard(tradeItem, lot), leafCount, top), certifiedShardRoot);
  };
  if (!isIn('batch', batch) || !isIn(serialIndexKey, index) || !listsNot(proof)) return false;
  if (serials === null) return true;
  const listed = decode(serialIndexFormat, index.value);
  return listed.ok && isIn(serialsKey(lastNotAfter(listed.value.firstSerials, serial)), serials);
}
