import { statSync } from 'node:fs';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { publicKeyOf } from '#core/ed25519';
import { decode } from '#core/format';
import { segmentFormat, verifySegment } from '#ledger/journal/segment';
import {
  account,
  append,
  capture,
  chainId,
  Folder,
  nowMs,
  receipt,
  release,
  reserve,
  secretSeed,
  sold,
  unitKey,
} from './journal-fixture.ts';

let folder: Folder;
beforeEach(() => {
  folder = new Folder();
});
afterEach(() => folder.remove());

const much = { count: 100, bytes: 10_000_000 };
const claim = (serial: number, state: 'reserved' | 'captured' = 'reserved', terminal = account) => ({
  unit: unitKey(serial),
  terminal,
  state,
  atLowMs: nowMs,
  atHighMs: nowMs + 1,
});

test('entries get dense sequences per stream and survive closing', () => {
  const journal = folder.open();
  expect(append(journal, reserve(1), sold('A'), capture([0]), sold('B'))).toEqual([
    { epoch: 1, stream: 0, sequence: 0 },
    { epoch: 1, stream: 1, sequence: 0 },
    { epoch: 1, stream: 0, sequence: 1 },
    { epoch: 1, stream: 1, sequence: 1 },
  ]);
  const heads = [journal.head(0), journal.head(1)];
  journal.close();
  const again = folder.open();
  expect([again.head(0), again.head(1)]).toEqual(heads);
  expect(again.queue({ limit: 10 }).map((item) => item.kind)).toEqual([
    'coupon.reserve',
    'basket.capture',
    'trace.sell',
    'trace.sell',
  ]);
});

test('a transaction that throws leaves nothing: no entry, no claim, no meta, no head', () => {
  const journal = folder.open();
  append(journal, reserve(1));
  const before = journal.head(0);
  expect(() =>
    journal.atomically((tx) => {
      tx.append(reserve(2));
      tx.putClaim(claim(2));
      tx.putMeta('k', Uint8Array.of(1));
      throw new Error('power');
    }),
  ).toThrow('power');
  expect(journal.head(0)).toEqual(before);
  expect(journal.claim(unitKey(2))).toBeNull();
  expect(journal.meta('k')).toBeNull();
  expect(journal.counters()).toMatchObject({ pending: { value: 1 }, openReservations: 1, claims: 0 });
  expect(append(journal, reserve(3))).toEqual([{ epoch: 1, stream: 0, sequence: 1 }]);
});

test('a transaction is neither nested nor asynchronous nor used after its end', () => {
  const journal = folder.open();
  expect(() => journal.atomically(() => journal.atomically(() => 1))).toThrow('not nested');
  expect(() => journal.atomically(() => Promise.resolve(1))).toThrow('does not wait');
  const leaked = journal.atomically((tx) => tx);
  expect(() => leaked.append(reserve(1))).toThrow('after it ended');
  expect(journal.head(0).nextSequence).toBe(0);
});

test('sealed segments are signed by the terminal and the same bytes at every call and after reopening', () => {
  const journal = folder.open();
  append(journal, reserve(1), capture([0]));
  append(journal, sold('A'));
  const first = journal.nextSegments(much);
  expect(first.map(({ stream, firstSequence, lastSequence }) => [stream, firstSequence, lastSequence])).toEqual([
    [0, 0, 1],
    [1, 0, 0],
  ]);
  append(journal, reserve(2));
  const second = journal.nextSegments(much);
  journal.close();
  const third = folder.open().nextSegments(much);
  const bytesOf = (segments: typeof first) =>
    new Map(segments.map((s) => [`${s.stream}/${s.firstSequence}`, Buffer.from(s.bytes).toString('hex')]));
  expect(bytesOf(second)).toEqual(bytesOf(third));
  for (const [key, bytes] of bytesOf(first)) expect(bytesOf(third).get(key)).toBe(bytes);
  expect(third).toHaveLength(3);
  for (const { bytes } of third) {
    const segment = decode(segmentFormat, bytes);
    expect(segment.ok && verifySegment(chainId, segment.value, publicKeyOf(secretSeed))).toBe(true);
  }
});

test('each entry ends in the state of its receipt, once, whatever is repeated', () => {
  const journal = folder.open();
  const places = append(journal, reserve(1), reserve(2), reserve(3), reserve(4));
  const heard: string[] = [];
  journal.onSettled((settled) => heard.push(...settled.map((entry) => `${entry.place.sequence} ${entry.state}`)));
  const receipts = places.slice(0, 3).map((place, outcome) => receipt(journal, place, outcome));
  journal.settle(receipts);
  journal.settle(receipts);
  expect(heard).toEqual(['0 final', '1 refused', '2 conflicted']);
  expect(places.map((place) => journal.stateOf(place))).toEqual(['final', 'refused', 'conflicted', 'pending']);
  expect(journal.counters().pending).toEqual({ value: 1, trace: 0, earlierEpochs: 0 });
});

test('a segment is no longer handed out once every entry of it is settled', () => {
  const journal = folder.open();
  const [first] = append(journal, reserve(1));
  journal.nextSegments(much);
  const [second] = append(journal, reserve(2));
  expect(journal.nextSegments(much)).toHaveLength(2);
  if (first === undefined || second === undefined) throw new Error('two places');
  journal.settle([receipt(journal, second)]);
  expect(journal.nextSegments(much).map((s) => s.firstSequence)).toEqual([0]);
  journal.settle([receipt(journal, first)]);
  expect(journal.nextSegments(much)).toEqual([]);
});

test('a released reservation is voided and its claim dropped', () => {
  const journal = folder.open();
  const [place] = journal.atomically((tx) => {
    const reserved = tx.append(reserve(1));
    tx.putClaim(claim(1));
    return [reserved];
  });
  const [released] = append(journal, release([0]));
  if (place === undefined || released === undefined) throw new Error('two places');
  journal.settle([receipt(journal, place), receipt(journal, released)]);
  expect([journal.stateOf(place), journal.stateOf(released)]).toEqual(['voided', 'final']);
  expect(journal.claim(unitKey(1))).toBeNull();
  expect(journal.counters()).toMatchObject({ claims: 0, openReservations: 0 });
});

test('files are private to their owner', () => {
  folder.open();
  expect(statSync(folder.file).mode & 0o777).toBe(0o600);
  expect(statSync(`${folder.path}/state`).mode & 0o777).toBe(0o700);
});
