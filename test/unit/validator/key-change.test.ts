import { expect, test } from 'vitest';
import { genesisState } from '#ledger/genesis-state';
import type { Operation } from '#ledger/operation';
import { readWishedValidators, writeWishedValidators } from '#ledger/validators/validator-set';
import type { ChainState } from '#sync/pbft/chain';
import type { Identity } from '#sync/validator/identity';
import { identityInForce, KeyChange } from '#sync/validator/key-change';
import { EpochChain, memberOf } from '../../fixtures/epoch-chain.ts';
import { seedOf } from '../../fixtures/region.ts';

const day = 86_400_000;
const nextSeed = seedOf('v1 anew');
const anew = memberOf('v1', 'v1 anew');

function world() {
  const region = new EpochChain();
  const state = genesisState(region.genesis);
  const asked: Operation[] = [];
  let waiting = false;
  const journal = {
    author: (operations: readonly Operation[]) => asked.push(...operations) > 0,
    waits: () => waiting,
  };
  let chain: ChainState = region.chain;
  const identity = { chainId: region.chainId, name: 'v1', nextSeed };
  const change = new KeyChange({ identity, state, journal, chain: () => chain });
  const wish = (sinceMs: number, publicKey: Uint8Array): void => {
    const tx = state.overlay();
    const wished = readWishedValidators(state);
    writeWishedValidators(
      tx,
      wished.map((one) => (one.name === 'v1' ? { ...one, publicKey, sinceMs } : one)),
    );
    state.commit(state.evaluate(tx, 1));
  };
  return {
    region,
    asked,
    change,
    wish,
    later: (ms: number) => (chain = { ...chain, timeMs: chain.timeMs + ms }),
    wait: (is: boolean) => (waiting = is),
    enter: (validators: ChainState['validators']) => (chain = { ...chain, validators }),
  };
}

test('asks for its key once, again only after a while, and no more when it is granted', () => {
  const { asked, change, later, wait, wish } = world();
  wait(true);
  change.tell();
  expect(asked).toHaveLength(0);
  wait(false);
  change.tell();
  change.tell();
  expect(asked).toMatchObject([{ kind: 'validator.rotate', publicKey: anew.publicKey, address: '' }]);
  later(10 * 60_000);
  change.tell();
  expect(asked).toHaveLength(2);
  wish(0, anew.publicKey);
  later(day);
  change.tell();
  expect(asked).toHaveLength(2);
});

test('W5: does not ask on the day of its last change', () => {
  const { asked, change, later, wish, region } = world();
  wish(region.chain.timeMs, memberOf('v1', 'v1 lately').publicKey);
  change.tell();
  expect(asked).toHaveLength(0);
  later(day);
  change.tell();
  expect(asked).toHaveLength(1);
});

test('R1: the key is in force in the epoch in which it stands in the set, not before', () => {
  const { change, enter, region } = world();
  const { validators } = region.chain;
  const later = validators.map((one) => (one.name === 'v1' ? anew : one));
  const identity = { secretSeed: seedOf('v1'), publicKey: memberOf('v1').publicKey, nextSeed } as unknown as Identity;
  expect(change.inForce).toBe(false);
  expect(identityInForce(identity, { validators })).toBe(identity);
  enter(later);
  expect(change.inForce).toBe(true);
  const { publicKey, secretSeed, nextSeed: none } = identityInForce(identity, { validators: later });
  expect([publicKey, secretSeed, none]).toEqual([anew.publicKey, nextSeed, null]);
});
