import fc from 'fast-check';
import { expect, it } from 'vitest';
import { wantedTest } from '#agent/shard-store/wanted-shards';
import { streamOf } from '#ledger/journal/stream';
import type { JudgedAuthorship } from '#ledger/judge';
import { judgeOperation } from '#ledger/judge';
import type { OperationKind } from '#ledger/operation';
import { reason, reasonsIn } from '#ledger/reasons';
import { outcomes, type Receipt } from '#ledger/receipt';
import { chainId } from '../../unit/ledger/world.ts';
import { lanes } from './cast.ts';
import { Dice } from './dice.ts';
import { openWorkload } from './opening.ts';
import { type Act, Opening, type PlayedBlock, type Stage } from './stage.ts';
import { Till } from './till.ts';
import { type Case, cases, deedsOf, kinds, type Memory, waitMs } from './workload.ts';

const opening = new Opening(openWorkload());
/** What only the region can tell of a holder whose uses are limited (SPEC C12). */
const untold = reason.HOLDER_LIMIT | reason.UNKNOWN_ACCOUNT;

/** A till that holds everything, and the tills as they are. */
class Tills {
  readonly whole: Till;
  readonly byLane: ReadonlyMap<string, Till>;

  constructor({ state }: Stage) {
    this.whole = new Till(state);
    this.byLane = new Map(
      lanes.map((lane) => {
        const wanted = wantedTest({ store: lane.split('/')[0] ?? '', series: 'all', batches: 'all' });
        return [lane, new Till(state, wanted)];
      }),
    );
  }

  apply({ change }: PlayedBlock): void {
    for (const till of [this.whole, ...this.byLane.values()]) till.apply(change);
  }
}

interface Reached {
  judged: number;
  byTills: number;
  readonly kinds: Set<OperationKind>;
}

function authorshipOf(stage: Stage, { author, operation, time }: Act): JudgedAuthorship {
  const { timeMs, height } = stage;
  return {
    chainId,
    author,
    epoch: stage.epochOf(author),
    sequence: stage.next(author, streamOf(operation.kind)),
    seenHeight: height,
    timeLowMs: timeMs,
    timeHighMs: timeMs,
    notAfterMs: time?.notAfterMs ?? null,
  };
}

/** Judges an act at the tills, then has it ordered, and compares. */
function compare(stage: Stage, tills: Tills, deed: Act, reached: Reached): void {
  const { author, operation } = deed;
  const by = authorshipOf(stage, deed);
  const said = judgeOperation(tills.whole, by, operation);
  const till = tills.byLane.get(author);
  const atTill = till === undefined ? null : judgeOperation(till, by, operation);
  stage.take({ author, operation, time: by, apart: true });
  const block = stage.close();
  tills.apply(block);
  const [receipt] = block.receipts as Receipt[];
  // Whoever has no word to say is not asked by any till.
  if (receipt === undefined) return;
  const { outcome, reasons, value } = receipt;
  const answer = { outcome: outcomes[outcome], reasons: reasonsIn(reasons), value };
  const judged = { outcome: said.outcome, reasons: reasonsIn(said.reasons), value: said.value };
  expect(judged, operation.kind).toEqual(answer);
  expect([said.uncertain, said.missing]).toEqual([false, null]);
  reached.judged++;
  reached.kinds.add(operation.kind);
  if (atTill === null) return;
  if (atTill.missing !== null) {
    expect(reasonsIn(atTill.reasons), operation.kind).toEqual(['NOT_CACHED']);
    return;
  }
  expect(reasonsIn(atTill.reasons & ~untold), operation.kind).toEqual(reasonsIn(reasons & ~untold));
  if (atTill.reasons === reasons) expect([atTill.outcome, atTill.value]).toEqual([answer.outcome, value]);
  reached.byTills++;
}

function judgeAll({ theme, favourite, steps }: Case, reached: Reached): void {
  const stage = opening.stage();
  stage.favourite = favourite;
  const tills = new Tills(stage);
  const said: Memory = [];
  for (const step of steps) {
    const dice = new Dice(step);
    // A block of its own for what happens by itself: offers are matched, time is noted.
    tills.apply(stage.close(waitMs(dice)));
    for (const deed of deedsOf(stage, dice, said, theme)) if ('operation' in deed) compare(stage, tills, deed, reached);
  }
}

it('5,000 operations are judged by tills as validators execute them, reason by reason', () => {
  const reached: Reached = { judged: 0, byTills: 0, kinds: new Set() };
  fc.assert(
    fc.property(cases({ minLength: 30, maxLength: 50 }), (one) => judgeAll(one, reached)),
    { numRuns: 170 },
  );
  expect(reached.judged).toBeGreaterThan(5_000);
  expect(reached.byTills).toBeGreaterThan(500);
  expect(kinds.filter((kind) => !reached.kinds.has(kind))).toEqual([]);
}, 120_000);
