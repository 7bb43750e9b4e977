import { beforeEach, describe, expect, test } from 'vitest';
import { toHex } from '#core/bytes';
import { VirtualClock } from '#core/clock';
import { decode } from '#core/format';
import { plainTerms } from '#ledger/coupons/terms';
import { holdMsMax } from '#ledger/journal/dependency';
import { segmentFormat, segmentHead } from '#ledger/journal/segment';
import type { Candidate } from '#sync/validator/admission';
import { type PoolLimits, poolLimits, SegmentPool } from '#sync/validator/segment-pool';
import { bodyDigest } from '#sync/wire/block';
import { type Draft, registerIssuer, seedOf, TestAuthor, TestRegion } from '../../fixtures/region.ts';

const wide = { segments: 100, bytes: 1 << 20, entries: 1_000 };
let region: TestRegion;
let clock: VirtualClock;
let pool: SegmentPool;

const sealed = (author: TestAuthor, ...ids: readonly string[]) =>
  author.seal(...ids.map((id) => ({ operation: registerIssuer(id) })));
const names = (digests: readonly Uint8Array[]) => digests.map(toHex);
const nameOf = (bytes: Uint8Array) => toHex(bodyDigest(bytes));

function makePool(limits: Partial<PoolLimits> = {}): SegmentPool {
  return new SegmentPool({ chainId: region.chainId, state: region.state, clock, limits: { ...poolLimits, ...limits } });
}

beforeEach(() => {
  region = new TestRegion();
  clock = new VirtualClock();
  pool = makePool();
});

test('segments are handed out in the order of their stream, whatever the order of arrival', () => {
  const segments = ['a', 'b', 'c'].map((id) => sealed(region.admin, id));
  for (const at of [2, 0]) expect(pool.admit(segments[at] as Uint8Array).kind).toBe('admitted');
  expect(names(pool.gather(wide))).toEqual([nameOf(segments[0] as Uint8Array)]);
  pool.admit(segments[1] as Uint8Array);
  expect(names(pool.gather(wide))).toEqual(segments.map(nameOf));
  expect(pool.waiting().waitingCount).toBe(3);
});

test('a block takes one segment of each stream in turn and stays within its limits', () => {
  region.commit(sealed(region.admin, 'issuer-a', 'issuer-b'));
  const authors = ['issuer-a', 'issuer-b'].map((id) => new TestAuthor(region.chainId, id));
  const [a, b] = authors.map((author) => ['x', 'y', 'z'].map((id) => sealed(author, id)));
  for (const bytes of [...(a ?? []), ...(b ?? [])]) pool.admit(bytes);
  const order = [a?.[0], b?.[0], a?.[1], b?.[1], a?.[2], b?.[2]].map((bytes) => nameOf(bytes as Uint8Array));
  expect(names(pool.gather(wide))).toEqual(order);
  expect(names(pool.gather({ ...wide, segments: 3 }))).toEqual(order.slice(0, 3));
  expect(names(pool.gather({ ...wide, entries: 2 }))).toEqual(order.slice(0, 2));
  expect(pool.gather({ ...wide, bytes: 10 })).toEqual([]);
});

test('what is ordered leaves the pool, and what follows it is ready', () => {
  const [first, second] = ['a', 'b'].map((id) => sealed(region.admin, id));
  pool.admit(second as Uint8Array);
  expect(pool.waiting()).toEqual({ waitingCount: 0, oldest: null });
  clock.advance(100);
  region.commit(first as Uint8Array);
  pool.refresh({ author: 'admin', epoch: 0, stream: 0 });
  expect(pool.waiting()).toMatchObject({ waitingCount: 1, oldest: { sinceMs: 100 } });
  region.commit(second as Uint8Array);
  pool.committed([bodyDigest(second as Uint8Array)], 0);
  expect(pool.count).toBe(0);
  // Its receipts are on their way with the block; who asks again later has missed them.
  expect(pool.admit(second as Uint8Array)).toMatchObject({ kind: 'duplicate', justNow: true });
  clock.advance(2_000);
  expect(pool.admit(second as Uint8Array)).toMatchObject({ kind: 'duplicate', justNow: false });
});

test('each reason to turn a segment away is named', () => {
  const stranger = new TestAuthor(region.chainId, 'nobody');
  const forger = new TestAuthor(region.chainId, 'admin', { seed: seedOf('forger') });
  expect(pool.admit(sealed(forger, 'a'))).toMatchObject({
    kind: 'turned-away',
    reason: 'BAD_SIGNATURE',
    nextSequence: null,
  });
  const later = new TestAuthor(region.chainId, 'admin', { epoch: 3, seed: region.admin.seed });
  const twin = new TestAuthor(region.chainId, 'admin', { seed: region.admin.seed });
  region.commit(sealed(region.admin, 'a'));
  const cases = [
    { bytes: new Uint8Array(10), reason: 'BAD_FORMAT' },
    { bytes: sealed(stranger, 'x'), reason: 'UNKNOWN_AUTHOR' },
    { bytes: sealed(later, 'x'), reason: 'STALE_EPOCH' },
    { bytes: sealed(twin, 'b', 'c'), reason: 'FORK' },
    { bytes: sealed(twin, 'd'), reason: 'GAP' },
  ] as const;
  const strict = makePool({ behindGapMax: 0 });
  for (const { bytes, reason } of cases) expect(strict.admit(bytes)).toMatchObject({ kind: 'turned-away', reason });
  expect(strict.count).toBe(0);
});

test('the pool is bounded by count and bytes, for each author and in total', () => {
  const segments = Array.from({ length: 4 }, (_, n) => sealed(region.admin, `a${n}`));
  const size = (segments[0] as Uint8Array).length;
  for (const limits of [
    { segmentsMax: 2 },
    { segmentsMaxAuthor: 2 },
    { bytesMax: size * 2 + 10 },
    { bytesMaxAuthor: size * 2 + 10 },
  ]) {
    const small = makePool(limits);
    const kinds = segments.map((bytes) => small.admit(bytes));
    expect(kinds.map((admission) => admission.kind)).toEqual(['admitted', 'admitted', 'turned-away', 'turned-away']);
    expect(kinds[2]).toMatchObject({ reason: 'BUSY', nextSequence: 2 });
  }
});

test('a segment is gossiped once, when it has waited', () => {
  pool.admit(sealed(region.admin, 'a'));
  clock.advance(500);
  pool.admit(sealed(region.admin, 'b'));
  expect(pool.toGossip(clock.monotonicMs() - 400, 10)).toHaveLength(1);
  expect(pool.toGossip(clock.monotonicMs() - 400, 10)).toHaveLength(0);
  clock.advance(500);
  expect(pool.toGossip(clock.monotonicMs() - 400, 10)).toHaveLength(1);
});

test('what is stuck behind a gap is given up in time, what is ready is not', () => {
  const [first, , third] = ['a', 'b', 'c'].map((id) => sealed(region.admin, id));
  pool.admit(first as Uint8Array);
  pool.admit(third as Uint8Array);
  clock.advance(1_000);
  pool.dropStuck(500);
  expect(pool.count).toBe(1);
  expect(pool.body(nameOf(first as Uint8Array))).toEqual(first);
  expect(pool.admit(third as Uint8Array).kind).toBe('admitted');
});

describe('segments that wait, fork or are salvaged', () => {
  const store = '4012345000009';
  const goods = (serial: number) =>
    ({ kind: 'basket.release', reservations: [serial] }) as const satisfies Draft['operation'];
  const rest = (author: string, sequence: number) => ({ author, epoch: 1, stream: 0, sequence });
  let lanes: readonly TestAuthor[];
  const lane = (n: number): TestAuthor => lanes[n] as TestAuthor;

  const now = (): number => region.head.header.timeMs;

  /** A block of segments in the region; the pool is told as a validator tells it. */
  function order(timeMs: number, ...segments: readonly Uint8Array[]): void {
    region.commitAt(timeMs, ...segments);
    pool.committed(segments.map(bodyDigest), timeMs);
    for (const author of lanes) pool.refresh({ author: author.account, epoch: 1, stream: 0 });
  }

  beforeEach(() => {
    lanes = region.openStore({ store, merchant: 'shop', lanes: ['lane-1', 'lane-2'] });
  });

  test('one that waits for another journal stays, is no reason for a timeout, and goes when that has come', () => {
    const first = lane(0).seal({ operation: goods(1) });
    const waits = lane(1).seal({ operation: goods(1), dependsOn: rest(lane(0).account, 0) });
    pool.admit(waits);
    expect(pool.waiting().waitingCount).toBe(1);
    order(now() + 1, waits);
    expect(pool.count).toBe(1);
    expect(pool.waiting()).toEqual({ waitingCount: 0, oldest: null });
    expect(pool.gather(wide)).toEqual([]);
    // Another validator, which has it from a peer only now, sees the same in the state.
    const other = makePool();
    other.admit(waits);
    expect(other.gather(wide)).toEqual([]);
    pool.admit(first);
    expect(names(pool.gather(wide))).toEqual([nameOf(first)]);
    order(now() + 1, first);
    expect(names(pool.gather(wide))).toEqual([nameOf(waits)]);
    order(now() + 1, waits);
    expect(pool.count).toBe(0);
  });

  test('one that waits in vain goes when its time is up by the blocks', () => {
    const waits = lane(1).seal({ operation: goods(1), dependsOn: rest(lane(0).account, 9) });
    pool.admit(waits);
    order(now() + 1, waits);
    const since = now();
    order(since + holdMsMax - 1);
    expect(pool.gather(wide)).toEqual([]);
    order(since + holdMsMax);
    expect(names(pool.gather(wide))).toEqual([nameOf(waits)]);
    order(since + holdMsMax + 1, waits);
    expect(pool.count).toBe(0);
  });

  test('one that had no room in a block stays, waits from then on, and goes into the next block', () => {
    const issuer = region.register('issuer', 0);
    const gcn = '9999999999994';
    const timeMs = now();
    const terms = {
      ...plainTerms,
      version: 1,
      title: 't',
      value: { kind: 'fixed', amount: 1n },
      unit: 'CNY',
      validFromMs: 0,
      validUntilMs: timeMs + 86_400_000,
    } as const;
    region.commit(issuer.seal({ operation: { kind: 'series.define', gcn, terms } }));
    const count = 32_768;
    const keyCommitments = new Uint8Array(count * 16);
    const segments = Array.from({ length: 15 }, (_, n) =>
      issuer.seal({ operation: { kind: 'coupon.issue', gcn, firstSerial: n * count, count, keyCommitments } }),
    );
    for (const segment of segments) expect(pool.admit(segment).kind).toBe('admitted');
    clock.advance(1_000);
    region.commitAt(now() + 1, ...segments);
    pool.committed(segments.map(bodyDigest), now());
    const left = segments.length - region.head.executed.receipts.length;
    expect(left).toBeGreaterThan(0);
    expect(region.head.executed.skipped.map(({ reason }) => reason)).toContain('WAITING');
    expect(names(pool.gather({ ...wide, bytes: 1 << 24 }))).toEqual(segments.slice(-left).map(nameOf));
    expect(pool.waiting().oldest?.sinceMs).toBe(clock.monotonicMs());
    order(now() + 1, ...segments.slice(-left));
    expect(pool.count).toBe(0);
  });

  test("a terminal's fork goes before the ledger once, and then nothing of it is taken", () => {
    const twin = new TestAuthor(region.chainId, lane(1).account, { epoch: 1 });
    region.commit(lane(1).seal({ operation: goods(1) }));
    const fork = twin.seal({ operation: goods(2) }, { operation: goods(3) });
    const forged = Uint8Array.from(fork);
    forged[forged.length - 1] = (forged.at(-1) as number) ^ 1;
    expect(pool.admit(forged)).toMatchObject({ reason: 'BAD_SIGNATURE' });
    expect(pool.admit(fork).kind).toBe('admitted');
    const next = lane(1).seal({ operation: goods(4) });
    expect(pool.admit(next).kind).toBe('admitted');
    order(now() + 1, fork);
    expect(pool.count).toBe(0);
    expect(pool.admit(next)).toMatchObject({ kind: 'turned-away', reason: 'FROZEN' });
    expect(pool.admit(fork)).toMatchObject({ kind: 'turned-away', reason: 'FROZEN' });
  });

  test('what the admin names is taken of an author that may not speak, and leaves with its block', () => {
    const named = lane(1).seal({ operation: goods(1) });
    const other = lane(1).seal({ operation: goods(2) });
    region.commit(region.admin.seal({ operation: { kind: 'terminal.revoke', store, lane: 'lane-2' } }));
    expect(pool.admit(named)).toMatchObject({ reason: 'REVOKED' });
    const decoded = decode(segmentFormat, named);
    if (!decoded.ok) throw new Error(decoded.reason);
    const segments = [{ throughSequence: 0, headHash: segmentHead(decoded.value) }];
    const { previousHash } = decoded.value;
    const of = { author: lane(1).account, epoch: 1, stream: 0, fromSequence: 0, previousHash, segments };
    region.commit(region.admin.seal({ operation: { kind: 'journal.salvage', ...of } }));
    expect(pool.admit(other)).toMatchObject({ reason: 'REVOKED' });
    expect(pool.admit(named).kind).toBe('admitted');
    expect(names(pool.gather(wide))).toEqual([nameOf(named)]);
    order(now() + 1, named);
    expect(pool.count).toBe(0);
  });
});

describe('a segment whose signature is still being checked', () => {
  const candidateOf = (bytes: Uint8Array): Candidate => {
    const seen = pool.examine(bytes);
    if (seen.kind !== 'candidate') throw new Error(seen.kind);
    return seen;
  };

  test('is in no block, is known, and can be given to who asks for its body', () => {
    const bytes = sealed(region.admin, 'a');
    const candidate = candidateOf(bytes);
    expect(pool.gather(wide)).toEqual([]);
    expect(pool.admit(bytes).kind).toBe('known');
    expect(pool.body(nameOf(bytes))).toBe(bytes);
    expect(pool.enter(candidate).kind).toBe('admitted');
    expect(names(pool.gather(wide))).toEqual([nameOf(bytes)]);
  });

  test('is checked again where nobody has found it genuine: nothing enters unverified', () => {
    const forger = new TestAuthor(region.chainId, 'admin', { seed: seedOf('forger') });
    const bytes = sealed(forger, 'a');
    expect(pool.enter(candidateOf(bytes))).toMatchObject({ kind: 'turned-away', reason: 'BAD_SIGNATURE' });
    expect(pool.body(nameOf(bytes))).toBeUndefined();
    expect(pool.count).toBe(0);
  });

  test('is a duplicate when a block has ordered it meanwhile', () => {
    const bytes = sealed(region.admin, 'a');
    const candidate = candidateOf(bytes);
    region.commit(bytes);
    expect(pool.enter(candidate).kind).toBe('duplicate');
  });

  test('counts against the limits until it enters or is dropped', () => {
    pool = makePool({ uncheckedMax: 2 });
    const [a, b, c] = ['a', 'b', 'c'].map((id) => sealed(region.admin, id)) as [Uint8Array, Uint8Array, Uint8Array];
    const first = candidateOf(a);
    candidateOf(b);
    expect(pool.examine(c)).toMatchObject({ reason: 'BUSY', nextSequence: 0, retryAfterMs: 100 });
    pool.drop(first);
    expect(pool.examine(c).kind).toBe('candidate');
    expect(() => pool.drop(first)).toThrow();
  });
});
