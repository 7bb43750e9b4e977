/** What asking a validator brought. */
import type { ValidatorStatus } from '#sync/validator/validator-status';

/** Why there is no report. `FOREIGN`: it is that of another validator or region. */
export type NoReport = 'NO_BROKER' | 'NO_ANSWER' | 'BAD_SIGNATURE' | 'UNREADABLE' | 'BUSY' | 'FOREIGN';

/** What is known of one validator. `wallOffMs`: how far its clock is ahead of ours; the time of the question is in it. */
export interface AskedValidator {
  readonly name: string;
  readonly source: 'broker' | 'http' | null;
  readonly report: ValidatorStatus | null;
  readonly reason: NoReport | null;
  readonly wallOffMs: number;
}
