/**
 * SHA-256 of many 64-byte nodes at once, the step from one level of a Merkle tree to the next: by the
 * native hashtree (SIMD) where its binary loads, by node:crypto everywhere else, with equal results.
 */
import { createRequire } from 'node:module';
import { assert } from './assert.ts';
import { HASH_BYTES, sha256 } from './hash.ts';

const NODE_BYTES = 2 * HASH_BYTES;

interface Hashtree {
  hashInto(input: Uint8Array, output: Uint8Array): void;
}

function loadNative(): Hashtree | undefined {
  try {
    // An optional binary a platform: absent on 32-bit ARM among others.
    return createRequire(import.meta.url)('@chainsafe/hashtree') as Hashtree;
  } catch {
    return undefined;
  }
}

const native = loadNative();

/** Whether the native module does the work here. */
export const batchHashIsNative: boolean = native !== undefined;

function assertSizes(level: Uint8Array, count: number, out: Uint8Array): void {
  assert(Number.isSafeInteger(count) && count >= 0, `count ${count}`);
  assert(level.length >= count * NODE_BYTES, `${level.length} bytes are not ${count} nodes`);
  assert(out.length >= count * HASH_BYTES, `${out.length} bytes do not hold ${count} hashes`);
}

/** `hashPairs` by node:crypto alone. */
export function hashPairsPortable(level: Uint8Array, count: number, out: Uint8Array): void {
  assertSizes(level, count, out);
  for (let index = 0; index < count; index++) {
    out.set(sha256(level.subarray(index * NODE_BYTES, (index + 1) * NODE_BYTES)), index * HASH_BYTES);
  }
}

/**
 * Hashes the first `count` nodes of 64 bytes in `level` into the first `count` x 32 bytes of `out`.
 * The two must not overlap.
 */
export function hashPairs(level: Uint8Array, count: number, out: Uint8Array): void {
  if (native === undefined) {
    hashPairsPortable(level, count, out);
    return;
  }
  assertSizes(level, count, out);
  if (count === 0) return;
  native.hashInto(level.subarray(0, count * NODE_BYTES), out.subarray(0, count * HASH_BYTES));
}
