/** The fixed set of reasons: one bit each, never renumbered, with a text for the person at the till. */

/** Reason names in bit order. At most 52, so that a set is a safe integer. */
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
] as const;
/** One of `reasonNames`. */
export type ReasonName = (typeof reasonNames)[number];

const bitOf = new Map<ReasonName, number>(reasonNames.map((name, bit) => [name, bit]));

/** The set of reasons as one integer; bit n stands for `reasonNames[n]`. */
export function reasonBits(...names: readonly ReasonName[]): number {
  return [...new Set(names)].reduce((sum, name) => sum + 2 ** (bitOf.get(name) ?? 0), 0);
}

/** The names in a set of reason bits, in bit order; unknown bits are left out. */
export function reasonsIn(bits: number): ReasonName[] {
  return reasonNames.filter((_, bit) => Math.floor(bits / 2 ** bit) % 2 === 1);
}

/** The bit of each reason as an integer, for rules that run for every entry. */
export const reason: Readonly<Record<ReasonName, number>> = Object.fromEntries(
  reasonNames.map((name, bit) => [name, 2 ** bit]),
) as Record<ReasonName, number>;

const halfBits = 2 ** 26;

/** Both sets of reason bits in one. (The set is wider than the 32 bits that `|` works on.) */
export function joinReasons(a: number, b: number): number {
  if (a === 0) return b;
  if (b === 0) return a;
  const high = Math.floor(a / halfBits) | Math.floor(b / halfBits);
  const low = (a % halfBits) | (b % halfBits);
  return high * halfBits + low;
}

/** Whether the set holds the reason. */
export function hasReason(bits: number, name: ReasonName): boolean {
  return Math.floor(bits / reason[name]) % 2 === 1;
}
