/** SHA-256 (FIPS 180-4) by node:crypto, and its domain-separated form. */
import * as crypto from 'node:crypto';
import { assert } from './assert.ts';
import { concatBytes, utf8 } from './bytes.ts';
import { PrefixViews } from './prefix-views.ts';

/** Size of a hash in bytes. */
export const HASH_BYTES = 32;

/** Up to here parts are joined for one call; beyond, they are hashed one after the other. */
const JOINED_BYTES_MAX = 4096;
/** Up to here a loop beats the call of a native copy. */
const LOOP_BYTES_MAX = 64;
const TAGS_MAX = 256;

type OneShot = (algorithm: string, data: Uint8Array, encoding: 'latin1') => string;

// crypto.hash came with Node 20.12 and 21.7 and is not in the types of every line that we support.
const oneShot = (crypto as unknown as { readonly hash?: OneShot }).hash;

const joined = new Uint8Array(JOINED_BYTES_MAX);
const beginnings = new PrefixViews(joined);

/** Writes the hash at a place. A text of one character a byte is what the native side gives fastest. */
function oneShotInto(call: OneShot, data: Uint8Array, out: Uint8Array, at: number): void {
  const text = call('sha256', data, 'latin1');
  for (let index = 0; index < HASH_BYTES; index++) out[at + index] = text.charCodeAt(index);
}

function join(part: Uint8Array, at: number): number {
  const { length } = part;
  if (length > LOOP_BYTES_MAX) joined.set(part, at);
  else for (let index = 0; index < length; index++) joined[at + index] = part[index] as number;
  return at + length;
}

/** As `sha256`, written into `out` at `at`: for many hashes that live and die together. */
export function sha256Into(out: Uint8Array, at: number, ...parts: readonly Uint8Array[]): void {
  if (oneShot !== undefined) {
    const only = parts[0];
    if (parts.length === 1 && only !== undefined) {
      oneShotInto(oneShot, only, out, at);
      return;
    }
    let size = 0;
    for (const part of parts) size += part.length;
    if (size <= JOINED_BYTES_MAX) {
      let end = 0;
      for (const part of parts) end = join(part, end);
      oneShotInto(oneShot, beginnings.of(size), out, at);
      return;
    }
  }
  const hash = crypto.createHash('sha256');
  for (const part of parts) hash.update(part);
  out.set(hash.digest(), at);
}

/** SHA-256 over the parts in order, as if they were one byte string. 32 bytes. */
export function sha256(...parts: readonly Uint8Array[]): Uint8Array {
  const out = new Uint8Array(HASH_BYTES);
  sha256Into(out, 0, ...parts);
  return out;
}

const prefixes = new Map<string, Uint8Array>();

/** What a tagged hash hashes before anything else: the length of the tag as one byte, and the tag. */
export function tagPrefix(tag: string): Uint8Array {
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
  return sha256(tagPrefix(tag), ...parts);
}
