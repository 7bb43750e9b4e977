import fc from 'fast-check';
import { expect, it } from 'vitest';
import { toHex } from '#core/bytes';
import { decode } from '#core/format';
import { itemStatus } from '#ledger/coupons/read';
import { holdMsMax } from '#ledger/journal/dependency';
import { segmentFormat, segmentHead } from '#ledger/journal/segment';
import { streamHead } from '#ledger/journal/stream-head';
import type { Operation } from '#ledger/operation';
import { hasReason } from '#ledger/reasons';
import { outcomes, type Receipt } from '#ledger/receipt';
import { basketOf, capture, gcn, issuer, publicOf, reserve, storeA, World } from '../../unit/ledger/world.ts';

const lanes = ['lane-1', 'lane-2'] as const;
const itemCount = 40;

/** One thing that happens: a lane (or its cloned twin) writes, segments arrive in any order and number, the office acts. */
const step = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({
      kind: fc.constant('write' as const),
      lane: fc.nat(1),
      twin: fc.boolean(),
      serials: fc.array(fc.nat(itemCount - 1), { minLength: 1, maxLength: 3 }),
      waits: fc.option(fc.nat(4)),
    }),
  },
  {
    weight: 6,
    arbitrary: fc.record({
      kind: fc.constant('deliver' as const),
      picks: fc.array(fc.nat(99), { minLength: 1, maxLength: 6 }),
      laterMs: fc.constantFrom(1_000, 60_000, holdMsMax),
    }),
  },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('revoke' as const), lane: fc.nat(1) }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('enroll' as const), lane: fc.nat(1) }) },
  {
    weight: 2,
    arbitrary: fc.record({
      kind: fc.constant('salvage' as const),
      first: fc.nat(99),
      count: fc.integer({ min: 1, max: 3 }),
    }),
  },
);
type Step = typeof step extends fc.Arbitrary<infer T> ? T : never;

/** A journal sells item by item: each segment reserves and captures in one basket. */
function sale(writer: World, author: string, serials: readonly number[]): Operation[] {
  const first = writer.next(author);
  const basket = basketOf(first);
  const reservations = serials.map((_, at) => first + at);
  return [
    ...serials.map((serial) => reserve(serial, { basket })),
    { ...(capture(...reservations) as object), basket } as Operation,
  ];
}

function salvageOf(segments: readonly Uint8Array[]): Operation | null {
  const decoded = segments.flatMap((bytes) => {
    const one = decode(segmentFormat, bytes);
    return one.ok ? [one.value] : [];
  });
  const [first] = decoded;
  if (first === undefined) return null;
  const { author, epoch, stream, firstSequence: fromSequence, previousHash } = first;
  const own = decoded.filter((one) => one.author === author && one.epoch === epoch);
  const ends = own.map((one) => ({
    throughSequence: one.firstSequence + one.entries.length - 1,
    headHash: segmentHead(one),
  }));
  return { kind: 'journal.salvage', author, epoch, stream, fromSequence, previousHash, segments: ends };
}

/** The region, and the two sets of journals that claim to be the lanes'. */
class Story {
  readonly region = World.withSeries(itemCount);
  readonly #writers = [this.region.copy(), this.region.copy()] as const;
  readonly #segments: Uint8Array[] = [];
  readonly #captures = new Set<string>();
  readonly #epochs = [0, 0];
  readonly #settled = new Map<string, Receipt>();
  capturedValue = 0n;
  seen = new Set<string>();

  #order(segments: readonly Uint8Array[]): void {
    const { receipts, skipped } = this.region.commit(segments);
    for (const { reason } of skipped) this.seen.add(reason);
    for (const receipt of receipts) {
      const { author, epoch, stream, sequence, entryHash, outcome, reasons, value } = receipt;
      const place = `${author} ${epoch} ${stream} ${sequence}`;
      const losing = hasReason(reasons, 'SALVAGED') && (this.#settled.has(place) || outcomes[outcome] !== 'applied');
      if (hasReason(reasons, 'SALVAGED')) this.seen.add(losing ? 'salvaged, told' : 'salvaged');
      if (losing) {
        // J12: told only.
        expect(outcomes[outcome]).not.toBe('applied');
        expect(receipt.movements).toEqual([]);
        continue;
      }
      expect(this.#settled.has(place), `${place} is settled once`).toBe(false);
      this.#settled.set(place, receipt);
      const head = streamHead(this.region.state, author, epoch, stream);
      expect(head?.nextSequence).toBeGreaterThan(sequence);
      if (this.#captures.has(toHex(entryHash)) && outcomes[outcome] === 'applied') this.capturedValue += value;
    }
  }

  /** Notes which entries are captures: the last of each segment, by its hash, for two journals share their places. */
  #keep(bytes: Uint8Array): void {
    const decoded = decode(segmentFormat, bytes);
    if (!decoded.ok) throw new Error(decoded.reason);
    this.#captures.add(toHex(segmentHead(decoded.value)));
    this.#segments.push(bytes);
  }

  #office(author: string, operation: Operation): void {
    this.#order([this.region.segment(author, [operation])]);
  }

  take(one: Step): void {
    switch (one.kind) {
      case 'write': {
        const writer = this.#writers[one.twin ? 1 : 0];
        const author = `${storeA}/${lanes[one.lane]}`;
        const other = 1 - one.lane;
        const on = { author: `${storeA}/${lanes[other]}`, epoch: this.#epochs[other] ?? 0, stream: 0 };
        const time = one.waits === null ? {} : { dependsOn: { ...on, sequence: one.waits } };
        writer.timeMs = this.region.timeMs;
        this.#keep(writer.segment(author, sale(writer, author, one.serials), { ...time, seenHeight: 0 }));
        return;
      }
      case 'deliver': {
        this.region.timeMs += one.laterMs;
        const count = this.#segments.length;
        if (count > 0) this.#order(one.picks.map((pick) => this.#segments[pick % count] as Uint8Array));
        return;
      }
      case 'revoke':
        this.#office(issuer, { kind: 'terminal.revoke', store: storeA, lane: lanes[one.lane] as string });
        return;
      case 'enroll': {
        const lane = lanes[one.lane] as string;
        const author = `${storeA}/${lane}`;
        const epoch = (this.#epochs[one.lane] ?? 0) + 1;
        this.#epochs[one.lane] = epoch;
        for (const writer of this.#writers) writer.setEpoch(author, epoch);
        const publicKey = publicOf(`${author}#${epoch}`);
        this.#office('admin', { kind: 'terminal.enroll', store: storeA, lane, publicKey, epoch });
        return;
      }
      case 'salvage': {
        const at = one.first % Math.max(1, this.#segments.length);
        const operation = salvageOf(this.#segments.slice(at, at + one.count));
        if (operation !== null) this.#office('admin', operation);
      }
    }
  }
}

it('J3 to J13: whatever arrives in whatever order, each place settles once and each item is paid for once', () => {
  const seen = new Set<string>();
  fc.assert(
    fc.property(fc.array(step, { minLength: 10, maxLength: 60 }), (steps) => {
      const story = new Story();
      for (const one of steps) {
        story.take(one);
        let redeemed = 0;
        for (let serial = 0; serial < itemCount; serial++)
          if (itemStatus(story.region.state, gcn, serial) === 'redeemed') redeemed++;
        expect(BigInt(redeemed) * 100n).toBe(story.capturedValue);
      }
      for (const one of story.seen) seen.add(one);
    }),
    { numRuns: 150 },
  );
  // Worth its time only if it reaches what it is about.
  for (const one of ['WAITING', 'FORK', 'FROZEN', 'REVOKED', 'GAP', 'DUPLICATE', 'STALE_EPOCH', 'salvaged'])
    expect(seen, one).toContain(one);
});
