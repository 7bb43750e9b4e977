/** One act of every kind of operation, applied in some random history: for tests that spoil them. */
import fc from 'fast-check';
import { authorKey } from '#ledger/journal/author-key';
import type { OperationKind } from '#ledger/operation';
import type { Act, Opening } from './stage.ts';
import { cases, kinds, play } from './workload.ts';

/** Applied acts by kind, by authors that the opening knows; the same ones each time. */
export function sampleActs(opening: Opening): ReadonlyMap<OperationKind, Act> {
  const { state } = opening.stage();
  const found = new Map<OperationKind, Act>();
  for (const one of fc.sample(cases({ minLength: 30, maxLength: 30 }), { seed: 1, numRuns: 4_000 })) {
    if (found.size === kinds.length) break;
    play(opening.stage(), one, ({ receipts, operations }) => {
      for (const [at, { author, outcome }] of receipts.entries()) {
        const operation = operations[at];
        if (operation === undefined || outcome !== 0 || authorKey(state, author) === null) continue;
        if (!found.has(operation.kind)) found.set(operation.kind, { author, operation });
      }
    });
  }
  return found;
}
