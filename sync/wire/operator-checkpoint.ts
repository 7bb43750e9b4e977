/**
 * A certified block that the region's operators vouch for with their offline keys: where a terminal goes on that has been away for
 * longer than it may trust what it knew, or that has seen the validators contradict themselves.
 */
import { encodeCbor } from '#core/codec';
import { type Infer, list, record, uint, versioned } from '#core/format';
import { hashFormat, signatureFormat } from '#ledger/ids';
import { type EpochCertificate, epochCertificateFormat } from './gateway-message.ts';
import { operatorsMax } from './genesis.ts';

/** Signature domain of checkpoints. */
export const checkpointDomain = 'bizain/operator-checkpoint/1';

/** One operator's signature. `operator`: its place in the genesis. */
export const operatorSignatureFormat = record('operator-signature', {
  operator: uint({ max: operatorsMax - 1 }),
  signature: signatureFormat,
});
export type OperatorSignature = Infer<typeof operatorSignatureFormat>;

/** By ascending place, each operator once. */
export const operatorSignaturesFormat = list(operatorSignatureFormat, { max: operatorsMax });

/** A file that goes from operator to operator, then to terminals. Without signatures it says only what may be signed. */
export const operatorCheckpointFormat = versioned(
  'operator-checkpoint',
  1,
  { bytesMax: 16 * 1024 },
  {
    chainId: hashFormat,
    /**
     * The block with the chain state that its header commits to, which is the one after its parent: a header is the only thing that
     * validators sign about a chain state, so that a wrong one cannot be slipped to an operator.
     */
    certificate: epochCertificateFormat,
    signatures: operatorSignaturesFormat,
  },
);
export type OperatorCheckpoint = Infer<typeof operatorCheckpointFormat>;

/** What is said to have been signed by operators. */
export interface OperatorClaim {
  readonly domain: string;
  readonly message: Uint8Array;
  readonly signatures: readonly OperatorSignature[];
}

/** The bytes that an operator signs; the block's hash covers its header, and with it the chain state. */
export function checkpointMessage(chainId: Uint8Array, { lightBlock }: EpochCertificate): Uint8Array {
  const { height, blockHash, resultRoot } = lightBlock.certificate;
  return encodeCbor([chainId, height, blockHash, resultRoot]);
}

/** What the signatures on a checkpoint are said to stand for. */
export function checkpointClaim({ chainId, certificate, signatures }: OperatorCheckpoint): OperatorClaim {
  return { domain: checkpointDomain, message: checkpointMessage(chainId, certificate), signatures };
}
