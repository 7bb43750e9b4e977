/** Whether an entry may still rest on the version of the terms that it names. */
import type { Authorship } from '../effect.ts';
import { reason } from '../reasons.ts';
import type { LedgerView } from '../state/view.ts';
import { readStoredTerms } from './asset.ts';

/** TERMS_SUPERSEDED where the next version was in force before it happened: a line that was cut may not have known. */
export function supersededFault(view: LedgerView, by: Authorship, asset: string, termsVersion: number): bigint {
  const next = readStoredTerms(view, asset, termsVersion + 1);
  return next === null || by.timeLowMs <= next.definedAtMs ? 0n : reason.TERMS_SUPERSEDED;
}
