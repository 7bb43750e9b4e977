/** Which reason means what at the till: one table, and the decision that follows from a set of reasons (ARCHITECTURE D9). */
import type { ReasonName } from '#ledger/reasons';
import type { Decision } from './verdict.ts';

/** What a reason alone calls for: nothing, a second look, or a no. */
export type Consequence = 'allow' | 'warn' | 'block';

/** The consequence of each reason. Whatever casts doubt on money blocks; whatever is only unknown warns. */
export const policy: Readonly<Record<ReasonName, Consequence>> = {
  BAD_OPERATION: 'block',
  NOT_AUTHORISED: 'block',
  UNKNOWN_ACCOUNT: 'block',
  ALREADY_EXISTS: 'block',
  NO_SUCH_STORE: 'block',
  NO_SUCH_SERIES: 'block',
  NO_SUCH_ITEM: 'block',
  ALREADY_REDEEMED: 'block',
  RESERVED_ELSEWHERE: 'block',
  LEASED_TO_OTHER: 'block',
  VOIDED: 'block',
  NOT_YET_VALID: 'block',
  EXPIRED: 'block',
  TERMS_SUPERSEDED: 'block',
  NOT_ACCEPTED_HERE: 'block',
  CONSENT_MISSING: 'block',
  CONSENT_INVALID: 'block',
  NO_SUCH_RIGHT: 'block',
  RIGHT_CLOSED: 'block',
  RIGHT_DOES_NOT_COVER: 'block',
  ALLOCATION_MISSING: 'block',
  ALLOCATION_INVALID: 'block',
  HUB_FENCED: 'block',
  BUDGET_EXHAUSTED: 'block',
  SHARD_TOO_OLD: 'block',
  OFFLINE_NOT_ALLOWED: 'block',
  TOO_LATE: 'block',
  NOT_RESERVED: 'block',
  TOO_MANY_OPEN: 'block',
  NO_SUCH_BATCH: 'warn',
  NO_SUCH_SERIAL: 'block',
  ALREADY_SOLD_HERE: 'block',
  ALREADY_SOLD_ELSEWHERE: 'block',
  RECALLED: 'block',
  PRODUCT_EXPIRED: 'block',
  NOT_RECEIVED: 'warn',
  NOT_CACHED: 'block',
  USED_HERE: 'block',
  TAMPERED: 'block',
  BAD_CODE: 'block',
  SCANNER_FAULT: 'block',
  CLOCK_UNCERTAIN: 'warn',
  NO_ANSWER: 'block',
  HUB_UNREACHABLE: 'block',
  UNANCHORED: 'block',
  JOURNAL_FULL: 'block',
  LIMIT_EXCEEDED: 'block',
  LEASE_OPEN: 'block',
  NO_SUCH_ASSET: 'block',
  INSUFFICIENT_BALANCE: 'block',
  FROZEN: 'block',
  NOT_OWNER: 'block',
  NOT_TRANSFERABLE: 'block',
  MINIMUM_SPEND: 'block',
  PRODUCT_NOT_COVERED: 'block',
  NOT_STACKABLE: 'block',
  BASKET_FULL: 'block',
  NO_SUCH_EXECUTOR: 'block',
  NO_SUCH_CALL: 'block',
  CONTRADICTED: 'block',
  CALL_FAILED: 'block',
  HOLDER_LIMIT: 'block',
  TOTAL_LIMIT: 'block',
  MINT_LIMIT: 'block',
  APPROVAL_MISSING: 'block',
  CONSENT_SPENT: 'block',
  CONSENT_EXPIRED: 'block',
  NO_SUCH_SALE: 'block',
  RETURN_EXCEEDS_SALE: 'block',
  WINDOW_OVER: 'block',
  NO_SUCH_ALLIANCE: 'block',
  NOT_A_MEMBER: 'block',
  NOT_SIGNED_BY_ALL: 'block',
  BOND_EXHAUSTED: 'block',
  NO_SUCH_OFFER: 'block',
  DEPENDENCY_MISSING: 'warn',
  OUT_OF_GAP: 'block',
  SALVAGED: 'warn',
  CLOSED_OUT: 'block',
  STILL_PACKED: 'warn',
  NOT_IN_CUSTODY: 'warn',
  WRONG_MARKET: 'warn',
  INACTIVE: 'block',
  NOT_INSPECTED: 'warn',
  LOT_MISMATCH: 'block',
  EXPIRY_MISMATCH: 'block',
  NOT_SOLD: 'warn',
  NOT_PURCHASED: 'block',
  REFERRAL_TOO_DEEP: 'block',
  NOT_COMMISSIONED: 'warn',
  TWICE_IN_BASKET: 'block',
};

/** The strictest consequence of a set of reasons; `allow` for none. */
export function consequenceOf(reasons: readonly ReasonName[]): Consequence {
  if (reasons.some((reason) => policy[reason] === 'block')) return 'block';
  return reasons.some((reason) => policy[reason] === 'warn') ? 'warn' : 'allow';
}

const decisions = { allow: 'accept', warn: 'warn', block: 'refuse' } as const;

/** The one word for a set of reasons. */
export function decide(reasons: readonly ReasonName[]): Decision {
  return decisions[consequenceOf(reasons)];
}
