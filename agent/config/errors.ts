/** Operating errors of starting a terminal: what is wrong with its configuration or its place. */

/** Error codes raised in `agent/config`, `agent/hub`, `agent/checkout` and `agent/terminal.ts`. */
export const TERMINAL_ERROR_CODES = [
  /** The configuration file cannot be read, is not JSON, or breaks the schema. */
  'CONFIG_INVALID',
  /** The hub's listener could not be opened. */
  'HUB_PORT_TAKEN',
  /** More scans are waiting for their turn than a till can answer in good time. */
  'TOO_MANY_SCANS',
] as const;

/** One of these codes. */
export type TerminalErrorCode = (typeof TERMINAL_ERROR_CODES)[number];
