import { X509Certificate } from 'node:crypto';
import { createSecureContext } from 'node:tls';
import { expect, test } from 'vitest';
import { toHex } from '#core/bytes';
import { publicKeyOf, signMessage, verifyRaw } from '#core/ed25519';
import { peerCredentials } from '#sync/validator/peer-certificate';
import { seedOf } from '../../fixtures/region.ts';

const seed = seedOf('certificate');

test("a certificate holds the validator's key, signs itself, has no names and no end", () => {
  const { cert, key } = peerCredentials(seed);
  const parsed = new X509Certificate(cert);
  const { x } = parsed.publicKey.export({ format: 'jwk' });
  expect(toHex(Buffer.from(x as string, 'base64url'))).toBe(toHex(publicKeyOf(seed)));
  expect(parsed.verify(parsed.publicKey)).toBe(true);
  expect([parsed.subject ?? '', parsed.issuer ?? '', parsed.subjectAltName]).toEqual(['', '', undefined]);
  expect(parsed.validTo).toBe('Dec 31 23:59:59 9999 GMT');
  expect(() => createSecureContext({ key, cert })).not.toThrow();
});

test('the same key gives the same certificate at every start', () => {
  expect(peerCredentials(seed)).toEqual(peerCredentials(Uint8Array.from(seed)));
  expect(peerCredentials(seed).cert).not.toBe(peerCredentials(seedOf('other')).cert);
});

test('what a certificate and a handshake sign is nothing that a domain signs', () => {
  const publicKey = publicKeyOf(seed);
  const der = new X509Certificate(peerCredentials(seed).cert).raw;
  // A certificate of this size: outer header, then the signed part with a header of two bytes.
  const signed = Uint8Array.from(der.subarray(3, 3 + 2 + (der[4] as number)));
  expect(verifyRaw(publicKey, signed, Uint8Array.from(der.subarray(-64)))).toBe(true);
  expect(signed[0]).toBe(0x30);
  const ofDomain = signMessage(seed, 'bizain/vote/1', signed.subarray(1));
  expect(verifyRaw(publicKey, signed, ofDomain)).toBe(false);
});
