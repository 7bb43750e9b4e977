/** Operating errors of the command line itself. */

/** Error codes raised in `agent/cli`. */
export const CLI_ERROR_CODES = [
  /** The command line makes no sense. */
  'USAGE',
  /** The running agent could not be reached. */
  'AGENT_UNREACHABLE',
  /** The running agent refused the call; its own code is in the message. */
  'AGENT_REFUSED',
  /** A code on standard input is too long or no UTF-8. */
  'CODE_UNREADABLE',
  /** Too few validators answered to prove what was asked for. */
  'UNPROVED',
  /** A file given on the command line cannot be read or written. */
  'FILE_UNUSABLE',
  /** A file that operators sign does not hold together, or the key that is to sign it is no operator's. */
  'OPERATOR_FILE',
] as const;

/** One of these codes. */
export type CliErrorCode = (typeof CLI_ERROR_CODES)[number];
