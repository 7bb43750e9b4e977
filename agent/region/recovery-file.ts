/** Recovery pages as files, made from a checkpoint and signed by one operator after the other. Hold no secret. */
import { readFileSync, statSync } from 'node:fs';
import { writeFileAtomic } from '#core/atomic-file';
import { equalBytes } from '#core/bytes';
import { signMessage } from '#core/ed25519';
import { decode, encode } from '#core/format';
import { bad, ok, type Result } from '#core/result';
import { chainStateOf } from '#sync/light-client/epoch-certificate';
import type { LightFault } from '#sync/light-client/light-fault';
import { type OperatorFault, type RecoveryFault, readRecovery } from '#sync/light-client/operator-word';
import type { Genesis, ValidatorInfo } from '#sync/wire/genesis';
import type { OperatorCheckpoint } from '#sync/wire/operator-checkpoint';
import { type RecoveryPage, recoveryDomain, recoveryMessage, recoveryPageFormat } from '#sync/wire/recovery-page';

/** Why a page cannot be made or signed. */
export type PageFault = LightFault | OperatorFault | RecoveryFault | 'NO_OPERATOR';

/** Reads a page; whether it is to be believed is another question. Never throws. */
export function readPageFile(file: string): Result<RecoveryPage, 'UNREADABLE'> {
  let bytes: Uint8Array;
  try {
    if (statSync(file).size > recoveryPageFormat.bytesMax) return bad('UNREADABLE', 'too large for a recovery page');
    bytes = new Uint8Array(readFileSync(file));
  } catch (error) {
    return bad('UNREADABLE', error instanceof Error ? error.message : String(error));
  }
  const decoded = decode(recoveryPageFormat, bytes);
  return decoded.ok ? decoded : bad('UNREADABLE', `no recovery page (${decoded.reason})`);
}

/** Writes a page in full or not at all. Throws core's file errors. */
export function writePageFile(file: string, page: RecoveryPage): void {
  writeFileAtomic(file, encode(recoveryPageFormat, page), 0o644);
}

/** The unsigned page on which the region goes on after the checkpoint's block, under these validators. */
export function pageAfter(
  genesis: Genesis,
  { chainId, certificate }: OperatorCheckpoint,
  validators: readonly ValidatorInfo[],
): Result<RecoveryPage, PageFault> {
  const chain = chainStateOf(certificate);
  if (!chain.ok) return chain;
  const page = { chainId, era: chain.value.era + 1, certificate, validators: [...validators], signatures: [] };
  const read = readRecovery(genesis, page);
  return read.ok ? ok(page) : read;
}

/** The page with one more operator's signature, in its place; signing again changes nothing. */
export function pageSignedBy(
  genesis: Genesis,
  page: RecoveryPage,
  key: { readonly publicKey: Uint8Array; readonly secretSeed: Uint8Array },
): Result<RecoveryPage, PageFault> {
  const operator = genesis.operators.publicKeys.findIndex((publicKey) => equalBytes(publicKey, key.publicKey));
  if (operator < 0) return bad('NO_OPERATOR', 'the genesis does not name this key');
  const signature = signMessage(key.secretSeed, recoveryDomain, recoveryMessage(page));
  const others = page.signatures.filter((one) => one.operator !== operator);
  const signatures = [...others, { operator, signature }].sort((a, b) => a.operator - b.operator);
  const signed = { ...page, signatures };
  const read = readRecovery(genesis, signed);
  return read.ok ? ok(signed) : read;
}
