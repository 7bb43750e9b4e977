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

/** Who in this store used a unit, by this terminal's books or its hub's; null where nobody did or the hub cannot be asked. */
export async function findPriorUse(till: Till, unitKey: string): Promise<PriorUse | null> {
  const own = priorUseIn(till, unitKey);
  const { link } = till.hub();
  if (own !== null || link === null) return own;
  const answer = await link.ask({ kind: 'look', unit: unitKey });
  return answer.ok && answer.value.kind === 'used' ? priorUseOf(answer.value) : null;
}
