/** What operators sign one after the other, each on a machine without network: a checkpoint, a recovery page. Files that hold no secret. */
import { equalBytes } from '#core/bytes';
import { publicKeyOf, signMessage } from '#core/ed25519';
import type { VersionedFormat } from '#core/format';
import { bad, ok, type Result } from '#core/result';
import { chainStateOf } from '#sync/light-client/epoch-certificate';
import type { LightFault } from '#sync/light-client/light-fault';
import {
  type CheckpointContent,
  type OperatorFault,
  type RecoveryFault,
  readCheckpoint,
  readRecovery,
} from '#sync/light-client/operator-word';
import type { EpochCertificate } from '#sync/wire/gateway-message';
import type { Genesis, ValidatorInfo } from '#sync/wire/genesis';
import {
  checkpointClaim,
  type OperatorCheckpoint,
  type OperatorClaim,
  type OperatorSignature,
  operatorCheckpointFormat,
} from '#sync/wire/operator-checkpoint';
import { type RecoveryPage, recoveryClaim, recoveryPageFormat } from '#sync/wire/recovery-page';

/** Why something does not hold together, or is not signed. `NO_OPERATOR`: the key is none of the genesis'. */
export type OperatorFileFault = LightFault | OperatorFault | RecoveryFault | 'NO_OPERATOR';

/** One of the things that operators sign. */
export interface OperatorFile<T> {
  /** As in "the checkpoint". */
  readonly name: string;
  readonly format: VersionedFormat<T>;
  claim(value: T): OperatorClaim;
  /** What it says, whoever has signed it so far. */
  read(genesis: Genesis, value: T): Result<CheckpointContent, OperatorFileFault>;
}

type Signed = { readonly certificate: EpochCertificate; readonly signatures: readonly OperatorSignature[] };

/** See `sync/wire/operator-checkpoint.ts`. */
export const checkpointFile: OperatorFile<OperatorCheckpoint> = {
  name: 'checkpoint',
  format: operatorCheckpointFormat,
  claim: checkpointClaim,
  read: readCheckpoint,
};

/** See `sync/wire/recovery-page.ts`. */
export const recoveryFile: OperatorFile<RecoveryPage> = {
  name: 'recovery page',
  format: recoveryPageFormat,
  claim: recoveryClaim,
  read: readRecovery,
};

/** The value with one more operator's signature, in its place; signing again changes nothing. What does not hold together is not signed. */
export function signedByOperator<T extends Signed>(
  file: OperatorFile<T>,
  genesis: Genesis,
  value: T,
  secretSeed: Uint8Array,
): Result<T, OperatorFileFault> {
  const whole = file.read(genesis, value);
  if (!whole.ok) return whole;
  const publicKey = publicKeyOf(secretSeed);
  const operator = genesis.operators.publicKeys.findIndex((known) => equalBytes(known, publicKey));
  if (operator < 0) return bad('NO_OPERATOR', 'the genesis does not name this key');
  const { domain, message, signatures: before } = file.claim(value);
  const others = before.filter((one) => one.operator !== operator);
  const signature = signMessage(secretSeed, domain, message);
  const signatures = [...others, { operator, signature }].sort((a, b) => a.operator - b.operator);
  return ok({ ...value, signatures });
}

/** The unsigned page on which the region goes on after the checkpoint's block, under these validators. */
export function pageAfter(
  genesis: Genesis,
  { chainId, certificate }: OperatorCheckpoint,
  validators: readonly ValidatorInfo[],
): Result<RecoveryPage, OperatorFileFault> {
  const chain = chainStateOf(certificate);
  if (!chain.ok) return chain;
  const page = { chainId, era: chain.value.era + 1, certificate, validators: [...validators], signatures: [] };
  const read = readRecovery(genesis, page);
  return read.ok ? ok(page) : read;
}
