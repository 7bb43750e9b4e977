/** The property that two files run half of the cases of each, so that both cores of a machine have something to do. */
import fc from 'fast-check';
import { expect } from 'vitest';
import { reasonsIn } from '#ledger/reasons';
import { outcomes } from '#ledger/receipt';
import { Auditor, booksOf } from './conservation.ts';
import { openWorkload } from './opening.ts';
import { Opening, type PlayedBlock } from './stage.ts';
import { cases, kinds, play, tellBlock } from './workload.ts';

/** What has been seen, over all cases. */
class Seen {
  readonly answers = new Map<string, number>();

  note({ receipts, operations, skipped }: PlayedBlock): void {
    for (const [at, { author, outcome, reasons }] of receipts.entries()) {
      const kind = operations[at]?.kind ?? { 'x/market': 'market', 'x/contracts': 'settled' }[author] ?? 'sent';
      this.#count(`${kind} ${outcomes[outcome]}`);
      if (outcome !== 0) for (const reason of reasonsIn(reasons)) this.#count(`${kind} ${outcomes[outcome]} ${reason}`);
    }
    for (const { reason } of skipped) this.#count(`skipped ${reason}`);
  }

  #count(name: string): void {
    this.answers.set(name, (this.answers.get(name) ?? 0) + 1);
  }

  /** Names of what was never seen. */
  lacking(names: readonly string[]): string[] {
    return names.filter((name) => !this.answers.has(name));
  }
}

/** What the workload is worth its time for: both answers to every kind of operation, and what is met often enough to be asked for. */
const wanted = [
  ...kinds.flatMap((kind) => [`${kind} applied`, `${kind} refused`]),
  'market applied',
  'settled applied',
  'settled refused TOO_LATE',
  'settled refused CALL_FAILED',
  'contract.attest applied',
  'coupon.reserve conflicted',
  'asset.hold conflicted',
  'basket.capture conflicted',
  'trace.sell conflicted',
  'coupon.reserve refused TOTAL_LIMIT',
  'coupon.reserve refused ALLOCATION_INVALID',
  'coupon.reserve refused HUB_FENCED',
  'coupon.reserve refused CONSENT_SPENT',
  'coupon.issue refused MINT_LIMIT',
  'basket.return refused RETURN_EXCEEDS_SALE',
  ...['WAITING', 'FORK', 'FROZEN', 'REVOKED', 'GAP', 'DUPLICATE'].map((reason) => `skipped ${reason}`),
];

/** Plays so many cases; every block of each is checked. A case that fails is told block by block. */
export function conserve(count: number): void {
  const opening = new Opening(openWorkload());
  const books = booksOf(opening.stage());
  const seen = new Seen();
  fc.assert(
    fc.property(cases({ minLength: 15, maxLength: 45 }), (one) => {
      const stage = opening.stage();
      const auditor = new Auditor(books);
      const told: PlayedBlock[] = [];
      try {
        play(stage, one, (block) => {
          told.push(block);
          seen.note(block);
          auditor.check(stage, block);
        });
      } catch (cause) {
        throw new Error(`${String(cause)}\n${told.map(tellBlock).join('\n')}`, { cause });
      }
    }),
    { numRuns: count },
  );
  expect(seen.lacking(wanted)).toEqual([]);
}
