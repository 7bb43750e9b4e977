/** Votes, timeouts and certificates: what validators sign and what anyone can check (ARCHITECTURE D2, D10). */
import { equalBytes } from '#core/bytes';
import { encodeCbor } from '#core/codec';
import { verifySignature } from '#core/ed25519';
import { type Infer, list, optional, record, uint, versioned } from '#core/format';
import { bad, ok, type Result } from '#core/result';
import { hashFormat, heightFormat, signatureFormat } from '#ledger/ids';
import { quorum } from '#ledger/validators/quorum';
import { viewFormat, voteDomain, voteMessage } from '#ledger/validators/signed-statement';
import { validatorsMax } from '#ledger/validators/validator-set';
import type { Header } from './block.ts';
import type { ValidatorInfo } from './genesis.ts';

/** Phase numbers of votes. */
export const preparePhase = 1;
export const commitPhase = 2;
export const validatorIndexFormat = uint({ max: validatorsMax - 1 });

const voted = {
  /** 1 PREPARE, 2 COMMIT. */
  phase: uint({ max: commitPhase }),
  height: heightFormat,
  view: viewFormat,
  blockHash: hashFormat,
  resultRoot: hashFormat,
};

/** One signed vote of one validator. */
export const voteFormat = versioned(
  'vote',
  1,
  { bytesMax: 256 },
  {
    ...voted,
    validator: validatorIndexFormat,
    signature: signatureFormat,
  },
);
export type Vote = Infer<typeof voteFormat>;

/** What a vote says, without who says it. */
export type Voted = Pick<Vote, 'phase' | 'height' | 'view' | 'blockHash' | 'resultRoot'>;

/** Votes of a quorum that say the same, as proof. */
export const certificateFormat = versioned(
  'certificate',
  1,
  { bytesMax: 2_048 },
  {
    ...voted,
    /** By ascending validator index, at least a quorum of them. */
    signatures: list(record('validator-signature', { validator: validatorIndexFormat, signature: signatureFormat }), {
      min: 1,
      max: validatorsMax,
    }),
  },
);
export type Certificate = Infer<typeof certificateFormat>;

/** A signed wish for the next view, with what its sender has prepared. */
export const timeoutFormat = versioned(
  'timeout',
  1,
  { bytesMax: 4_096 },
  {
    height: heightFormat,
    /** The view its sender wants to enter. */
    nextView: viewFormat,
    /** The highest block its sender has prepared at this height, proved. */
    prepared: optional(certificateFormat),
    validator: validatorIndexFormat,
    signature: signatureFormat,
  },
);
export type Timeout = Infer<typeof timeoutFormat>;

/** Signature domain of timeouts; that of votes is the ledger's. */
export const timeoutDomain = 'bizain/timeout/1';

/** The bytes a validator signs to time out: they name its highest prepared view and hash. */
export function timeoutMessage(chainId: Uint8Array, t: Pick<Timeout, 'height' | 'nextView' | 'prepared'>): Uint8Array {
  const prepared = t.prepared === null ? null : [t.prepared.view, t.prepared.blockHash, t.prepared.resultRoot];
  return encodeCbor([chainId, t.height, t.nextView, prepared]);
}

export type CertificateFault = 'TOO_FEW' | 'NOT_ASCENDING' | 'UNKNOWN_VALIDATOR' | 'BAD_SIGNATURE';

/** Says whether validator number `validator` signed a message in the domain of votes. */
export type VoteVerifier = (validator: number, message: Uint8Array, signature: Uint8Array) => boolean;

/**
 * Checks a certificate against a set of `validatorCount` members whose signatures `isSigned` knows: distinct
 * ascending members, a quorum of them, every signature good.
 */
export function checkCertificate(
  chainId: Uint8Array,
  validatorCount: number,
  certificate: Certificate,
  isSigned: VoteVerifier,
): Result<true, CertificateFault> {
  if (certificate.signatures.length < quorum(validatorCount)) return bad('TOO_FEW');
  const message = voteMessage(chainId, certificate);
  let last = -1;
  for (const { validator, signature } of certificate.signatures) {
    if (validator <= last) return bad('NOT_ASCENDING');
    last = validator;
    if (validator >= validatorCount) return bad('UNKNOWN_VALIDATOR');
    if (!isSigned(validator, message, signature)) return bad('BAD_SIGNATURE');
  }
  return ok(true);
}

/** Why a certificate is not that of a block: it is no proof of COMMIT, or one for another height or block. */
export type OtherCertificate = 'NOT_COMMIT' | 'OTHER_HEIGHT' | 'OTHER_BLOCK';

/** Whether a certificate speaks of COMMIT for the block of this header and hash; its signatures are checked elsewhere. */
export function isCommitOf(header: Header, hash: Uint8Array, certificate: Certificate): Result<true, OtherCertificate> {
  if (certificate.phase !== commitPhase) return bad('NOT_COMMIT');
  if (certificate.height !== header.height) return bad('OTHER_HEIGHT');
  return equalBytes(certificate.blockHash, hash) ? ok(true) : bad('OTHER_BLOCK');
}

/** `checkCertificate` by the keys of a validator set. Cost: one Ed25519 check a signature. */
export function verifyCertificate(
  chainId: Uint8Array,
  validators: readonly ValidatorInfo[],
  certificate: Certificate,
): Result<true, CertificateFault> {
  return checkCertificate(chainId, validators.length, certificate, (validator, message, signature) => {
    const member = validators[validator];
    if (member === undefined) return false;
    return verifySignature({ publicKey: member.publicKey, domain: voteDomain, message, signature });
  });
}
