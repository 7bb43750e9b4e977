// Why a scanned text is not a code: the fixed list of reasons that parseCode returns and drivers/README.md documents.

/** Every reason for which a text is refused. The list is closed: policies and tests enumerate it. */
export const PARSE_REASONS = [
  'EMPTY',
  'TOO_LONG',
  'NOT_UTF8',
  'NOT_JSON',
  'BAD_AIM',
  'UNKNOWN_AI',
  'BAD_LENGTH',
  'BAD_CHARSET',
  'CHECK_DIGIT',
  'BAD_DATE',
  'BAD_VALUE',
  'MISSING_PARTNER',
  'EXCLUSIVE_AIS',
  'DUPLICATE_AI',
  'BAD_LINK',
  'BAD_COUPON_CODE',
  'BAD_CONTROL_CODE',
  'UNKNOWN_VERSION',
] as const;

/** One reason from the closed list. */
export type ParseReason = (typeof PARSE_REASONS)[number];

/** A reason with the words that point at the place, for logs and for the person who asks why. */
export interface ParseFault {
  readonly reason: ParseReason;
  readonly detail: string;
}
