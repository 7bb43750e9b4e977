/**
 * The page on which operators found a region anew that has lost its quorum for ever: it goes on after a certified block, with the same
 * ledger, under validators whose names and keys are all new (sync/pbft/SPEC.md R27).
 */
import { encodeCbor } from '#core/codec';
import { type Infer, uint, versioned } from '#core/format';
import { hashFormat } from '#ledger/ids';
import { epochCertificateFormat } from './gateway-message.ts';
import { validatorSetFormat, validatorSetHash } from './genesis.ts';
import { type OperatorClaim, operatorSignaturesFormat } from './operator-checkpoint.ts';

/** Signature domain of recovery pages. */
export const recoveryDomain = 'bizain/recovery-page/1';

/** Number of foundings after the first; the genesis begins era 0. */
export const eraFormat = uint({ max: 0xffff });

/** A file as a checkpoint is one: it goes from operator to operator, then to validators and terminals. */
export const recoveryPageFormat = versioned(
  'recovery-page',
  1,
  { bytesMax: 24 * 1024 },
  {
    chainId: hashFormat,
    /** One more than that of the block. */
    era: eraFormat,
    /** The last block that counts, certified, with the chain state that its header commits to. */
    certificate: epochCertificateFormat,
    /** Who votes from the next height on. */
    validators: validatorSetFormat,
    signatures: operatorSignaturesFormat,
  },
);
export type RecoveryPage = Infer<typeof recoveryPageFormat>;

/** The bytes that an operator signs. */
export function recoveryMessage({ chainId, era, certificate, validators }: RecoveryPage): Uint8Array {
  const { height, blockHash, resultRoot } = certificate.lightBlock.certificate;
  return encodeCbor([chainId, era, height, blockHash, resultRoot, validatorSetHash(validators)]);
}

/** What the signatures on a page are said to stand for. */
export function recoveryClaim(page: RecoveryPage): OperatorClaim {
  return { domain: recoveryDomain, message: recoveryMessage(page), signatures: page.signatures };
}
