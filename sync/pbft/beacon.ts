/**
 * Where the randomness of the schedule comes from: each header carries its proposer's ECVRF output over
 * (epoch seed, height), and the outputs of epoch e make the seed of epoch e+2 (ARCHITECTURE D10; SPEC R3).
 * What it does not give: a primary may withhold its block, which is one bit of bias for each block withheld.
 */
import { concatBytes } from '#core/bytes';
import { taggedHash } from '#core/hash';

function u64(value: number): Uint8Array {
  const out = new Uint8Array(8);
  new DataView(out.buffer).setBigUint64(0, BigInt(value));
  return out;
}

/** Seed (32 bytes) of the first two epochs, which no block has had a say in. */
export function firstSeed(genesisSeed: Uint8Array, epoch: 0 | 1): Uint8Array {
  return taggedHash('bizain/first-seed/1', genesisSeed, Uint8Array.of(epoch));
}

/** Seed of epoch e+2 from the seed of e and the mixed outputs of all its committed headers. */
export function epochSeed(seed: Uint8Array, mix: Uint8Array): Uint8Array {
  return taggedHash('bizain/epoch-seed/1', seed, mix);
}

/** One more committed output (64 bytes) mixed in. Order matters; the proof does not, only its output. */
export function mixBeacon(mix: Uint8Array, output: Uint8Array): Uint8Array {
  return taggedHash('bizain/beacon-mix/1', mix, output);
}

/** What the proposer of a fresh block at `height` proves: fixed for the epoch before anyone can choose it. */
export function beaconAlpha(seed: Uint8Array, height: number): Uint8Array {
  return concatBytes(seed, u64(height));
}
