/** A block of long ago, proved from the history root that a later header carries (ARCHITECTURE D2). */
import { equalBytes } from '#core/bytes';
import { bytesOf, type Infer, list, uint, versioned } from '#core/format';
import { HASH_BYTES } from '#core/hash';
import { rootFromPath } from '#core/merkle';
import { historyLeaf, historyRootOf, peakLevels } from './history.ts';

/** Blocks that a provable history may have. */
const historyCountMax = 2 ** 32;

/** Path from one block to a history root. */
export const historyProofFormat = versioned(
  'history-proof',
  1,
  { bytesMax: 4_096 },
  {
    /** The block's place, its height less one. */
    index: uint({ max: historyCountMax - 1 }),
    /** Blocks of the history: the height less one of the header that carries its root. */
    count: uint({ max: historyCountMax }),
    /** Siblings from the block upwards in its perfect tree. */
    path: list(bytesOf(32), { max: 32 }),
    /** Roots of the other perfect trees, largest tree first. */
    peaks: list(bytesOf(32), { max: 32 }),
  },
);
/** A decoded history proof. */
export type HistoryProof = Infer<typeof historyProofFormat>;

/** Where a builder finds the nodes that `History.append` has given out; undefined for one that is not kept. */
export type HistoryNodes = (level: number, place: number) => Uint8Array | undefined;

interface Mountain {
  /** Which peak it is, from the largest. */
  readonly peak: number;
  readonly level: number;
  /** First block in it. */
  readonly first: number;
}

/** The perfect tree that block `index` of `count` is in; `index` is below `count`. */
function mountainOf(index: number, count: number): Mountain {
  let first = 0;
  const levels = peakLevels(count);
  for (let peak = 0; peak < levels.length - 1; peak++) {
    const level = levels[peak] as number;
    if (index < first + 2 ** level) return { peak, level, first };
    first += 2 ** level;
  }
  return { peak: levels.length - 1, level: levels.at(-1) ?? 0, first };
}

function isPlace(index: number, count: number): boolean {
  return Number.isSafeInteger(index) && Number.isSafeInteger(count) && index >= 0 && index < count;
}

/** The proof that block `index` (from 0) is in the history of the first `count`; null where there is no such block, or node. */
export function proveHistory(index: number, count: number, nodeAt: HistoryNodes): HistoryProof | null {
  if (!isPlace(index, count) || count > historyCountMax) return null;
  const own = mountainOf(index, count);
  const path: Uint8Array[] = [];
  const peaks: Uint8Array[] = [];
  let place = index;
  for (let level = 0; level < own.level; level++) {
    const sibling = nodeAt(level, place % 2 === 0 ? place + 1 : place - 1);
    if (sibling === undefined) return null;
    path.push(sibling);
    place = Math.floor(place / 2);
  }
  let first = 0;
  for (const [peak, level] of peakLevels(count).entries()) {
    const node = peak === own.peak ? null : nodeAt(level, first / 2 ** level);
    if (node === undefined) return null;
    if (node !== null) peaks.push(node);
    first += 2 ** level;
  }
  return { index, count, path, peaks };
}

/** Whether the proof leads from this block and its result to the history root of a certified header. Never throws. */
export function verifyHistoryProof(
  proof: HistoryProof,
  block: { readonly blockHash: Uint8Array; readonly resultRoot: Uint8Array },
  historyRoot: Uint8Array,
): boolean {
  const { index, count, path, peaks } = proof;
  if (!isPlace(index, count) || count > historyCountMax) return false;
  const own = mountainOf(index, count);
  if (path.length !== own.level || peaks.length !== peakLevels(count).length - 1) return false;
  if (peaks.some((peak) => peak.length !== HASH_BYTES)) return false;
  const root = rootFromPath(historyLeaf(block.blockHash, block.resultRoot), index - own.first, path);
  if (root === undefined) return false;
  const all = [...peaks.slice(0, own.peak), root, ...peaks.slice(own.peak)];
  return equalBytes(historyRootOf(count, all), historyRoot);
}
