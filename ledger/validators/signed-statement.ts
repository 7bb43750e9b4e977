/** What a validator signs when it votes or proposes: one definition for those who say it and for the ledger, which may be shown it. */
import { encodeCbor } from '#core/codec';
import { verifySignature } from '#core/ed25519';
import { uint } from '#core/format';

/** The view of a height, from 0. */
export const viewFormat = uint({ max: 0xffff_ffff });

/** Signature domain of votes. */
export const voteDomain = 'bizain/vote/1';
/** Signature domain of proposals. */
export const proposalDomain = 'bizain/proposal/1';

/** What a vote says, without who says it. */
export interface VotedFor {
  /** 1 PREPARE, 2 COMMIT. */
  readonly phase: number;
  readonly height: number;
  readonly view: number;
  readonly blockHash: Uint8Array;
  readonly resultRoot: Uint8Array;
}

/** The bytes a validator signs to vote. */
export function voteMessage(chainId: Uint8Array, v: VotedFor): Uint8Array {
  return encodeCbor([chainId, v.phase, v.height, v.view, v.blockHash, v.resultRoot]);
}

/** The bytes a primary signs to propose. The timeouts of a NEW-VIEW are signed by those who sent them. */
export function proposalMessage(chainId: Uint8Array, height: number, view: number, hash: Uint8Array): Uint8Array {
  return encodeCbor([chainId, height, view, hash]);
}

/** Whether the key signed the vote on this chain. */
export function voteIsSigned(
  chainId: Uint8Array,
  vote: VotedFor & { readonly signature: Uint8Array },
  publicKey: Uint8Array,
): boolean {
  const { signature } = vote;
  return verifySignature({ publicKey, domain: voteDomain, message: voteMessage(chainId, vote), signature });
}

/** Whether the key signed the proposal on this chain. */
export function proposalIsSigned(
  chainId: Uint8Array,
  proposal: {
    readonly height: number;
    readonly view: number;
    readonly blockHash: Uint8Array;
    readonly signature: Uint8Array;
  },
  publicKey: Uint8Array,
): boolean {
  const { height, view, blockHash, signature } = proposal;
  const message = proposalMessage(chainId, height, view, blockHash);
  return verifySignature({ publicKey, domain: proposalDomain, message, signature });
}
