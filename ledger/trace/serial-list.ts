/** The serials of a batch: one sorted list in chunks of 1,024 and an index of where each chunk begins. Places never change. */
import { type Infer, list, versioned } from '#core/format';
import { batchShard, productSerialFormat } from '../ids.ts';
import { chunkItems, copyChunk } from '../state/nibbles.ts';
import { storedObject } from '../state/stored-object.ts';
import type { LedgerOverlay, LedgerView } from '../state/view.ts';
import { type Batch, type BatchKey, batchSerialsMax } from './batch.ts';

/** `index`: the first serial of each `serials/<n>`. */
export const serialIndexFormat = versioned(
  'serial-index',
  1,
  { bytesMax: 24 * 1024 },
  { firstSerials: list(productSerialFormat, { min: 1, max: batchSerialsMax / chunkItems }) },
);
/** An index as stored. */
export type SerialIndex = Infer<typeof serialIndexFormat>;

/** `serials/<n>`: places n x 1,024 and up of the sorted list. */
export const serialsChunkFormat = versioned(
  'serials-chunk',
  1,
  { bytesMax: 24 * 1024 },
  { serials: list(productSerialFormat, { min: 1, max: chunkItems }) },
);

const indexes = storedObject(serialIndexFormat);
const chunks = storedObject(serialsChunkFormat);

/** Key of the index object. */
export const serialIndexKey = 'index';
/** Key of a chunk of serials. */
export const serialsKey = (chunk: number): string => `serials/${chunk}`;

/** Whether texts ascend strictly by code unit (serials are ASCII, so that is by code point). */
export function ascends(texts: readonly string[]): boolean {
  return texts.every((one, at) => at === 0 || (texts[at - 1] as string) < one);
}

/** Index of the last text not greater than `wanted`, -1 for none. */
export function lastNotAfter(sorted: readonly string[], wanted: string): number {
  let low = 0;
  let high = sorted.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((sorted[middle] as string) <= wanted) low = middle + 1;
    else high = middle;
  }
  return low - 1;
}

/** The serials of one chunk; none where it does not exist. */
export function readSerials(view: LedgerView, { tradeItem, lot }: BatchKey, chunk: number): readonly string[] {
  return chunks.read(view, batchShard(tradeItem, lot), serialsKey(chunk))?.serials ?? [];
}

/** The greatest serial of a batch; '' where it has none. */
export function lastSerialOf(view: LedgerView, batch: Batch): string {
  if (batch.serialCount === 0) return '';
  return readSerials(view, batch, Math.ceil(batch.serialCount / chunkItems) - 1).at(-1) ?? '';
}

/** Appends serials, which ascend and come after all that `batch` has. The caller writes the batch's new count. */
export function appendSerials(tx: LedgerOverlay, batch: Batch, serials: readonly string[]): void {
  const shard = batchShard(batch.tradeItem, batch.lot);
  const firstSerials = [...(indexes.read(tx, shard, serialIndexKey)?.firstSerials ?? [])];
  let taken = 0;
  while (taken < serials.length) {
    const place = batch.serialCount + taken;
    const chunk = Math.floor(place / chunkItems);
    const before = place % chunkItems === 0 ? [] : readSerials(tx, batch, chunk);
    const more = serials.slice(taken, taken + chunkItems - before.length);
    chunks.write(tx, shard, serialsKey(chunk), { serials: [...before, ...more] });
    if (before.length === 0) {
      firstSerials.push(more[0] as string);
      tx.put(shard, `chunk/${chunk}`, copyChunk(undefined));
    }
    taken += more.length;
  }
  if (taken > 0) indexes.write(tx, shard, serialIndexKey, { firstSerials });
}

/** Place of a serial in the batch's sorted list; null where the batch does not list it. */
export function placeOfSerial(view: LedgerView, batch: BatchKey, serial: string): number | null {
  const shard = batchShard(batch.tradeItem, batch.lot);
  const chunk = lastNotAfter(indexes.read(view, shard, serialIndexKey)?.firstSerials ?? [], serial);
  if (chunk < 0) return null;
  const serials = readSerials(view, batch, chunk);
  const at = lastNotAfter(serials, serial);
  return at >= 0 && serials[at] === serial ? chunk * chunkItems + at : null;
}
