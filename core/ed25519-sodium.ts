/**
 * libsodium under Ed25519 where its prebuilt library is there: signs and checks in half the time that OpenSSL takes. It is optional: a
 * machine without it (32-bit ARM, for one) does the same by node:crypto. No verdict may depend on which: see `ed25519-rule.ts`.
 */
import { createRequire } from 'node:module';

/** What is used of the library; lengths are checked before it is called, since it throws on others. */
interface Sodium {
  crypto_sign_seed_keypair(publicKey: Uint8Array, secretKey: Uint8Array, seed: Uint8Array): void;
  crypto_sign_detached(signature: Uint8Array, message: Uint8Array, secretKey: Uint8Array): void;
  crypto_sign_verify_detached(signature: Uint8Array, message: Uint8Array, publicKey: Uint8Array): boolean;
}

function load(): Sodium | null {
  try {
    return createRequire(import.meta.url)('sodium-native') as Sodium;
  } catch {
    return null;
  }
}

const sodium = load();

/** Whether the library is there. */
export const hasSodium = sodium !== null;

/** Whether the key (32 bytes) signed the message; false for other lengths, and where the library is not there. */
export function sodiumVerify(publicKey: Uint8Array, message: Uint8Array, signature: Uint8Array): boolean {
  if (sodium === null || publicKey.length !== 32 || signature.length !== 64) return false;
  return sodium.crypto_sign_verify_detached(signature, message, publicKey);
}

/** Signs with a secret seed (32 bytes); undefined where the library is not there. The function keeps the expanded secret. */
export function sodiumSigner(seed: Uint8Array): ((message: Uint8Array) => Uint8Array) | undefined {
  if (sodium === null) return undefined;
  const secretKey = new Uint8Array(64);
  sodium.crypto_sign_seed_keypair(new Uint8Array(32), secretKey, seed);
  return (message) => {
    const signature = new Uint8Array(64);
    sodium.crypto_sign_detached(signature, message, secretKey);
    return signature;
  };
}
