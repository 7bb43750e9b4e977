import { describe, expect, it } from 'vitest';
import { signMessage } from '#core/ed25519';
import { decode, encode } from '#core/format';
import { LightClient } from '#sync/light-client/light-client';
import { readRecovery, verifyRecoveryPage } from '#sync/light-client/operator-word';
import { advanceChain, type ChainState } from '#sync/pbft/chain';
import { refoundedChain } from '#sync/pbft/refounded-chain';
import { afterFounding } from '#sync/validator/refounding';
import { blockHash } from '#sync/wire/block';
import type { ValidatorInfo } from '#sync/wire/genesis';
import { checkpointDomain } from '#sync/wire/operator-checkpoint';
import { type RecoveryPage, recoveryDomain, recoveryMessage, recoveryPageFormat } from '#sync/wire/recovery-page';
import { EpochChain, memberOf } from '../../fixtures/epoch-chain.ts';
import { operatorSeeds } from '../../fixtures/operators.ts';

const first = ['v0', 'v1', 'v2', 'v3'].map((name) => memberOf(name));
const second = ['w0', 'w1', 'w2', 'w3'].map((name) => memberOf(name));

function signed(page: RecoveryPage, by: readonly number[], domain = recoveryDomain): RecoveryPage {
  const signatures = by.map((operator) => ({
    operator,
    signature: signMessage(operatorSeeds[operator] as Uint8Array, domain, recoveryMessage(page)),
  }));
  return { ...page, signatures };
}

/** A page after the chain's next block, and the chain goes on to that block. */
function pageOf(chain: EpochChain, validators: readonly ValidatorInfo[] = second, by: readonly number[] = [0, 1]) {
  const { chainId } = chain;
  const certificate = chain.certificate();
  const page = { chainId, era: chain.chain.era + 1, certificate, validators: [...validators], signatures: [] };
  chain.advance(first);
  return signed(page, by);
}

function lastBlockOf(chain: EpochChain, page: RecoveryPage): ChainState {
  return { ...chain.chain, resultRoot: page.certificate.lightBlock.certificate.resultRoot };
}

describe('R27: a recovery page', () => {
  it('of enough operators is believed and survives its encoding; of fewer, or in the domain of checkpoints, not', () => {
    const chain = new EpochChain();
    const page = pageOf(chain);
    const coded = decode(recoveryPageFormat, encode(recoveryPageFormat, page));
    expect(coded).toEqual({ ok: true, value: page });
    expect(verifyRecoveryPage(chain.genesis, page).ok).toBe(true);
    expect(verifyRecoveryPage(chain.genesis, signed(page, [2]))).toMatchObject({ reason: 'TOO_FEW_OPERATORS' });
    expect(readRecovery(chain.genesis, signed(page, [2]))).toMatchObject({ value: { signedBy: [2] } });
    expect(verifyRecoveryPage(chain.genesis, signed(page, [1, 1]))).toMatchObject({ reason: 'OPERATOR_TWICE' });
    expect(verifyRecoveryPage(chain.genesis, signed(page, [0, 1], checkpointDomain))).toMatchObject({
      reason: 'BAD_OPERATOR_SIGNATURE',
    });
    const other = { ...page, validators: [...second].reverse() };
    expect(verifyRecoveryPage(chain.genesis, other)).toMatchObject({ reason: 'BAD_OPERATOR_SIGNATURE' });
  });

  it('is of its region and of the next era, and names nobody who has voted: no old vote counts in the new era', () => {
    const chain = new EpochChain();
    const page = pageOf(chain);
    expect(verifyRecoveryPage({ ...chain.genesis, region: 'other' }, page)).toMatchObject({ reason: 'OTHER_CHAIN' });
    for (const era of [0, 2])
      expect(verifyRecoveryPage(chain.genesis, signed({ ...page, era }, [0, 1]))).toMatchObject({
        reason: 'OTHER_ERA',
      });
    const [w0, w1, w2] = second as [ValidatorInfo, ValidatorInfo, ValidatorInfo];
    const known = [
      first[0] as ValidatorInfo,
      memberOf('v1', 'another key'),
      memberOf('w3', 'v2'),
      w2,
      memberOf('w3', 'w2'),
    ];
    for (const member of known) {
      const bad = signed({ ...page, validators: [w0, w1, w2, member] }, [0, 1]);
      expect(verifyRecoveryPage(chain.genesis, bad)).toMatchObject({ reason: 'KNOWN_VALIDATOR' });
    }
  });

  it('is taken up at its own block only; a chain that went on, or has another block there, is refused', () => {
    const chain = new EpochChain();
    const early = chain.chain;
    const page = pageOf(chain);
    expect(afterFounding([page], early)).toBe(early);
    const at = lastBlockOf(chain, page);
    const founded = afterFounding([page], at);
    expect(founded).toMatchObject({
      era: 1,
      held: 1,
      epoch: early.epoch + 2,
      epochStart: at.height + 1,
      height: at.height,
    });
    expect([founded.validators, founded.validatorsNext]).toEqual([second, second]);
    expect([founded.blockHash, founded.resultRoot, founded.historyRoot]).toEqual([
      at.blockHash,
      at.resultRoot,
      at.historyRoot,
    ]);
    expect(afterFounding([page], founded)).toBe(founded);
    const abandoned = expect.objectContaining({ code: 'STORE_ABANDONED' });
    expect(() => afterFounding([page], { ...at, blockHash: new Uint8Array(32).fill(1) })).toThrow(abandoned);
    chain.advance(first);
    expect(() => afterFounding([page], chain.chain)).toThrow(abandoned);
  });

  it('holds its set until the ledger wishes it, whatever was wished before', () => {
    const chain = new EpochChain();
    const page = pageOf(chain);
    const founded = refoundedChain(lastBlockOf(chain, page), page, 0);
    const zeros = new Uint8Array(32);
    const epochs = (from: ChainState, count: number, wished: readonly ValidatorInfo[]): ChainState => {
      let at = from;
      while (at.epoch < from.epoch + count) {
        const header = { ...chain.header(), height: at.height + 1, timeMs: at.timeMs + 1, parentHash: at.blockHash };
        const step = { header, blockHash: blockHash(header), resultRoot: zeros, historyRoot: zeros, wished };
        at = advanceChain({ epochTurns: 1 }, at, { ...step, beaconOutput: new Uint8Array(64) });
      }
      return at;
    };
    const held = epochs(epochs(founded, 5, first), 2, [...first, ...second]);
    expect([held.held, held.validatorsNext]).toEqual([1, second]);
    const released = epochs(held, 1, [...second].reverse());
    expect([released.held, released.era, released.validatorsNext]).toEqual([0, 1, second]);
    expect(epochs(released, 1, [...second, memberOf('w4')]).validatorsNext).toHaveLength(5);
  });
});

describe('R27: a light client', () => {
  it('follows a page to the new validators, forgets the abandoned branch, and keeps that over a restart', () => {
    const chain = new EpochChain();
    for (let count = 0; count < 6; count++) chain.advance(first);
    const light = new LightClient(chain.genesis);
    const ofOldEra = chain.certificate();
    const page = pageOf(chain);
    const at = lastBlockOf(chain, page);
    const abandoned = chain.lightBlock();
    expect(light.acceptHead(abandoned)).toEqual({ ok: true, value: 'newer' });
    expect(light.refound(signed(page, [0]))).toMatchObject({ reason: 'TOO_FEW_OPERATORS' });
    expect(light.head).toBe(abandoned);
    expect(light.refound(page)).toEqual({ ok: true, value: 'newer' });
    expect(light.head?.header.height).toBe(at.height);
    expect(light.acceptHead(abandoned)).toMatchObject({ reason: 'OTHER_VALIDATORS' });
    chain.chain = refoundedChain(at, page, 0);
    expect(light.acceptHead(chain.lightBlock())).toEqual({ ok: true, value: 'newer' });
    expect(light.validators).toEqual(second);
    // A genuine certificate of the old era, of before the page's block, says who would have come next.
    expect(light.follow([ofOldEra])).toEqual({ ok: true, value: 0 });
    for (let count = 0; count < 8; count++) chain.advance(second);
    expect(light.acceptHead(chain.lightBlock())).toEqual({ ok: true, value: 'newer' });
    expect(light.validatorsAt(at.height + 100)).toEqual(second);
    expect(light.validatorsAt(at.height)).toEqual(first);
    const again = new LightClient(chain.genesis, light.export());
    expect(again.refound(page)).toEqual({ ok: true, value: 'older' });
    expect(again.acceptHead(abandoned)).toMatchObject({ reason: 'OTHER_VALIDATORS' });
  });
});
