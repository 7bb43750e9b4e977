/** How ledger rules read and write objects: by shard and key, whoever holds them (a validator's state or a till's cache). */
import type { Format } from '#core/format';
import type { ShardId } from '../ids.ts';

/** Read access to objects as their canonical bytes. Returned arrays must not be changed. */
export interface LedgerView {
  /** Whether the holder has this shard at all. On a validator always true; on a till only for cached shards. */
  holds(shard: ShardId): boolean;
  /** The object's bytes, or undefined where the shard (if held) has none under the key. */
  get(shard: ShardId, key: string): Uint8Array | undefined;
}

/** Write access on top of a view; nothing reaches the view below until its owner commits. */
export interface LedgerOverlay extends LedgerView {
  /** Creates or replaces an object. New keys get the shard's next slot in the order of first writing. */
  put(shard: ShardId, key: string, value: Uint8Array): void;
  /** As putting the encoding of the value, which must not be changed afterwards; it is made when somebody asks for it. */
  putObject<T>(shard: ShardId, key: string, format: Format<T>, value: T): void;
  /**
   * As putting a copy of the object with one byte changed. Asserts that it exists and has the byte. Arrays that were got before are
   * not to be looked at any longer; objects that are read by their format are not to be written this way.
   */
  putByte(shard: ShardId, key: string, at: number, byte: number): void;
}
