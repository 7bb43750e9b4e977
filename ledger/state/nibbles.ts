/** Chunk leaves: the status of 1,024 enumerated things, four bits each, in 512 bytes (ARCHITECTURE D1). */
import { assert } from '#core/assert';

/** Things in one chunk. */
export const chunkItems = 1_024;
/** Bytes of a chunk: the even item of a byte sits in its low four bits. */
export const chunkBytes = chunkItems / 2;

/** Four bits of item `index` (0 to 1,023); 0 where the chunk does not exist. */
export function nibbleAt(chunk: Uint8Array | undefined, index: number): number {
  if (chunk === undefined) return 0;
  if (chunk.length !== chunkBytes) assert(false, `a chunk of ${chunk.length} bytes`);
  const byte = chunk[index >>> 1] as number;
  return index % 2 === 0 ? byte & 15 : byte >>> 4;
}

/** The byte of item `index` with its four bits set. */
export function withNibble(byte: number, index: number, value: number): number {
  if (value < 0 || value > 15) assert(false, `${value} is not four bits`);
  return index % 2 === 0 ? (byte & 0xf0) | value : (byte & 0x0f) | (value << 4);
}

/** Sets four bits in place: only for a chunk that nobody else holds. */
export function setNibble(chunk: Uint8Array, index: number, value: number): void {
  const at = index >>> 1;
  chunk[at] = withNibble(chunk[at] as number, index, value);
}

/** A chunk of one's own to change: a copy, or zeros where none exists. */
export function copyChunk(chunk: Uint8Array | undefined): Uint8Array {
  return chunk === undefined ? new Uint8Array(chunkBytes) : chunk.slice();
}
