/**
 * A receipt that proves itself on paper: header, certificate and path beside it, small enough for one QR code. What a certificate
 * repeats of the header is left out and computed again.
 */

import { equalBytes } from '#core/bytes';
import { bytes, type Infer, list, uint, versioned } from '#core/format';
import { HASH_BYTES } from '#core/hash';
import { MERKLE_DEPTH_MAX, merkleDepth, rootFromPath } from '#core/merkle';
import { bad, ok, type Result } from '#core/result';
import { hashFormat } from '#ledger/ids';
import { type Receipt, receiptFormat, receiptLeaf, receiptsRootOf } from '#ledger/receipt';
import { resultRoot } from '#ledger/state/roots';
import { viewFormat } from '#ledger/validators/signed-statement';
import { validatorsMax } from '#ledger/validators/validator-set';
import { blockHash, headerFormat } from '../wire/block.ts';
import type { LightBlock } from '../wire/gateway-message.ts';
import { chainIdOf, type Genesis, type ValidatorInfo, validatorSetHash } from '../wire/genesis.ts';
import { type Certificate, commitPhase, validatorIndexFormat, verifyCertificate } from '../wire/vote.ts';
import type { LightFault } from './light-fault.ts';

const signatureBytes = 64;

/** A self-contained proof of one receipt. */
export const receiptProofFormat = versioned(
  'receipt-proof',
  1,
  { bytesMax: 24 * 1024 },
  {
    receipt: receiptFormat,
    header: headerFormat,
    /** View of the certificate of COMMIT. */
    view: viewFormat,
    /** Ascending; their signatures, 64 bytes each, stand one after the other. */
    signers: list(validatorIndexFormat, { min: 1, max: validatorsMax }),
    signatures: bytes({ max: validatorsMax * signatureBytes }),
    stateRoot: hashFormat,
    receiptCount: uint({ max: 0xffff_ffff }),
    index: uint({ max: 0xffff_ffff }),
    /** Siblings from the leaf upwards, 32 bytes each, one after the other. */
    path: bytes({ max: MERKLE_DEPTH_MAX * HASH_BYTES }),
  },
);
/** A decoded proof. */
export type ReceiptProof = Infer<typeof receiptProofFormat>;

/** Where a receipt stands in its block. */
export interface ReceiptPlace {
  readonly receipt: Receipt;
  readonly stateRoot: Uint8Array;
  readonly receiptCount: number;
  readonly index: number;
  /** Siblings from the leaf upwards. */
  readonly path: readonly Uint8Array[];
}

/** The proof of a receipt in a certified block. */
export function receiptProofOf({ header, certificate }: LightBlock, place: ReceiptPlace): ReceiptProof {
  const { receipt, stateRoot, receiptCount, index } = place;
  return {
    receipt,
    header,
    view: certificate.view,
    signers: certificate.signatures.map(({ validator }) => validator),
    signatures: Buffer.concat(certificate.signatures.map(({ signature }) => signature)),
    stateRoot,
    receiptCount,
    index,
    path: Buffer.concat(place.path),
  };
}

function piecesOf(joined: Uint8Array, size: number): Uint8Array[] {
  return Array.from({ length: Math.floor(joined.length / size) }, (_, at) =>
    joined.subarray(at * size, (at + 1) * size),
  );
}

function resultOf(proof: ReceiptProof): Uint8Array | undefined {
  const { receipt, index, receiptCount, path } = proof;
  if (index >= receiptCount || path.length !== merkleDepth(receiptCount) * HASH_BYTES) return undefined;
  const root = rootFromPath(receiptLeaf(receipt), index, piecesOf(path, HASH_BYTES));
  return root === undefined ? undefined : resultRoot(proof.stateRoot, receiptsRootOf(receiptCount, root));
}

function certificateOf(proof: ReceiptProof, certified: Uint8Array): Certificate {
  const { header, view, signers, signatures } = proof;
  const parts = piecesOf(signatures, signatureBytes);
  return {
    phase: commitPhase,
    height: header.height,
    view,
    blockHash: blockHash(header),
    resultRoot: certified,
    signatures: signers.map((validator, at) => ({ validator, signature: parts[at] as Uint8Array })),
  };
}

/** Whose certificates are believed: a light client, or whatever else knows the region's validators by height. */
export interface TrustedSets {
  readonly chainId: Uint8Array;
  validatorsAt(height: number): readonly ValidatorInfo[] | null;
}

/** The trust of who knows nothing but the genesis: enough while the validators have not changed. */
export function genesisSets(genesis: Genesis): TrustedSets {
  return { chainId: chainIdOf(genesis), validatorsAt: () => genesis.validators };
}

/**
 * The receipt, if a quorum of its block's validators certified it; never throws on decoded input. Needs neither line nor state. Cost:
 * one Ed25519 check a signature.
 */
export function verifyReceiptProof(trusted: TrustedSets, proof: ReceiptProof): Result<Receipt, LightFault> {
  const { header, receipt, signers, signatures } = proof;
  const { chainId } = trusted;
  if (!equalBytes(header.chainId, chainId)) return bad('OTHER_CHAIN');
  const validators = trusted.validatorsAt(header.height);
  if (validators === null || !equalBytes(header.validatorSetHash, validatorSetHash(validators)))
    return bad('OTHER_VALIDATORS');
  const certified = resultOf(proof);
  if (certified === undefined) return bad('BAD_RECEIPTS_ROOT');
  if (signatures.length !== signers.length * signatureBytes) return bad('BAD_SIGNATURE');
  const checked = verifyCertificate(chainId, validators, certificateOf(proof, certified));
  if (!checked.ok) return checked;
  // The tree binds the receipt to the block already; a receipt of another height would be a fault of the region itself.
  return receipt.height === header.height ? ok(receipt) : bad('BAD_RECEIPT', 'the receipt names another height');
}
