/** The fixed set of reasons: one bit each, never renumbered, with a text for the person at the till. */
import { bigUint } from '#core/format';

/** Reason names in bit order. At most 128. */
export const reasonNames = [
  'BAD_OPERATION', // 0
  'NOT_AUTHORISED',
  'UNKNOWN_ACCOUNT',
  'ALREADY_EXISTS',
  'NO_SUCH_STORE',
  'NO_SUCH_SERIES', // 5
  'NO_SUCH_ITEM',
  'ALREADY_REDEEMED',
  'RESERVED_ELSEWHERE',
  'LEASED_TO_OTHER',
  'VOIDED', // 10
  'NOT_YET_VALID',
  'EXPIRED',
  'TERMS_SUPERSEDED',
  'NOT_ACCEPTED_HERE',
  'CONSENT_MISSING', // 15
  'CONSENT_INVALID',
  'NO_SUCH_RIGHT',
  'RIGHT_CLOSED',
  'RIGHT_DOES_NOT_COVER',
  'ALLOCATION_MISSING', // 20
  'ALLOCATION_INVALID',
  'HUB_FENCED',
  'BUDGET_EXHAUSTED',
  'SHARD_TOO_OLD',
  'OFFLINE_NOT_ALLOWED', // 25
  'TOO_LATE',
  'NOT_RESERVED',
  'TOO_MANY_OPEN',
  'NO_SUCH_BATCH',
  'NO_SUCH_SERIAL', // 30
  'ALREADY_SOLD_HERE',
  'ALREADY_SOLD_ELSEWHERE',
  'RECALLED',
  'PRODUCT_EXPIRED',
  'NOT_RECEIVED', // 35
  'NOT_CACHED',
  'USED_HERE',
  'TAMPERED',
  'BAD_CODE',
  'SCANNER_FAULT', // 40
  'CLOCK_UNCERTAIN',
  'NO_ANSWER',
  'HUB_UNREACHABLE',
  'UNANCHORED',
  'JOURNAL_FULL', // 45
  'LIMIT_EXCEEDED',
  'LEASE_OPEN',
  'NO_SUCH_ASSET',
  'INSUFFICIENT_BALANCE',
  'FROZEN', // 50
  'NOT_OWNER',
  'NOT_TRANSFERABLE',
  'MINIMUM_SPEND',
  'PRODUCT_NOT_COVERED',
  'NOT_STACKABLE', // 55
  'HOLDER_LIMIT',
  'TOTAL_LIMIT',
  'MINT_LIMIT',
  'APPROVAL_MISSING',
  'CONSENT_SPENT', // 60
  'CONSENT_EXPIRED',
  'NO_SUCH_SALE',
  'RETURN_EXCEEDS_SALE',
  'WINDOW_OVER',
  'NO_SUCH_ALLIANCE', // 65
  'NOT_A_MEMBER',
  'NOT_SIGNED_BY_ALL',
  'BOND_EXHAUSTED',
  'NO_SUCH_OFFER',
  'DEPENDENCY_MISSING', // 70
  'OUT_OF_GAP',
  'SALVAGED',
  'CLOSED_OUT',
  'STILL_PACKED',
  'NOT_IN_CUSTODY', // 75
  'WRONG_MARKET',
  'INACTIVE',
  'NOT_INSPECTED',
  'LOT_MISMATCH',
  'EXPIRY_MISMATCH', // 80
  'NOT_SOLD',
  'NOT_PURCHASED',
  'REFERRAL_TOO_DEEP',
  'NOT_COMMISSIONED',
  'TWICE_IN_BASKET', // 85
  'BASKET_FULL',
  'NO_SUCH_EXECUTOR',
  'NO_SUCH_CALL',
  'CONTRADICTED',
  'CALL_FAILED', // 90
] as const;
/** One of `reasonNames`. */
export type ReasonName = (typeof reasonNames)[number];

/** A set of reasons as stored and sent: bit n stands for `reasonNames[n]`. Sets are joined by `|`. */
export const reasonSetFormat = bigUint({ bitsMax: 128 });

/** The bit of each reason. */
export const reason: Readonly<Record<ReasonName, bigint>> = Object.fromEntries(
  reasonNames.map((name, bit) => [name, 1n << BigInt(bit)]),
) as Record<ReasonName, bigint>;

/** The set of the named reasons. */
export function reasonBits(...names: readonly ReasonName[]): bigint {
  return names.reduce((set, name) => set | reason[name], 0n);
}

/** The names in a set of reasons, in bit order; unknown bits are left out. */
export function reasonsIn(set: bigint): ReasonName[] {
  return set === 0n ? [] : reasonNames.filter((name) => (set & reason[name]) !== 0n);
}

/** Whether the set holds the reason. */
export function hasReason(set: bigint, name: ReasonName): boolean {
  return (set & reason[name]) !== 0n;
}
