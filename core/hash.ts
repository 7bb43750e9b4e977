/** SHA-256 (FIPS 180-4) by node:crypto, and its domain-separated form. */
import * as crypto from 'node:crypto';
import { assert } from './assert.ts';
import { concatBytes, utf8 } from './bytes.ts';

/** Size of a hash in bytes. */
export const HASH_BYTES = 32;

const ONE_SHOT_BYTES_MAX = 4096;
const TAGS_MAX = 256;

type OneShot = (algorithm: string, data: Uint8Array, encoding: 'buffer') => Buffer;

// crypto.hash came with Node 20.12 and 21.7 and is not in the types of every line that we support.
const oneShot = (crypto as unknown as { readonly hash?: OneShot }).hash;

function plain(buffer: Buffer): Uint8Array {
  return new Uint8Array(buffer.buffer, buffer.byteOffset, buffer.byteLength);
}

/** SHA-256 over the parts in order, as if they were one byte string. 32 bytes. */
export function sha256(...parts: readonly Uint8Array[]): Uint8Array {
  if (oneShot !== undefined) {
    const only = parts[0];
    if (parts.length === 1 && only !== undefined) return plain(oneShot('sha256', only, 'buffer'));
    let size = 0;
    for (const part of parts) size += part.length;
    if (size <= ONE_SHOT_BYTES_MAX) return plain(oneShot('sha256', concatBytes(...parts), 'buffer'));
  }
  const hash = crypto.createHash('sha256');
  for (const part of parts) hash.update(part);
  return plain(hash.digest());
}

const prefixes = new Map<string, Uint8Array>();

function prefixOf(tag: string): Uint8Array {
  const known = prefixes.get(tag);
  if (known !== undefined) return known;
  const name = utf8(tag);
  assert(name.length >= 1 && name.length <= 255, `hash tag "${tag}" must be 1 to 255 bytes`);
  // Tags are constants of the program: more of them than this means that data is used as a tag.
  assert(prefixes.size < TAGS_MAX, `more than ${TAGS_MAX} hash tags`);
  const prefix = concatBytes(Uint8Array.of(name.length), name);
  prefixes.set(tag, prefix);
  return prefix;
}

/** SHA-256(length of the tag as one byte || tag || parts): hashes of different tags never meet. */
export function taggedHash(tag: string, ...parts: readonly Uint8Array[]): Uint8Array {
  return sha256(prefixOf(tag), ...parts);
}
