import { expect, test } from 'vitest';
import { VirtualClock } from '#core/clock';
import { publicKeyOf } from '#core/ed25519';
import { vrfOutput, vrfProve } from '#core/vrf';
import { BeaconKeeper } from '#sync/validator/beacon-keeper';
import { seedOf } from '../../fixtures/region.ts';

const secretSeed = seedOf('v1');
const ownKey = publicKeyOf(secretSeed);
const secretOf = () => secretSeed;
const alpha = (n: number) => new Uint8Array(40).fill(n);

test('proofs made ahead are those that would be made in time, one after the other', () => {
  const clock = new VirtualClock();
  const beacon = new BeaconKeeper({ secretOf, clock });
  for (const n of [1, 2, 1]) beacon.proveAhead(ownKey, alpha(n));
  expect(clock.nextTimerMs()).toBe(1);
  clock.advance(1);
  expect(clock.nextTimerMs()).toBe(2);
  clock.advance(10);
  expect(clock.nextTimerMs()).toBeUndefined();
  beacon.proveAhead(ownKey, alpha(2));
  expect(clock.nextTimerMs()).toBeUndefined();
  for (const n of [1, 2, 3]) expect(beacon.prove(ownKey, alpha(n))).toEqual(vrfProve(secretSeed, alpha(n)));
});

test('a checked proof has the output that anybody computes from it; another alpha or validator has none', () => {
  const beacon = new BeaconKeeper({ secretOf, clock: new VirtualClock() });
  const proof = vrfProve(secretSeed, alpha(1));
  expect(beacon.verify(ownKey, alpha(2), proof)).toBe(false);
  expect(beacon.verify(publicKeyOf(seedOf('v7')), alpha(1), proof)).toBe(false);
  expect(beacon.verify(ownKey, alpha(1), proof)).toBe(true);
  expect(beacon.outputOf(proof)).toEqual(vrfOutput(proof));
});
