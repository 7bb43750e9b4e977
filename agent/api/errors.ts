/** Operating errors of the local API, and the codes it answers with. */

/** Codes of operating errors raised while the local API starts. */
export const API_ERROR_CODES = [
  /** The address and port of the local API could not be opened. */
  'API_PORT_TAKEN',
  /** The token file cannot be read or made, holds no token, or is open to others. */
  'TOKEN_FILE_UNUSABLE',
  /** The screen's files are not where the package keeps them. */
  'SCREEN_FILES_MISSING',
] as const;

/** One of these codes. */
export type ApiErrorCode = (typeof API_ERROR_CODES)[number];

/** Codes in the answers of the local API: `{"error": code, "message": text}`. */
export const API_REFUSALS = [
  'HOST_NOT_ALLOWED',
  'ORIGIN_NOT_ALLOWED',
  'TOKEN_MISSING',
  'TOKEN_WRONG',
  'NOT_JSON',
  'BODY_INVALID',
  'BODY_TOO_LARGE',
  'CONTENT_TYPE_NOT_JSON',
  'TOO_MANY_REQUESTS',
  'TOO_MANY_LISTENERS',
  'NOT_ON_LOOPBACK',
  'NOT_FOUND',
  'BAD_REQUEST',
  'INTERNAL',
] as const;

/** One of these codes. */
export type ApiRefusalCode = (typeof API_REFUSALS)[number];
