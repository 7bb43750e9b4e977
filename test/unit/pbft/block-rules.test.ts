import { describe, expect, test } from 'vitest';
import { utf8 } from '#core/bytes';
import { sha256 } from '#core/hash';
import { BlockRules, reproposalFault } from '#sync/pbft/block-rules';
import { type Block, blockHash, type Header, operationsRoot } from '#sync/wire/block';
import { OneReplica, wallMs } from './one-replica.ts';

const bench = new OneReplica(2);
const rules = new BlockRules(bench.config, bench.keys.ports);
const digests = [sha256(utf8('a')), sha256(utf8('b'))];
const good = bench.block(0, 0, digests);
const by = { view: 0, primary: bench.at(0) };
const at = { nowMs: 0, wallMs };

function bent(header: Partial<Header>): Block {
  return { ...good, header: { ...good.header, ...header } };
}

describe('R7, R8: a fresh block', () => {
  test('made by the rules passes them', () => {
    expect(rules.freshFault(good, bench.chain, by, at)).toBeNull();
  });

  const other = sha256(utf8('other'));
  test.each([
    ['WRONG_CHAIN', { chainId: other }],
    ['WRONG_VIEW', { viewOfOrigin: 1 }],
    ['WRONG_PARENT', { parentHash: other }],
    ['WRONG_PARENT', { parentResultRoot: other }],
    ['WRONG_PARENT', { historyRoot: other }],
    ['WRONG_PARENT', { height: 2 }],
    ['WRONG_PARENT', { validatorSetHash: other }],
    ['WRONG_PARENT', { chainStateHash: other }],
    ['WRONG_OPERATIONS', { operationsRoot: other }],
    ['WRONG_TIME', { timeMs: bench.chain.timeMs }],
    ['WRONG_TIME', { timeMs: wallMs + bench.config.aheadMsMax + 1 }],
    ['WRONG_BEACON', { beaconProof: new Uint8Array(80) }],
  ] as const)('is refused as %s when its header says %o', (fault, header) => {
    expect(rules.freshFault(bent(header), bench.chain, by, at)).toBe(fault);
  });

  test('is refused when a digest is there twice, or another validator proved the beacon', () => {
    const twice = [digests[0], digests[0]] as Uint8Array[];
    const repeated = { header: { ...good.header, operationsRoot: operationsRoot(twice) }, bodyDigests: twice };
    expect(rules.freshFault(repeated, bench.chain, by, at)).toBe('REPEATED_BODY');
    expect(rules.freshFault(good, bench.chain, { view: 0, primary: bench.at(1) }, at)).toBe('WRONG_BEACON');
  });

  test('may be as early and as late as the bounds say, and follows a parent from the future', () => {
    const late = { nowMs: 0, wallMs: wallMs + bench.config.behindMsMax };
    expect(rules.freshFault(good, bench.chain, by, late)).toBeNull();
    expect(rules.freshFault(good, bench.chain, by, { ...late, wallMs: late.wallMs + 1 })).toBe('WRONG_TIME');
    const ahead = { ...bench.chain, timeMs: wallMs + 60_000 };
    const child = rules.make(ahead, { view: 0, ownKey: bench.keyAt(2) }, [], at);
    expect(child.header.timeMs).toBe(ahead.timeMs + 1);
    expect(rules.freshFault(child, ahead, { view: 0, primary: bench.at(2) }, at)).toBeNull();
  });
});

test('R8, R18: a re-proposed block is judged by hash and digests alone', () => {
  const old = bent({ timeMs: 1 });
  expect(reproposalFault(old, blockHash(old.header), blockHash(old.header))).toBeNull();
  expect(reproposalFault(good, blockHash(good.header), blockHash(old.header))).toBe('NOT_THE_PREPARED_BLOCK');
  const cut = { ...old, bodyDigests: [] };
  expect(reproposalFault(cut, blockHash(cut.header), blockHash(old.header))).toBe('WRONG_OPERATIONS');
});
