/** Keys for replicas under test: a cheap keyed checksum for thousands of schedules, and the real keys for a few. */
import { equalBytes, utf8 } from '#core/bytes';
import { publicKeyOf, signMessage, verifySignature } from '#core/ed25519';
import { sha256, taggedHash } from '#core/hash';
import { vrfOutput, vrfProve, vrfVerify } from '#core/vrf';
import type { ReplicaPorts } from '#sync/pbft/types';
import type { ValidatorInfo } from '#sync/wire/genesis';

/** Signs and checks for every validator of one region. */
export interface TestKeys {
  readonly validators: readonly ValidatorInfo[];
  ports(self: number): ReplicaPorts;
  /** VRF output of a proof that was checked. */
  beaconOutput(proof: Uint8Array): Uint8Array;
}

function checksum(validator: number, domain: string, message: Uint8Array): Uint8Array {
  let low = 0x811c9dc5 ^ validator;
  let high = 0x01000193 + validator;
  for (const byte of utf8(domain)) low = Math.imul(low ^ byte, 0x01000193);
  for (const byte of message) {
    low = Math.imul(low ^ byte, 0x01000193);
    high = Math.imul(high ^ byte, 0x85ebca6b) ^ low;
  }
  const out = new Uint8Array(64);
  const view = new DataView(out.buffer);
  view.setUint32(0, low);
  view.setUint32(4, high);
  out[8] = validator;
  return out;
}

/** Checksums instead of signatures: sound as long as everybody signs only as himself, which the simulator's liars do. */
export function cheapKeys(count: number): TestKeys {
  const validators = Array.from({ length: count }, (_, index) => ({
    name: `v${index}`,
    publicKey: sha256(utf8(`cheap ${index}`)),
  }));
  const prove = (validator: number, alpha: Uint8Array): Uint8Array => {
    const proof = new Uint8Array(80);
    proof.set(taggedHash('test/beacon', Uint8Array.of(validator), alpha));
    return proof;
  };
  return {
    validators,
    ports: (self) => ({
      sign: (domain, message) => checksum(self, domain, message),
      verify: ({ validator, domain, message, signature }) =>
        equalBytes(signature, checksum(validator, domain, message)),
      proveBeacon: (alpha) => prove(self, alpha),
      verifyBeacon: (validator, alpha, proof) => equalBytes(proof, prove(validator, alpha)),
    }),
    beaconOutput: (proof) => new Uint8Array([...proof.slice(0, 32), ...proof.slice(0, 32)]),
  };
}

/** Ed25519 and ECVRF, as in production. */
export function realKeys(count: number): TestKeys {
  const seeds = Array.from({ length: count }, (_, index) => sha256(utf8(`real ${index}`)));
  const seedOf = (self: number): Uint8Array => seeds[self] as Uint8Array;
  const validators = seeds.map((seed, index) => ({ name: `v${index}`, publicKey: publicKeyOf(seed) }));
  const keyOf = (validator: number): Uint8Array => (validators[validator] as ValidatorInfo).publicKey;
  return {
    validators,
    ports: (self) => ({
      sign: (domain, message) => signMessage(seedOf(self), domain, message),
      verify: ({ validator, domain, message, signature }) =>
        verifySignature({ publicKey: keyOf(validator), domain, message, signature }),
      proveBeacon: (alpha) => vrfProve(seedOf(self), alpha),
      verifyBeacon: (validator, alpha, proof) => vrfVerify(keyOf(validator), alpha, proof).ok,
    }),
    beaconOutput: (proof) => vrfOutput(proof) ?? new Uint8Array(64),
  };
}
