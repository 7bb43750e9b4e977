/** A validator's side of a new founding: reads the pages, and takes one up when its chain has come to the page's block. */
import { equalBytes } from '#core/bytes';
import { BizainError } from '#core/errors';
import { readFormatFile } from '#core/format-file';
import { faultText } from '#core/result';
import { chainStateOf } from '../light-client/epoch-certificate.ts';
import { verifyRecoveryPage } from '../light-client/operator-word.ts';
import type { ChainState } from '../pbft/chain.ts';
import { refoundedChain } from '../pbft/refounded-chain.ts';
import type { Genesis } from '../wire/genesis.ts';
import { type RecoveryPage, recoveryPageFormat } from '../wire/recovery-page.ts';
import type { ValidatorErrorCode } from './errors.ts';

/** Reads a page that enough operators have signed. Throws `RECOVERY_UNUSABLE`. */
export function readRecoveryPage(file: string, genesis: Genesis): RecoveryPage {
  const code: ValidatorErrorCode = 'RECOVERY_UNUSABLE';
  const page = readFormatFile(file, recoveryPageFormat);
  const verified = page.ok ? verifyRecoveryPage(genesis, page.value) : page;
  if (page.ok && verified.ok) return page.value;
  const why = verified.ok ? '' : faultText(verified);
  const message = `The recovery page ${file} is not believed (${why}). Check the path, or get it again from the region's operators.`;
  throw new BizainError({ code, message });
}

/**
 * The chain as the next page has it, where that page is of the chain's last block; else the chain itself. Throws `STORE_ABANDONED`
 * for a chain that has another block there, or has gone on without the page.
 */
export function afterFounding(pages: readonly RecoveryPage[], chain: ChainState): ChainState {
  const page = pages.find(({ era }) => era === chain.era + 1);
  if (page === undefined) return chain;
  const { height, blockHash, resultRoot } = page.certificate.lightBlock.certificate;
  if (chain.height < height) return chain;
  const before = chainStateOf(page.certificate);
  const same = equalBytes(chain.blockHash, blockHash) && equalBytes(chain.resultRoot, resultRoot);
  if (chain.height === height && same && before.ok) return refoundedChain(chain, page, before.value.epoch);
  const code: ValidatorErrorCode = 'STORE_ABANDONED';
  const message = `The store stands at height ${chain.height} of a branch that the recovery page of era ${page.era} has given up after height ${height}. Keep it for examination, and start with a copy of the store that the page was made from, or with an empty folder.`;
  throw new BizainError({ code, message });
}
