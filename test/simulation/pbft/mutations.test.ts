/** The checks find what they are there for: all honest nodes run the same bug, and some schedule breaks a promise. */
import { describe, expect, test } from 'vitest';
import {
  BodilessNode,
  CredulousNode,
  ForgetfulNode,
  HastyNode,
  SilentLockNode,
  TrustingNode,
  UncheckingNode,
  WaywardNode,
} from './broken-nodes.ts';
import { runSchedule } from './random-schedule.ts';
import { SafetyViolation } from './safety-checks.ts';
import { optionsOf } from './seeded-schedules.ts';
import type { SimulatedNode } from './simulated-node.ts';
import type { SimulatedRegion } from './simulated-region.ts';

type Broken = new (
  region: SimulatedRegion,
  place: { readonly place: number; readonly index: number },
  honest: boolean,
) => SimulatedNode;

/** The first promise that a bug breaks, within so many seeds. */
function brokenPromise(broken: Broken, seedMax: number): string {
  const options = optionsOf({ validators: 4, faulty: 1 });
  for (let seed = 1; seed <= seedMax; seed++) {
    try {
      runSchedule(seed, { ...options, healMsMax: 5_000, nodeOf: (region, place) => new broken(region, place, true) });
    } catch (error) {
      if (error instanceof SafetyViolation) return error.message;
    }
  }
  return 'nothing found';
}

describe('the checks find', () => {
  test.each([
    ['votes forgotten at a restart', ForgetfulNode, /^S3/],
    ['votes said before they are written', HastyNode, /^S4/],
    ['votes for blocks that are not on the disk', BodilessNode, /^S4/],
    ['a NEW-VIEW taken without recomputing what binds it', CredulousNode, /^S1: two blocks/],
    ['locks that timeouts do not name', SilentLockNode, /^S1: two blocks/],
    ['blocks taken from peers without their certificates', TrustingNode, /^S[12]/],
    ['signatures that nobody checks', UncheckingNode, /^S[12]/],
    ['an execution that depends on the machine', WaywardNode, /^S1: .*result/],
  ] as const)('%s', { timeout: 120_000 }, (_, broken, promise) => {
    expect(brokenPromise(broken, 1_500)).toMatch(promise);
  });
});
