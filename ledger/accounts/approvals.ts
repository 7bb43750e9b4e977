/** What m of an account's n governors have signed (SPEC A5, ARCHITECTURE D14): good for one account, one act, one version, once. */
import { type CborValue, encodeCbor } from '#core/codec';
import { verifySignature } from '#core/ed25519';
import { type Infer, list, record, uint } from '#core/format';
import type { Authorship } from '../effect.ts';
import { signatureFormat } from '../ids.ts';
import { reason } from '../reasons.ts';
import { type Account, adminAccount, governorsMax } from './account.ts';

/** Signature domain of an approval. */
export const approvalDomain = 'bizain/approval/1';

/** Signatures of governors, ascending by their index in the account's list. */
export const approvalsFormat = list(
  record('approval', { governor: uint({ max: governorsMax - 1 }), signature: signatureFormat }),
  { max: governorsMax },
);
/** Decoded approvals. */
export type Approvals = Infer<typeof approvalsFormat>;

/** One act on an account: the kind of operation, then what it would set. */
export interface GovernedAct {
  readonly account: string;
  /** The account's version after the act: one more than it has now. */
  readonly version: number;
  readonly what: readonly CborValue[];
}

/** The bytes that a governor signs. */
export function approvalMessage(chainId: Uint8Array, { account, version, what }: GovernedAct): Uint8Array {
  return encodeCbor([chainId, account, version, what]);
}

/** Reason bits against an act on the account: its governors' approvals count, or the admin's word where it has none. */
export function approvalFault(by: Authorship, account: Account, act: GovernedAct, approvals: Approvals): bigint {
  if (by.author !== adminAccount && by.author !== act.account) return reason.NOT_AUTHORISED;
  const { governors, threshold } = account;
  if (governors.length === 0) return by.author === adminAccount ? 0n : reason.APPROVAL_MISSING;
  const message = approvalMessage(by.chainId, act);
  let next = 0;
  let invalid = false;
  for (const { governor, signature } of approvals) {
    const publicKey = governors[governor];
    // A governor twice would count as two.
    if (publicKey === undefined || governor < next) return reason.BAD_OPERATION;
    next = governor + 1;
    invalid ||= !verifySignature({ publicKey, domain: approvalDomain, message, signature });
  }
  return invalid || approvals.length < threshold ? reason.APPROVAL_MISSING : 0n;
}
