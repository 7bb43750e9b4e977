/**
 * ECVRF-EDWARDS25519-SHA512-TAI (RFC 9381, suite 0x03): an output that only the key's owner can compute,
 * everybody can check, and nobody can choose. Keys are Ed25519 keys. Built on noble-curves' group.
 */
import { ed25519 } from '@noble/curves/ed25519.js';
import { sha512 } from '@noble/hashes/sha2.js';
import { assert } from './assert.ts';
import { concatBytes, toHex } from './bytes.ts';
import { bad, ok, type Result } from './result.ts';

/** Size of a proof in bytes: Gamma 32, c 16, s 32 (RFC 9381 section 5.5). */
export const VRF_PROOF_BYTES = 80;

/** Why a proof is refused. */
export type VrfFault = 'KEY_INVALID' | 'PROOF_LENGTH' | 'PROOF_MALFORMED' | 'PROOF_WRONG';

const { Point } = ed25519;
const { Fn } = Point;
type CurvePoint = InstanceType<typeof Point>;

const POINT_BYTES = 32;
const CHALLENGE_BYTES = 16;
const SUITE = 0x03;
/** Tries of the hash to the curve; each fails with probability about 1/2. */
const TRIES_MAX = 256;

function fromLittleEndian(bytes: Uint8Array): bigint {
  return BigInt(`0x${toHex(Uint8Array.from(bytes).reverse())}`);
}

function toLittleEndian(value: bigint, size: number): Uint8Array {
  const hex = value.toString(16).padStart(size * 2, '0');
  return Uint8Array.from(Buffer.from(hex, 'hex')).reverse();
}

/** string_to_point of RFC 9381 section 5.5: decoding as RFC 8032 section 5.1.3, non-canonical refused. */
function pointOf(bytes: Uint8Array): CurvePoint | undefined {
  try {
    return Point.fromBytes(bytes, false);
  } catch {
    return undefined;
  }
}

/** encode_to_curve by try and increment, RFC 9381 section 5.4.1.1, salted with the public key. */
function encodeToCurve(publicKey: Uint8Array, alpha: Uint8Array): CurvePoint {
  for (let counter = 0; counter < TRIES_MAX; counter++) {
    const hash = sha512(concatBytes(Uint8Array.of(SUITE, 0x01), publicKey, alpha, Uint8Array.of(counter, 0x00)));
    const point = pointOf(hash.subarray(0, POINT_BYTES))?.clearCofactor();
    if (point !== undefined && !point.is0()) return point;
  }
  assert(false, 'no curve point in 256 tries');
}

/** challenge_generation of RFC 9381 section 5.4.3. */
function challengeOf(points: readonly CurvePoint[]): bigint {
  const encoded = points.map((point) => point.toBytes());
  const hash = sha512(concatBytes(Uint8Array.of(SUITE, 0x02), ...encoded, Uint8Array.of(0x00)));
  return fromLittleEndian(hash.subarray(0, CHALLENGE_BYTES));
}

interface Proof {
  readonly gamma: CurvePoint;
  readonly challenge: bigint;
  readonly response: bigint;
}

/** decode_proof of RFC 9381 section 5.4.4. */
function decodeProof(proof: Uint8Array): Result<Proof, VrfFault> {
  if (proof.length !== VRF_PROOF_BYTES) return bad('PROOF_LENGTH');
  const gamma = pointOf(proof.subarray(0, POINT_BYTES));
  const response = fromLittleEndian(proof.subarray(POINT_BYTES + CHALLENGE_BYTES));
  if (gamma === undefined || response >= Fn.ORDER) return bad('PROOF_MALFORMED');
  const challenge = fromLittleEndian(proof.subarray(POINT_BYTES, POINT_BYTES + CHALLENGE_BYTES));
  return ok({ gamma, challenge, response });
}

/** proof_to_hash of RFC 9381 section 5.2. */
function outputOf(gamma: CurvePoint): Uint8Array {
  return sha512(concatBytes(Uint8Array.of(SUITE, 0x03), gamma.clearCofactor().toBytes(), Uint8Array.of(0x00)));
}

/** The proof for `alpha` by the key of an Ed25519 secret seed (RFC 9381 section 5.1). Deterministic. */
export function vrfProve(secretSeed: Uint8Array, alpha: Uint8Array): Uint8Array {
  assert(secretSeed.length === 32, 'a secret seed is 32 bytes');
  const { scalar, prefix, point, pointBytes } = ed25519.utils.getExtendedPublicKey(secretSeed);
  const base = encodeToCurve(pointBytes, alpha);
  const gamma = base.multiply(scalar);
  // ECVRF_nonce_generation_RFC8032, section 5.4.2.2: the second half of the hashed seed, then H.
  const nonce = Fn.create(fromLittleEndian(sha512(concatBytes(prefix, base.toBytes()))));
  assert(nonce !== 0n, 'nonce of zero');
  const challenge = challengeOf([point, base, gamma, Point.BASE.multiply(nonce), base.multiply(nonce)]);
  const response = Fn.add(nonce, Fn.mul(challenge, scalar));
  return concatBytes(gamma.toBytes(), toLittleEndian(challenge, CHALLENGE_BYTES), toLittleEndian(response, 32));
}

/**
 * Checks a proof and gives its 64-byte output (RFC 9381 section 5.3 with validate_key = TRUE: a key of
 * small order is refused, so that outputs are unpredictable even for keys chosen in malice). Never throws.
 */
export function vrfVerify(publicKey: Uint8Array, alpha: Uint8Array, proof: Uint8Array): Result<Uint8Array, VrfFault> {
  const key = pointOf(publicKey);
  if (key === undefined || key.isSmallOrder()) return bad('KEY_INVALID');
  const decoded = decodeProof(proof);
  if (!decoded.ok) return decoded;
  const { gamma, challenge, response } = decoded.value;
  const base = encodeToCurve(publicKey, alpha);
  const commitU = Point.BASE.multiplyUnsafe(response).subtract(key.multiplyUnsafe(challenge));
  const commitV = base.multiplyUnsafe(response).subtract(gamma.multiplyUnsafe(challenge));
  if (challengeOf([key, base, gamma, commitU, commitV]) !== challenge) return bad('PROOF_WRONG');
  return ok(outputOf(gamma));
}

/** The output of a proof that is known to be good; `undefined` when it does not even decode. Checks nothing else. */
export function vrfOutput(proof: Uint8Array): Uint8Array | undefined {
  const decoded = decodeProof(proof);
  return decoded.ok ? outputOf(decoded.value.gamma) : undefined;
}
