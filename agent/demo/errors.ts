/** Operating errors of the demo and of the embedded broker. */

/** Error codes raised in `agent/demo`. */
export const DEMO_ERROR_CODES = [
  /** A child process ended or stayed silent instead of saying that it is ready. */
  'CHILD_NOT_READY',
  /** A step of the story could not show what it claims. */
  'DEMO_STEP_FAILED',
  /** The embedded broker cannot listen. */
  'BROKER_PORT_TAKEN',
  /** No free ports in a row on this machine. */
  'NO_FREE_PORTS',
] as const;

/** One of these codes. */
export type DemoErrorCode = (typeof DEMO_ERROR_CODES)[number];
