/** Keys for replicas under test: a cheap keyed checksum for thousands of schedules, and the real keys for a few. */
import { equalBytes, toHex, utf8 } from '#core/bytes';
import { publicKeyOf, signMessage, verifySignature } from '#core/ed25519';
import { sha256, taggedHash } from '#core/hash';
import { vrfOutput, vrfProve, vrfVerify } from '#core/vrf';
import type { ReplicaPorts } from '#sync/pbft/types';
import type { ValidatorInfo } from '#sync/wire/genesis';

/** Signs and checks for every validator of one region. */
export interface TestKeys {
  readonly validators: readonly ValidatorInfo[];
  readonly ports: ReplicaPorts;
  /** VRF output of a proof that was checked. */
  beaconOutput(proof: Uint8Array): Uint8Array;
}

/** Words of 32 bits that a checksum has; the rest of its 64 bytes stays zero. */
const sums = new Uint32Array(3);
const domainSums = new Map<string, number>();

function domainSum(domain: string): number {
  let sum = domainSums.get(domain);
  if (sum === undefined) {
    sum = 0x811c9dc5;
    for (const byte of utf8(domain)) sum = Math.imul(sum ^ byte, 0x01000193);
    domainSums.set(domain, sum);
  }
  return sum;
}

/** Leaves the checksum in `sums`, so that a check allocates nothing. */
function sumUp(publicKey: Uint8Array, domain: string, message: Uint8Array): void {
  let signer = 0;
  for (let at = 0; at < 4; at++) signer = (signer << 8) | (publicKey[at] as number);
  let low = domainSum(domain) ^ signer;
  let high = 0x01000193 ^ signer;
  for (let at = 0; at < message.length; at++) {
    const byte = message[at] as number;
    low = Math.imul(low ^ byte, 0x01000193);
    high = Math.imul(high ^ byte, 0x85ebca6b) ^ low;
  }
  sums[0] = low;
  sums[1] = high;
  sums[2] = signer;
}

function checksum(publicKey: Uint8Array, domain: string, message: Uint8Array): Uint8Array {
  sumUp(publicKey, domain, message);
  const out = new Uint8Array(64);
  for (let at = 0; at < 12; at++) out[at] = (sums[at >> 2] as number) >>> (8 * (at & 3));
  return out;
}

function isChecksum(signature: Uint8Array): boolean {
  if (signature.length !== 64) return false;
  for (let at = 0; at < 12; at++) {
    if (signature[at] !== (((sums[at >> 2] as number) >>> (8 * (at & 3))) & 0xff)) return false;
  }
  return true;
}

/** The key of the validator at a place. */
export function keyAt({ validators }: TestKeys, index: number): Uint8Array {
  return (validators[index] as ValidatorInfo).publicKey;
}

/** Checksums instead of signatures: sound as long as everybody signs only as himself, which the simulator's liars do. */
export function cheapKeys(count: number): TestKeys {
  const validators = Array.from({ length: count }, (_, index) => ({
    name: `v${index}`,
    publicKey: sha256(utf8(`cheap ${index}`)),
  }));
  const prove = (publicKey: Uint8Array, alpha: Uint8Array): Uint8Array => {
    const proof = new Uint8Array(80);
    proof.set(taggedHash('test/beacon', publicKey, alpha));
    return proof;
  };
  return {
    validators,
    ports: {
      sign: checksum,
      verify: ({ publicKey, domain, message, signature }) => {
        sumUp(publicKey, domain, message);
        return isChecksum(signature);
      },
      proveBeacon: prove,
      verifyBeacon: (publicKey, alpha, proof) => equalBytes(proof, prove(publicKey, alpha)),
    },
    beaconOutput: (proof) => new Uint8Array([...proof.slice(0, 32), ...proof.slice(0, 32)]),
  };
}

/** Ed25519 and ECVRF, as in production. */
export function realKeys(count: number): TestKeys {
  const seeds = Array.from({ length: count }, (_, index) => sha256(utf8(`real ${index}`)));
  const validators = seeds.map((seed, index) => ({ name: `v${index}`, publicKey: publicKeyOf(seed) }));
  const secrets = new Map(seeds.map((seed) => [toHex(publicKeyOf(seed)), seed]));
  const secretOf = (publicKey: Uint8Array): Uint8Array => secrets.get(toHex(publicKey)) as Uint8Array;
  return {
    validators,
    ports: {
      sign: (ownKey, domain, message) => signMessage(secretOf(ownKey), domain, message),
      verify: verifySignature,
      proveBeacon: (ownKey, alpha) => vrfProve(secretOf(ownKey), alpha),
      verifyBeacon: (publicKey, alpha, proof) => vrfVerify(publicKey, alpha, proof).ok,
    },
    beaconOutput: (proof) => vrfOutput(proof) ?? new Uint8Array(64),
  };
}
