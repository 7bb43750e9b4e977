/** Columns over enumerated things in chunks of 1,024: read where they lie, copied once when first changed, written back together. */
import { assert } from '#core/assert';
import type { ShardId } from '../ids.ts';
import { chunkBytes, chunkItems, nibbleAt, setNibble } from '../state/nibbles.ts';
import type { LedgerOverlay, LedgerView } from '../state/view.ts';

/** Largest number in a column of words. */
export const wordMax = 0xffff;
const wordsBytes = 2 * chunkItems;

/** One chunk: as the view has it until it is first changed, a copy from then on. */
interface OpenChunk {
  readonly key: string;
  readonly number: number;
  bytes: Uint8Array | undefined;
  isCopy: boolean;
}

/**
 * Chunks of one shard. A column's keys are `<column>/<n><suffix>`; what was never written is 0. Nobody else may change these
 * columns before `flush`.
 */
export class OpenChunks {
  readonly #view: LedgerView;
  readonly #shard: ShardId;
  readonly #suffix: string;
  readonly #chunks = new Map<string, OpenChunk>();
  /** The chunk of each column that was asked for last: neighbours are handled together. */
  readonly #last = new Map<string, OpenChunk>();

  constructor(view: LedgerView, shard: ShardId, suffix = '') {
    this.#view = view;
    this.#shard = shard;
    this.#suffix = suffix;
  }

  #open(column: string, place: number): OpenChunk {
    const number = Math.floor(place / chunkItems);
    const last = this.#last.get(column);
    if (last !== undefined && last.number === number) return last;
    const key = `${column}/${number}${this.#suffix}`;
    let chunk = this.#chunks.get(key);
    if (chunk === undefined) {
      chunk = { key, number, bytes: this.#view.get(this.#shard, key), isCopy: false };
      this.#chunks.set(key, chunk);
    }
    this.#last.set(column, chunk);
    return chunk;
  }

  #copyOf(column: string, place: number, bytesLength: number): Uint8Array {
    const chunk = this.#open(column, place);
    if (!chunk.isCopy) chunk.bytes = chunk.bytes?.slice() ?? new Uint8Array(bytesLength);
    chunk.isCopy = true;
    assert(chunk.bytes !== undefined, 'a copy has bytes');
    return chunk.bytes;
  }

  /** Four bits of the thing at a place. */
  nibble(column: string, place: number): number {
    return nibbleAt(this.#open(column, place).bytes, place % chunkItems);
  }

  /** Sets four bits. */
  setNibble(column: string, place: number, value: number): void {
    if (this.nibble(column, place) === value) return;
    setNibble(this.#copyOf(column, place, chunkBytes), place % chunkItems, value);
  }

  /** Sixteen bits of the thing at a place. */
  word(column: string, place: number): number {
    const { bytes } = this.#open(column, place);
    if (bytes === undefined) return 0;
    assert(bytes.length === wordsBytes, `a column of words has ${bytes.length} bytes`);
    const at = 2 * (place % chunkItems);
    return ((bytes[at] as number) << 8) | (bytes[at + 1] as number);
  }

  /** Sets sixteen bits. */
  setWord(column: string, place: number, value: number): void {
    assert(value >= 0 && value <= wordMax, `${value} is not sixteen bits`);
    if (this.word(column, place) === value) return;
    const own = this.#copyOf(column, place, wordsBytes);
    const at = 2 * (place % chunkItems);
    own[at] = value >>> 8;
    own[at + 1] = value & 0xff;
  }

  /** Writes back what has changed. Nothing may be set afterwards. */
  flush(tx: LedgerOverlay): void {
    for (const { key, bytes, isCopy } of this.#chunks.values()) {
      if (isCopy && bytes !== undefined) tx.put(this.#shard, key, bytes);
    }
    this.#chunks.clear();
    this.#last.clear();
  }
}
