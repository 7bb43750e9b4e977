/** What an epoch certificate says, once its light block is believed: who votes in the next epoch, and from which height on (SPEC R25). */
import { equalBytes } from '#core/bytes';
import { decode } from '#core/format';
import { taggedHash } from '#core/hash';
import { bad, ok, type Result } from '#core/result';
import { type ChainState, chainStateDomain, chainStateFormat } from '../pbft/chain.ts';
import type { EpochCertificate } from '../wire/gateway-message.ts';
import { validatorSetHash } from '../wire/genesis.ts';
import type { LightFault } from './light-fault.ts';

/** The chain state that the certificate's header commits to. */
export function chainStateOf({ lightBlock, chainState }: EpochCertificate): Result<ChainState, LightFault> {
  const { header } = lightBlock;
  if (!equalBytes(taggedHash(chainStateDomain, chainState), header.chainStateHash)) return bad('BAD_EPOCH');
  const decoded = decode(chainStateFormat, chainState);
  if (!decoded.ok) return bad('BAD_EPOCH', decoded.reason);
  const chain = decoded.value;
  const isOfHeader =
    chain.height === header.height - 1 && equalBytes(validatorSetHash(chain.validators), header.validatorSetHash);
  return isOfHeader ? ok(chain) : bad('BAD_EPOCH', 'the chain state is of another block');
}

/** First height of the epoch after that of the next block. */
export function nextEpochStart(epochTurns: number, chain: ChainState): number {
  return chain.epochStart + epochTurns * chain.validators.length;
}
