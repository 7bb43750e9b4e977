/** Signatures on their way to a thread and back: one buffer each way, handed over and not copied. */
import { assert } from '#core/assert';
import type { SignatureClaim } from '#core/ed25519';
import { PUBLIC_KEY_BYTES, SIGNATURE_BYTES } from '#core/ed25519-rule';
import { segmentDomain } from '#ledger/journal/span';

/** What a thread is asked. */
export interface ChunkRequest {
  readonly id: number;
  readonly packed: Uint8Array;
}

/** What it answers: 1 for each genuine signature, in order. */
export interface ChunkReply {
  readonly id: number;
  readonly verdicts: Uint8Array;
}

const lengthBytes = 2;
const messageBytesMax = 0xffff;
const fixedBytes = PUBLIC_KEY_BYTES + SIGNATURE_BYTES + lengthBytes;

/** Key, signature, length and message of each claim, which must be of the domain of segments. */
export function packClaims(claims: readonly SignatureClaim[]): Uint8Array {
  const packed = new Uint8Array(claims.reduce((sum, { message }) => sum + fixedBytes + message.length, 0));
  let at = 0;
  const put = (bytes: Uint8Array): void => {
    packed.set(bytes, at);
    at += bytes.length;
  };
  for (const { publicKey, domain, message, signature } of claims) {
    assert(domain === segmentDomain && message.length <= messageBytesMax, 'signatures of segments are packed');
    assert(
      publicKey.length === PUBLIC_KEY_BYTES && signature.length === SIGNATURE_BYTES,
      'decoded fields have their size',
    );
    put(publicKey);
    put(signature);
    put(Uint8Array.of(message.length >>> 8, message.length & 0xff));
    put(message);
  }
  return packed;
}

/** The claims of `packClaims`, as views of its bytes. */
export function unpackClaims(packed: Uint8Array): SignatureClaim[] {
  const claims: SignatureClaim[] = [];
  let at = 0;
  const take = (count: number): Uint8Array => {
    at += count;
    return packed.subarray(at - count, at);
  };
  while (at < packed.length) {
    const publicKey = take(PUBLIC_KEY_BYTES);
    const signature = take(SIGNATURE_BYTES);
    const [high = 0, low = 0] = take(lengthBytes);
    claims.push({ publicKey, domain: segmentDomain, signature, message: take((high << 8) | low) });
  }
  return claims;
}
