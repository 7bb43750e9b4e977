/** Who in this store used a unit before: from the used-set beside the journal, or as the hub says. */
import type { PriorUse } from '#agent/verdict/verdict';
import type { Till } from './till.ts';

/** A use in this store. The lower bound of its time is what is shown: it was then or a little later. */
export function priorUseOf(use: { readonly terminal: string; readonly atLowMs: number }): PriorUse {
  return { here: true, terminal: use.terminal, atMs: use.atLowMs };
}

/** What this terminal's own used-set says of a unit; null where it has not been used. */
export function priorUseIn(till: Till, unitKey: string): PriorUse | null {
  const claim = till.journal.claim(unitKey);
  return claim === null ? null : priorUseOf(claim);
}
