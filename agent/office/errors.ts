/** Operating errors of the office: setting up regions and stores, and authoring operations from a desk. */

/** Error codes raised in `agent/office`. */
export const OFFICE_ERROR_CODES = [
  /** A file or folder to be made is there already; nothing is overwritten. */
  'ALREADY_THERE',
  /** A region file or genesis file cannot be read or is none. */
  'REGION_INVALID',
  /** No broker of the region could be reached in time. */
  'REGION_UNREACHABLE',
  /** The operation is in the journal but no certified receipt came in time. */
  'RECEIPT_MISSING',
  /** The region knows entries of this account that this journal does not. */
  'OFFICE_JOURNAL_BEHIND',
  /** The region refused an operation; the reasons are in the context. */
  'OPERATION_REFUSED',
  /** An account, a number or a file given by a person does not fit. */
  'BAD_INPUT',
] as const;

/** One of these codes. */
export type OfficeErrorCode = (typeof OFFICE_ERROR_CODES)[number];
