/** Operating errors: what the machine around us did wrong. Each layer lists its own codes. */

/** Error codes raised in `core/`; README.md of this folder says what each means. */
export const CORE_ERROR_CODES = [
  'FILE_READ_FAILED',
  'FILE_WRITE_FAILED',
  'KEY_FILE_EXPOSED',
  'KEY_FILE_FOREIGN',
  'KEY_FILE_MALFORMED',
] as const;

/** One of core's own error codes. */
export type CoreErrorCode = (typeof CORE_ERROR_CODES)[number];

/** What a `BizainError` is made of. `retryable`: the same call may succeed later without a person. */
export interface BizainErrorInit {
  readonly code: string;
  readonly message: string;
  readonly retryable?: boolean;
  readonly context?: Readonly<Record<string, unknown>>;
  readonly cause?: unknown;
}

/** An operating error. The message says what was tried, with what, and what to do. */
export class BizainError extends Error {
  override readonly name: string = 'BizainError';
  readonly code: string;
  readonly retryable: boolean;
  readonly context: Readonly<Record<string, unknown>>;

  constructor(init: BizainErrorInit) {
    super(init.message, init.cause === undefined ? undefined : { cause: init.cause });
    this.code = init.code;
    this.retryable = init.retryable ?? false;
    this.context = init.context ?? {};
  }
}
