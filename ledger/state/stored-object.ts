/** Objects by format: decoded when read, encoded when a block is done, and remembered by the identity of their bytes. */
import { assert } from '#core/assert';
import { decode, type Format } from '#core/format';
import type { ShardId } from '../ids.ts';
import { StateOverlay } from './state-overlay.ts';
import type { LedgerOverlay, LedgerView } from './view.ts';

/** Reading and writing one kind of object. Values are shared: never change one, write a new one. */
export interface StoredObject<T> {
  readonly format: Format<T>;
  /** The object, or null where the shard has none. Asserts that the bytes are of the format: only handlers wrote them. */
  read(view: LedgerView, shard: ShardId, key: string): T | null;
  write(tx: LedgerOverlay, shard: ShardId, key: string, value: T): void;
}

/** The access to objects of a format. */
export function storedObject<T>(format: Format<T>): StoredObject<T> {
  // Views hand out the same array for the same object, and nobody changes it: so its value need be decoded only once.
  const known = new WeakMap<Uint8Array, { readonly value: T }>();
  return {
    format,
    read(view, shard, key) {
      const written = view instanceof StateOverlay ? view.written(shard, key) : undefined;
      if (written !== undefined && written.format === format) return written.value as T;
      const bytes = view.get(shard, key);
      if (bytes === undefined) return null;
      const remembered = known.get(bytes);
      if (remembered !== undefined) return remembered.value;
      const decoded = decode(format, bytes);
      assert(decoded.ok, `object ${shard} ${key} is not of its format`);
      known.set(bytes, { value: decoded.value });
      return decoded.value;
    },
    write(tx, shard, key, value) {
      tx.putObject(shard, key, format, value);
    },
  };
}
