import { expect, test } from 'vitest';
import { VirtualClock } from '#core/clock';
import { publicKeyOf } from '#core/ed25519';
import { vrfOutput, vrfProve } from '#core/vrf';
import { BeaconKeeper } from '#sync/validator/beacon-keeper';
import { seedOf } from '../../fixtures/region.ts';

const secretSeed = seedOf('v1');
const validators = [{ name: 'v1', publicKey: publicKeyOf(secretSeed) }];
const alpha = (n: number) => new Uint8Array(40).fill(n);

test('proofs made ahead are those that would be made in time, one after the other', () => {
  const clock = new VirtualClock();
  const beacon = new BeaconKeeper({ secretSeed, validators, clock });
  for (const n of [1, 2, 1]) beacon.proveAhead(alpha(n));
  expect(clock.nextTimerMs()).toBe(1);
  clock.advance(1);
  expect(clock.nextTimerMs()).toBe(2);
  clock.advance(10);
  expect(clock.nextTimerMs()).toBeUndefined();
  beacon.proveAhead(alpha(2));
  expect(clock.nextTimerMs()).toBeUndefined();
  for (const n of [1, 2, 3]) expect(beacon.prove(alpha(n))).toEqual(vrfProve(secretSeed, alpha(n)));
});

test('a checked proof has the output that anybody computes from it; another alpha or validator has none', () => {
  const beacon = new BeaconKeeper({ secretSeed, validators, clock: new VirtualClock() });
  const proof = vrfProve(secretSeed, alpha(1));
  expect(beacon.verify(0, alpha(2), proof)).toBe(false);
  expect(beacon.verify(7, alpha(1), proof)).toBe(false);
  expect(beacon.verify(0, alpha(1), proof)).toBe(true);
  expect(beacon.outputOf(proof)).toEqual(vrfOutput(proof));
});
