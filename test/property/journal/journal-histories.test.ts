import fc from 'fast-check';
import { expect, test } from 'vitest';
import { toHex } from '#core/bytes';
import type { EntryPlace } from '../../../agent/journal/entry-state.ts';
import { settledStates } from '../../../agent/journal/entry-state.ts';
import type { Journal } from '../../../agent/journal/journal.ts';
import {
  account,
  append,
  capture,
  Folder,
  nowMs,
  receipt,
  release,
  reserve,
  sold,
  unitKey,
} from '../../unit/journal/journal-fixture.ts';

type Step =
  | { readonly do: 'sale' | 'trace' | 'reserve' | 'release' | 'reopen' | 'shift' }
  | { readonly do: 'send'; readonly count: number }
  | { readonly do: 'settle'; readonly pick: number; readonly outcome: number; readonly count: number };

const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 5,
    arbitrary: fc.constantFrom<Step>({ do: 'sale' }, { do: 'trace' }, { do: 'reserve' }, { do: 'release' }),
  },
  { weight: 1, arbitrary: fc.constantFrom<Step>({ do: 'reopen' }, { do: 'shift' }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('send' as const), count: fc.integer({ min: 1, max: 4 }) }) },
  {
    weight: 4,
    arbitrary: fc.record({
      do: fc.constant('settle' as const),
      pick: fc.nat({ max: 1_000 }),
      outcome: fc.integer({ min: 0, max: 2 }),
      count: fc.integer({ min: 1, max: 3 }),
    }),
  },
);

/** A journal beside a plain record of what was done to it. */
class Run {
  readonly #folder = new Folder();
  #journal: Journal = this.#folder.open();
  readonly places: EntryPlace[] = [];
  readonly #sent = new Map<string, string>();
  #serial = 0;

  end(): void {
    this.#folder.remove();
  }

  apply(step: Step): void {
    const journal = this.#journal;
    if (step.do === 'sale') this.#sell();
    else if (step.do === 'trace') this.places.push(...append(journal, sold(`S${this.#serial++}`)));
    else if (step.do === 'reserve') this.places.push(...append(journal, reserve(this.#serial++)));
    else if (step.do === 'release') this.#releaseOldest();
    else if (step.do === 'send') this.#send(step.count);
    else if (step.do === 'settle') this.#settle(step.pick, step.outcome, step.count);
    else if (step.do === 'shift') journal.closeShift({ atMs: nowMs });
    else {
      journal.close();
      this.#journal = this.#folder.open();
    }
  }

  #sell(): void {
    const serial = this.#serial++;
    this.#journal.atomically((tx) => {
      const reserved = tx.append(reserve(serial));
      tx.putClaim({ unit: unitKey(serial), terminal: account, state: 'captured', atLowMs: nowMs, atHighMs: nowMs });
      this.places.push(reserved, tx.append(capture([reserved.sequence], String(serial))));
    });
  }

  #releaseOldest(): void {
    const [oldest] = this.#journal.openReservations();
    if (oldest !== undefined) this.places.push(...append(this.#journal, release([oldest.sequence])));
  }

  #send(count: number): void {
    for (const { stream, firstSequence, bytes } of this.#journal.nextSegments({ count, bytes: 1e6 })) {
      const key = `${stream}/${firstSequence}`;
      const known = this.#sent.get(key);
      if (known !== undefined) expect(toHex(bytes), `segment ${key}`).toBe(known);
      this.#sent.set(key, toHex(bytes));
    }
  }

  #settle(pick: number, outcome: number, count: number): void {
    if (this.places.length === 0) return;
    const from = pick % this.places.length;
    const chosen = this.places.slice(from, from + count);
    this.#journal.settle(chosen.map((place) => receipt(this.#journal, place, outcome)));
  }

  check(): void {
    const journal = this.#journal;
    journal.scrub();
    const states = this.places.map((place) => journal.stateOf(place));
    const pending = states.filter((state) => state === 'pending').length;
    expect(states.every((state) => state === 'pending' || (settledStates as readonly unknown[]).includes(state))).toBe(
      true,
    );
    const queued = journal.queue({ limit: 10_000 }).map((item) => `${item.place.stream}/${item.place.sequence}`);
    expect(new Set(queued).size).toBe(pending);
    const counters = journal.counters();
    expect(counters.pending.value + counters.pending.trace).toBe(pending);
    expect(counters.pendingLine.count).toBe(pending);
    expect(journal.books()?.balanced).toBe(true);
    // Shifts together account for every entry: nothing is in two, nothing in none.
    let accepted = 0;
    for (let shift = 1; ; shift++) {
      const books = journal.books(shift);
      if (books === null) break;
      expect(books.balanced).toBe(true);
      accepted += books.accepted.count;
    }
    expect(accepted).toBe(this.places.length);
    this.#send(1_000);
  }
}

test('after any history each entry is in exactly one state, the books balance and sealed bytes never change', () => {
  fc.assert(
    fc.property(fc.array(step, { minLength: 1, maxLength: 40 }), (steps) => {
      const run = new Run();
      try {
        for (const next of steps) run.apply(next);
        run.check();
        run.apply({ do: 'reopen' });
        run.check();
      } finally {
        run.end();
      }
    }),
    { numRuns: 40 },
  );
});
