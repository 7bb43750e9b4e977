/** Whether the region's operators stand behind something: signatures by their places in the genesis, and a checkpoint whole. */
import { equalBytes, toHex } from '#core/bytes';
import { verifySignature } from '#core/ed25519';
import { bad, ok, type Result } from '#core/result';
import type { ChainState } from '../pbft/chain.ts';
import { blockHash } from '../wire/block.ts';
import { chainIdOf, type Genesis, type Operators } from '../wire/genesis.ts';
import { checkpointClaim, type OperatorCheckpoint, type OperatorClaim } from '../wire/operator-checkpoint.ts';
import { type RecoveryPage, recoveryClaim } from '../wire/recovery-page.ts';
import { isCommitOf, verifyCertificate } from '../wire/vote.ts';
import { chainStateOf } from './epoch-certificate.ts';
import type { LightFault } from './light-fault.ts';

/**
 * Why the operators' word does not count. `BAD_OPERATORS`: the genesis names no usable ones. `UNKNOWN_OPERATOR`: a place that it
 * does not name. `OPERATOR_TWICE`: places not ascending. `BAD_OPERATOR_SIGNATURE`: not signed by that key. `TOO_FEW_OPERATORS`: under the threshold.
 */
export type OperatorFault =
  | 'BAD_OPERATORS'
  | 'UNKNOWN_OPERATOR'
  | 'OPERATOR_TWICE'
  | 'BAD_OPERATOR_SIGNATURE'
  | 'TOO_FEW_OPERATORS';

/** Whether a genesis names operators whose word can count: distinct keys, a threshold that they can reach. */
export function operatorsAreSound({ threshold, publicKeys }: Operators): boolean {
  const distinct = new Set(publicKeys.map(toHex)).size === publicKeys.length;
  return distinct && threshold >= 1 && threshold <= publicKeys.length;
}

/** Every signature must be good, even beyond the threshold; gives the places that signed, ascending. Never throws. */
export function operatorsBehind(operators: Operators, claim: OperatorClaim): Result<readonly number[], OperatorFault> {
  if (!operatorsAreSound(operators)) return bad('BAD_OPERATORS');
  let last = -1;
  for (const { operator, signature } of claim.signatures) {
    const publicKey = operators.publicKeys[operator];
    if (publicKey === undefined) return bad('UNKNOWN_OPERATOR', `operator ${operator}`);
    if (operator <= last) return bad('OPERATOR_TWICE', `operator ${operator}`);
    last = operator;
    const { domain, message } = claim;
    if (!verifySignature({ publicKey, domain, message, signature }))
      return bad('BAD_OPERATOR_SIGNATURE', `operator ${operator}`);
  }
  return ok(claim.signatures.map(({ operator }) => operator));
}

/** What a checkpoint says. */
export interface CheckpointContent {
  /** After the parent of its block. */
  readonly chain: ChainState;
  /** Places of the operators that have signed, ascending. */
  readonly signedBy: readonly number[];
}

/**
 * Reads a checkpoint that need not be signed by enough operators yet: it must hold together, be certified by the validators that it
 * names, and no signature on it may be bad.
 */
export function readCheckpoint(
  genesis: Genesis,
  checkpoint: OperatorCheckpoint,
): Result<CheckpointContent, LightFault | OperatorFault> {
  const { certificate } = checkpoint;
  const chainId = chainIdOf(genesis);
  const { header, certificate: votes } = certificate.lightBlock;
  if (!equalBytes(checkpoint.chainId, chainId) || !equalBytes(header.chainId, chainId)) return bad('OTHER_CHAIN');
  const chain = chainStateOf(certificate);
  if (!chain.ok) return chain;
  const ofBlock = isCommitOf(header, blockHash(header), votes);
  if (!ofBlock.ok) return ofBlock;
  const certified = verifyCertificate(chainId, chain.value.validators, votes);
  if (!certified.ok) return certified;
  const behind = operatorsBehind(genesis.operators, checkpointClaim(checkpoint));
  return behind.ok ? ok({ chain: chain.value, signedBy: behind.value }) : behind;
}

/** Why a recovery page does not hold together. `OTHER_ERA`: not the one after that of its block. `KNOWN_VALIDATOR`: a name or key that is not new, or twice. */
export type RecoveryFault = 'OTHER_ERA' | 'KNOWN_VALIDATOR';

function allNew(page: RecoveryPage, { validators, validatorsNext }: ChainState): boolean {
  const known = [...validators, ...validatorsNext];
  const names = new Set(known.map(({ name }) => name));
  const keys = new Set(known.map(({ publicKey }) => toHex(publicKey)));
  const size = names.size + keys.size;
  for (const { name, publicKey } of page.validators) {
    names.add(name);
    keys.add(toHex(publicKey));
  }
  return names.size + keys.size === size + 2 * page.validators.length;
}

/** As `readCheckpoint`, for a recovery page. */
export function readRecovery(
  genesis: Genesis,
  page: RecoveryPage,
): Result<CheckpointContent, LightFault | OperatorFault | RecoveryFault> {
  const read = readCheckpoint(genesis, { chainId: page.chainId, certificate: page.certificate, signatures: [] });
  if (!read.ok) return read;
  const { chain } = read.value;
  if (page.era !== chain.era + 1) return bad('OTHER_ERA', `${page.era} after ${chain.era}`);
  if (!allNew(page, chain)) return bad('KNOWN_VALIDATOR');
  const behind = operatorsBehind(genesis.operators, recoveryClaim(page));
  return behind.ok ? ok({ chain, signedBy: behind.value }) : behind;
}

function ofEnough<F extends string>(
  { threshold }: Operators,
  read: Result<CheckpointContent, F>,
): Result<ChainState, F | 'TOO_FEW_OPERATORS'> {
  if (!read.ok) return read;
  const { chain, signedBy } = read.value;
  return signedBy.length < threshold ? bad('TOO_FEW_OPERATORS', `${signedBy.length} of ${threshold}`) : ok(chain);
}

/** The chain state before the block of a recovery page that enough operators have signed. Never throws on decoded input. */
export function verifyRecoveryPage(
  genesis: Genesis,
  page: RecoveryPage,
): Result<ChainState, LightFault | OperatorFault | RecoveryFault> {
  return ofEnough(genesis.operators, readRecovery(genesis, page));
}

/** The chain state of a checkpoint that enough operators have signed. Never throws on decoded input. */
export function verifyCheckpoint(
  genesis: Genesis,
  checkpoint: OperatorCheckpoint,
): Result<ChainState, LightFault | OperatorFault> {
  return ofEnough(genesis.operators, readCheckpoint(genesis, checkpoint));
}
