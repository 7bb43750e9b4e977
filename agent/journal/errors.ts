/** Operating errors of the journal: what the disk, the folder or an earlier life of this terminal did wrong. */
import { BizainError } from '#core/errors';

/** Error codes of `agent/journal/`; README.md of this folder says what each means. */
export const JOURNAL_ERROR_CODES = [
  'JOURNAL_FOLDER_UNFIT',
  'JOURNAL_LOCKED',
  'JOURNAL_FOREIGN',
  'JOURNAL_EPOCH_BEHIND',
  'JOURNAL_NOT_DURABLE',
  'JOURNAL_CORRUPT',
  'JOURNAL_FULL',
  'JOURNAL_LIMIT',
  'JOURNAL_BEHIND',
  'FORKED_JOURNAL',
  'JOURNAL_FAILED',
] as const;
export type JournalErrorCode = (typeof JOURNAL_ERROR_CODES)[number];

/** What a `JournalError` is made of. */
export interface JournalErrorInit {
  readonly code: JournalErrorCode;
  readonly message: string;
  readonly retryable?: boolean;
  readonly context?: Readonly<Record<string, unknown>>;
  readonly cause?: unknown;
}

/** An operating error of the journal; `code` is one of `JOURNAL_ERROR_CODES`. */
export class JournalError extends BizainError {
  override readonly name = 'JournalError';
  declare readonly code: JournalErrorCode;

  // Narrows the codes: a misspelt one does not compile.
  constructor(init: JournalErrorInit) {
    super(init);
  }
}
