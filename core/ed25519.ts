/**
 * Ed25519 signatures (RFC 8032) under the acceptance rule of `ed25519-rule.ts`, by libsodium where it is there, else by
 * node:crypto, with noble-curves as one more backend that the others are held against. Everything signed carries a domain: utf8(domain) || 0x00 || message.
 */
import { createPrivateKey, createPublicKey, type KeyObject, sign, verify } from 'node:crypto';
import { ed25519 } from '@noble/curves/ed25519.js';
import { sha512 } from '@noble/hashes/sha2.js';
import { assert } from './assert.ts';
import { concatBytes, equalBytes, toHex, utf8 } from './bytes.ts';
import { PUBLIC_KEY_BYTES, publicKeyFault, signatureAcceptable, signatureFault } from './ed25519-rule.ts';
import { hasSodium, sodiumSigner, sodiumVerify } from './ed25519-sodium.ts';
import type { Entropy } from './entropy.ts';
import { sha256 } from './hash.ts';

/** Size of a secret seed in bytes (RFC 8032 section 5.1.5). */
export const SEED_BYTES = 32;
/** Public keys whose parsed form is kept, the least recently used one dropped first. */
export const KEY_CACHE_MAX = 4096;
/** Good signatures remembered, the oldest forgotten first: one scan judges the same consent several times. */
const GOOD_SIGNATURES_MAX = 1024;

const DOMAINS_MAX = 256;
/** Keys go in and out as JSON Web Keys (RFC 8037 section 2): the bare 32 bytes, an eighth of the time that DER takes. */
const OKP = { kty: 'OKP', crv: 'Ed25519' } as const;
const base64Url = (bytes: Uint8Array): string => Buffer.from(bytes).toString('base64url');

/** A library that decides the cofactorless equation for input that passed the rule. Never throws. */
export interface Ed25519Backend {
  readonly name: string;
  verify(publicKey: Uint8Array, message: Uint8Array, signature: Uint8Array): boolean;
}

interface KnownKey {
  readonly acceptable: boolean;
  /** Parsed for node:crypto when it is first asked for; null for a key that the library refuses. */
  object?: KeyObject | null;
}

/** Insertion order is order of use: the first entry is the least recently used. */
const knownKeys = new Map<string, KnownKey>();

function knownKeyOf(publicKey: Uint8Array): KnownKey {
  // Longer keys never pass; their hex is not worth keeping.
  if (publicKey.length !== PUBLIC_KEY_BYTES) return { acceptable: false, object: null };
  const name = toHex(publicKey);
  let known = knownKeys.get(name);
  if (known === undefined) {
    known = { acceptable: publicKeyFault(publicKey) === undefined };
    if (knownKeys.size >= KEY_CACHE_MAX) {
      const oldest = knownKeys.keys().next();
      if (!oldest.done) knownKeys.delete(oldest.value);
    }
  } else knownKeys.delete(name);
  knownKeys.set(name, known);
  return known;
}

function keyObjectOf(publicKey: Uint8Array): KeyObject | null {
  const known = knownKeyOf(publicKey);
  if (known.object !== undefined) return known.object;
  try {
    known.object = createPublicKey({ key: { ...OKP, x: base64Url(publicKey) }, format: 'jwk' });
  } catch {
    known.object = null;
  }
  return known.object;
}

/** OpenSSL by node:crypto: compares the encoding of [S]B - [k]A with R, which is cofactorless. */
export const nodeBackend: Ed25519Backend = {
  name: 'node:crypto',
  verify(publicKey, message, signature) {
    const object = keyObjectOf(publicKey);
    return object !== null && verify(null, message, object, signature);
  },
};

/** libsodium: the same comparison. Refuses everything where the library is not there (`hasSodium`). */
export const sodiumBackend: Ed25519Backend = { name: 'libsodium', verify: sodiumVerify };

/** What is used: the fastest that is there. */
const backendInUse = hasSodium ? sodiumBackend : nodeBackend;

/**
 * noble-curves, pure JavaScript and an order of magnitude slower. The library's own `verify` multiplies by the
 * cofactor in every mode, so the cofactorless equation of RFC 8032 section 5.1.7 is written out here.
 */
export const nobleBackend: Ed25519Backend = {
  name: '@noble/curves',
  verify(publicKey, message, signature) {
    if (signature.length !== 64) return false;
    const { Point } = ed25519;
    const encodedR = signature.subarray(0, 32);
    try {
      const pointA = Point.fromBytes(publicKey, false);
      const pointR = Point.fromBytes(encodedR, false);
      const scalarS = littleEndian(signature.subarray(32));
      if (scalarS >= Point.Fn.ORDER) return false;
      const challenge = Point.Fn.create(littleEndian(sha512(concatBytes(encodedR, publicKey, message))));
      return Point.BASE.multiplyUnsafe(scalarS).subtract(pointA.multiplyUnsafe(challenge)).equals(pointR);
    } catch {
      // The library throws on encodings that are no point of the curve.
      return false;
    }
  },
};

function littleEndian(bytes: Uint8Array): bigint {
  return BigInt(`0x${toHex(Uint8Array.from(bytes).reverse())}`);
}

/** Whether the signature over the bare message passes the rule and the backend. For vectors and foreign formats. */
export function verifyRaw(
  publicKey: Uint8Array,
  message: Uint8Array,
  signature: Uint8Array,
  backend: Ed25519Backend = backendInUse,
): boolean {
  return signatureAcceptable(publicKey, signature).ok && backend.verify(publicKey, message, signature);
}

const domainPrefixes = new Map<string, Uint8Array>();

function domainPrefixOf(domain: string): Uint8Array {
  const known = domainPrefixes.get(domain);
  if (known !== undefined) return known;
  assert(domain.length >= 1 && !domain.includes('\0'), 'a signature domain is text without NUL');
  // Domains are constants of the program: more of them than this means that data is used as a domain.
  assert(domainPrefixes.size < DOMAINS_MAX, `more than ${DOMAINS_MAX} signature domains`);
  const prefix = utf8(`${domain}\0`);
  domainPrefixes.set(domain, prefix);
  return prefix;
}

/** What `verifySignature` needs. `domain` is a constant of the program, the rest may come from outside. */
export interface SignatureClaim {
  readonly publicKey: Uint8Array;
  readonly domain: string;
  readonly message: Uint8Array;
  readonly signature: Uint8Array;
}

/** Hashes of key, signature and signed bytes that were found good; the first two have fixed sizes, so no two claims meet. */
const goodSignatures = new Set<string>();

/** The bytes that were signed; undefined where the rule refuses key or signature. */
function signedBytes(claim: SignatureClaim): Uint8Array | undefined {
  if (signatureFault(claim.signature) !== undefined || !knownKeyOf(claim.publicKey).acceptable) return undefined;
  return concatBytes(domainPrefixOf(claim.domain), claim.message);
}

/** Whether the key signed the message in this domain, by the rule. Any bytes may be given. */
export function verifySignature(claim: SignatureClaim): boolean {
  const signed = signedBytes(claim);
  if (signed === undefined) return false;
  const name = toHex(sha256(concatBytes(claim.publicKey, claim.signature, signed)));
  if (goodSignatures.has(name)) return true;
  if (!backendInUse.verify(claim.publicKey, signed, claim.signature)) return false;
  if (goodSignatures.size >= GOOD_SIGNATURES_MAX) {
    const oldest = goodSignatures.values().next();
    if (!oldest.done) goodSignatures.delete(oldest.value);
  }
  goodSignatures.add(name);
  return true;
}

/** As `verifySignature`, for claims that come once: nothing is remembered. */
export function verifyOnce(claim: SignatureClaim): boolean {
  const signed = signedBytes(claim);
  return signed !== undefined && backendInUse.verify(claim.publicKey, signed, claim.signature);
}

interface KnownSeed {
  readonly copy: Uint8Array;
  readonly object: KeyObject;
  readonly sign: (message: Uint8Array) => Uint8Array;
}

/** Parsed secrets live as long as the caller's own array of the seed. */
const knownSeeds = new WeakMap<Uint8Array, KnownSeed>();

function knownSeedOf(secretSeed: Uint8Array): KnownSeed {
  assert(secretSeed.length === SEED_BYTES, `a secret seed is ${SEED_BYTES} bytes`);
  const known = knownSeeds.get(secretSeed);
  // The array may have been overwritten with another seed since.
  if (known !== undefined && equalBytes(known.copy, secretSeed)) return known;
  // The library derives the public part itself and does not read `x`; it must only be there.
  const object = createPrivateKey({ key: { ...OKP, d: base64Url(secretSeed), x: '' }, format: 'jwk' });
  const copy = Uint8Array.from(secretSeed);
  const byNode = (message: Uint8Array): Uint8Array => Uint8Array.from(sign(null, message, object));
  const fresh = { copy, object, sign: sodiumSigner(copy) ?? byNode };
  knownSeeds.set(secretSeed, fresh);
  return fresh;
}

/** The key object of a secret seed, for what takes no bare seed. Keep one array a seed: its key is cached by it. */
export function privateKeyOf(secretSeed: Uint8Array): KeyObject {
  return knownSeedOf(secretSeed).object;
}

/** Signature of the bare message (RFC 8032 section 5.1.6), 64 bytes. For vectors and foreign formats. */
export function signRaw(secretSeed: Uint8Array, message: Uint8Array): Uint8Array {
  return knownSeedOf(secretSeed).sign(message);
}

/** Signature over utf8(domain) || 0x00 || message, 64 bytes. Keep one array a seed: its key is cached by it. */
export function signMessage(secretSeed: Uint8Array, domain: string, message: Uint8Array): Uint8Array {
  return signRaw(secretSeed, concatBytes(domainPrefixOf(domain), message));
}

/** The public key of a secret seed, 32 bytes. */
export function publicKeyOf(secretSeed: Uint8Array): Uint8Array {
  const { x } = createPublicKey(privateKeyOf(secretSeed)).export({ format: 'jwk' });
  assert(x !== undefined, 'an Ed25519 key has a public part');
  return Uint8Array.from(Buffer.from(x, 'base64url'));
}

/** A fresh secret seed. */
export function generateSeed(entropy: Entropy): Uint8Array {
  return entropy.bytes(SEED_BYTES);
}
