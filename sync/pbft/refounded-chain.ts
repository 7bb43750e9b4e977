/** The chain state with which a region goes on that its operators have founded anew (SPEC R27). */
import { assert } from '#core/assert';
import { taggedHash } from '#core/hash';
import { type RecoveryPage, recoveryMessage } from '../wire/recovery-page.ts';
import type { ChainState } from './chain.ts';

/** Epochs between that of the page's block and the first of the new era: the block may have been the last of its own. */
export const epochsOver = 2;

/**
 * What replaces the chain state after the page's block. Apart from what that block left behind, it is a function of the page, so
 * that all who have both agree; the next header carries its hash. `blockEpoch`: of the page's block.
 */
export function refoundedChain(chain: ChainState, page: RecoveryPage, blockEpoch: number): ChainState {
  const { height } = page.certificate.lightBlock.header;
  assert(chain.height === height && chain.era + 1 === page.era, 'a page for this chain');
  const message = recoveryMessage(page);
  const seed = (epoch: number): Uint8Array => taggedHash('bizain/recovery-seed/1', Uint8Array.of(epoch), message);
  return {
    ...chain,
    era: page.era,
    held: 1,
    epoch: blockEpoch + epochsOver,
    epochStart: height + 1,
    validators: page.validators,
    validatorsNext: page.validators,
    seed: seed(0),
    seedNext: seed(1),
    beaconMix: new Uint8Array(32),
    failed: [],
  };
}
