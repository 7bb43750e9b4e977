/** Hashes of values of a format: what is encoded only to be hashed is hashed where it was written. */
import { sharedWriter } from './cbor-writer.ts';
import { type Format, writeWithin } from './format.ts';
import { HASH_BYTES, sha256Into, tagPrefix } from './hash.ts';

/** Writes `taggedHash(tag, encode(format, value))` into `out` at `at`. */
function hashInto<T>(
  out: Uint8Array,
  at: number,
  of: { readonly tag: string; readonly format: Format<T> },
  value: T,
): void {
  const start = sharedWriter.at;
  try {
    sharedWriter.raw(tagPrefix(of.tag));
    writeWithin(sharedWriter, of.format, value);
    sha256Into(out, at, sharedWriter.viewFrom(start));
  } finally {
    sharedWriter.dropFrom(start);
  }
}

/** `taggedHash(tag, encode(format, value))`. */
export function encodedHash<T>(tag: string, format: Format<T>, value: T): Uint8Array {
  const out = new Uint8Array(HASH_BYTES);
  hashInto(out, 0, { tag, format }, value);
  return out;
}

/** `encodedHash` of each value: views of one memory, for hashes that live and die together. */
export function encodedHashes<T>(tag: string, format: Format<T>, values: readonly T[]): Uint8Array[] {
  const all = new Uint8Array(values.length * HASH_BYTES);
  const of = { tag, format };
  return values.map((value, index) => {
    const at = index * HASH_BYTES;
    hashInto(all, at, of, value);
    return all.subarray(at, at + HASH_BYTES);
  });
}
