import { sign } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { AssertionFailure } from '#core/assert';
import { concatBytes, utf8 } from '#core/bytes';
import {
  generateSeed,
  KEY_CACHE_MAX,
  nobleBackend,
  nodeBackend,
  privateKeyOf,
  publicKeyOf,
  signMessage,
  signRaw,
  sodiumBackend,
  verifyRaw,
  verifySignature,
} from '#core/ed25519';
import { signatureAcceptable } from '#core/ed25519-rule';
import { hasSodium } from '#core/ed25519-sodium';
import { SeededEntropy } from '#core/entropy';

// libsodium comes prebuilt for most machines, not for all.
const backends = [nodeBackend, nobleBackend, ...(hasSodium ? [sodiumBackend] : [])];
const entropy = new SeededEntropy('ed25519');
const seed = generateSeed(entropy);
const publicKey = publicKeyOf(seed);
const message = utf8('redeem item 7');
const signature = signMessage(seed, 'bizain/entry', message);
const claim = { publicKey, domain: 'bizain/entry', message, signature };

function flip(bytes: Uint8Array, bit: number): Uint8Array {
  const copy = bytes.slice();
  copy[bit >> 3] = (copy[bit >> 3] ?? 0) ^ (1 << (bit & 7));
  return copy;
}

describe('a signature', () => {
  it('holds for its key, domain and message only', () => {
    expect(verifySignature(claim)).toBe(true);
    expect(verifySignature({ ...claim, domain: 'bizain/vote' })).toBe(false);
    expect(verifySignature({ ...claim, message: utf8('redeem item 8') })).toBe(false);
    expect(verifySignature({ ...claim, publicKey: publicKeyOf(generateSeed(entropy)) })).toBe(false);
  });

  it('that was found good before is still refused with anything about it changed', () => {
    expect(verifySignature(claim)).toBe(true);
    for (let bit = 0; bit < 512; bit += 7) {
      expect(verifySignature({ ...claim, signature: flip(signature, bit) }), `signature bit ${bit}`).toBe(false);
    }
    for (let bit = 0; bit < 256; bit += 7) {
      expect(verifySignature({ ...claim, publicKey: flip(publicKey, bit) }), `key bit ${bit}`).toBe(false);
    }
    for (let bit = 0; bit < message.length * 8; bit++) {
      expect(verifySignature({ ...claim, message: flip(message, bit) }), `message bit ${bit}`).toBe(false);
    }
    expect(verifySignature(claim)).toBe(true);
  });

  it('covers utf8(domain) || 0x00 || message', () => {
    const signed = concatBytes(utf8('bizain/entry'), Uint8Array.of(0), message);
    expect(signRaw(seed, signed)).toEqual(signature);
    expect(verifyRaw(publicKey, signed, signature)).toBe(true);
  });

  it('with one bit changed is refused by all backends alike', () => {
    const raw = signRaw(seed, message);
    for (let bit = 0; bit < 512; bit += 5) {
      const changed = flip(raw, bit);
      for (const backend of backends) {
        expect(verifyRaw(publicKey, message, changed, backend), `${backend.name} bit ${bit}`).toBe(false);
      }
    }
    for (let bit = 0; bit < 256; bit += 5) {
      const changed = flip(publicKey, bit);
      for (const backend of backends) {
        expect(verifyRaw(changed, message, raw, backend), `${backend.name} key bit ${bit}`).toBe(false);
      }
    }
  });

  it('or key of any other length is refused, never an exception', () => {
    for (const size of [0, 31, 33, 63, 65, 128]) {
      const odd = new Uint8Array(size).fill(3);
      expect(verifySignature({ ...claim, signature: odd })).toBe(false);
      expect(verifySignature({ ...claim, publicKey: odd })).toBe(false);
      for (const backend of backends) {
        expect(backend.verify(odd, message, signature)).toBe(false);
        expect(backend.verify(publicKey, message, odd)).toBe(false);
      }
    }
    expect(signatureAcceptable(publicKey.subarray(1), signature)).toEqual({ ok: false, reason: 'KEY_LENGTH' });
    expect(signatureAcceptable(publicKey, signature.subarray(1))).toEqual({ ok: false, reason: 'SIGNATURE_LENGTH' });
  });

  it('of a trusted key still holds after more keys than the cache keeps', () => {
    for (let count = 0; count < KEY_CACHE_MAX + 10; count++) {
      verifySignature({ ...claim, publicKey: entropy.bytes(32) });
    }
    expect(verifySignature(claim)).toBe(true);
  });
});

describe('signing', () => {
  it('gives the same bytes whichever library signs', () => {
    for (let count = 0; count < 50; count++) {
      const own = generateSeed(entropy);
      const text = entropy.bytes(count * 3);
      expect(Buffer.from(signRaw(own, text))).toEqual(sign(null, text, privateKeyOf(own)));
    }
  });

  it('follows the array when it is overwritten with another seed', () => {
    const reused = generateSeed(entropy);
    const before = publicKeyOf(reused);
    reused.set(generateSeed(entropy));
    const after = publicKeyOf(reused);
    expect(after).not.toEqual(before);
    const signed = signMessage(reused, 'bizain/entry', message);
    expect(verifySignature({ ...claim, publicKey: after, signature: signed })).toBe(true);
    expect(verifySignature({ ...claim, publicKey: before, signature: signed })).toBe(false);
  });

  it('asserts that the seed and the domain are well formed', () => {
    expect(() => signMessage(seed.subarray(1), 'bizain/entry', message)).toThrow(AssertionFailure);
    expect(() => signMessage(seed, '', message)).toThrow(AssertionFailure);
    expect(() => signMessage(seed, 'a\0b', message)).toThrow(AssertionFailure);
  });
});
