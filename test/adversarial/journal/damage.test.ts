import { chmodSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import Database from 'better-sqlite3';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { SeededEntropy, uniformInt } from '#core/entropy';
import { openJournal } from '../../../agent/journal/journal.ts';
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

let folder: Folder;
beforeEach(() => {
  folder = new Folder();
});
afterEach(() => folder.remove());

const code = (wanted: string) => expect.objectContaining({ code: wanted });

/** Changes the closed file behind the journal's back, triggers out of the way. */
function tamper(sql: string): void {
  const database = new Database(folder.file);
  const triggers = database.prepare("SELECT name FROM sqlite_schema WHERE type = 'trigger'").pluck().all() as string[];
  for (const name of triggers) database.exec(`DROP TRIGGER ${name}`);
  database.exec(sql);
  database.close();
}

function filled(count: number): void {
  const journal = folder.open();
  for (let index = 0; index < count; index++) append(journal, reserve(index));
  journal.nextSegments({ count: 10, bytes: 1e6 });
  journal.close();
}

/** Row of the n-th entry of the value stream. */
const nth = (n: number) => `id = (SELECT min(id) + ${n} FROM entries)`;

test.each([
  ['a changed entry', `UPDATE entries SET entry = zeroblob(20) WHERE ${nth(5)}`, 'Intact: entries 0 to 4'],
  ['a changed chain hash', `UPDATE entries SET chain = zeroblob(32) WHERE ${nth(5)}`, 'Intact: entries 0 to 4'],
  ['a changed note', `UPDATE entries SET note = '[null,"9999","CNY"]' WHERE ${nth(3)}`, 'Intact: entries 0 to 2'],
  ['a removed entry', `DELETE FROM entries WHERE ${nth(4)}`, 'Intact: entries 0 to 3'],
  ['a cut-off end', 'DELETE FROM entries WHERE id > (SELECT min(id) + 7 FROM entries)', 'its end was cut off'],
  ['a changed segment', 'UPDATE segments SET bytes = zeroblob(100)', 'sealed segment'],
  ['changed totals', `UPDATE progress SET body = replace(body, '"count":0', '"count":1')`, 'its totals'],
])('%s is found at start, with what is intact', (_, sql, says) => {
  filled(10);
  tamper(sql);
  expect(() => folder.open()).toThrow(code('JOURNAL_CORRUPT'));
  expect(() => folder.open()).toThrow(says);
});

test('a flipped bit anywhere in the file is never taken for other entries', () => {
  filled(30);
  const clean = readFileSync(folder.file);
  const heads = (() => {
    const journal = folder.open();
    const head = journal.head(0);
    journal.close();
    return head;
  })();
  const seed = 77;
  const entropy = new SeededEntropy(seed);
  for (let round = 0; round < 60; round++) {
    const damaged = Buffer.from(clean);
    const at = uniformInt(entropy, damaged.length);
    damaged[at] = (damaged[at] ?? 0) ^ (1 << uniformInt(entropy, 8));
    writeFileSync(folder.file, damaged);
    try {
      const journal = openJournal(folder.options());
      expect(journal.head(0), `seed ${seed}, round ${round}`).toEqual(heads);
      journal.close();
    } catch (error) {
      if (!(error instanceof Error) || !('code' in error)) throw error;
      expect(
        ['JOURNAL_CORRUPT', 'JOURNAL_FOREIGN', 'JOURNAL_EPOCH_BEHIND'],
        `seed ${seed}, round ${round}: ${error.message}`,
      ).toContain(error.code);
    }
  }
});

test("another terminal's journal, and an older epoch, are refused", () => {
  filled(1);
  expect(() => folder.open({ account: '4012345000009/lane2' })).toThrow(code('JOURNAL_FOREIGN'));
  expect(() => folder.open({ chainId: new Uint8Array(32) })).toThrow(code('JOURNAL_FOREIGN'));
  folder.open({ epoch: 2 }).close();
  expect(() => folder.open({ epoch: 1 })).toThrow(code('JOURNAL_EPOCH_BEHIND'));
});

test('a folder that others may write into is refused', () => {
  filled(1);
  chmodSync(dirname(folder.file), 0o777);
  expect(() => folder.open()).toThrow(code('JOURNAL_FOLDER_UNFIT'));
});

test('a folder on tmpfs is refused unless it was allowed', () => {
  expect(statSync('/dev/shm').isDirectory()).toBe(true);
  const path = `/dev/shm/bizain-unfit-${process.pid}/journal.db`;
  const options = { ...folder.options(), path, allowVolatile: false };
  try {
    expect(() => openJournal(options)).toThrow(code('JOURNAL_FOLDER_UNFIT'));
  } finally {
    folder.alsoRemove(dirname(path));
  }
});

test('a receipt for another entry at the same sequence is a recorded fork that stops writing, also after a restart', () => {
  const journal = folder.open();
  const [place] = append(journal, reserve(1));
  if (place === undefined) throw new Error('a place');
  const heard: string[] = [];
  journal.onFault((fault) => heard.push(fault.code));
  journal.settle([receipt(journal, place, 0, { entryHash: new Uint8Array(32) })]);
  expect(heard).toEqual(['FORKED_JOURNAL']);
  expect(journal.stateOf(place)).toBe('pending');
  expect(() => append(journal, reserve(2))).toThrow(code('FORKED_JOURNAL'));
  journal.close();
  expect(() => append(folder.open(), reserve(2))).toThrow(code('FORKED_JOURNAL'));
});

test('a new epoch starts new streams and may be written to after a fork', () => {
  const journal = folder.open();
  append(journal, reserve(1));
  journal.compareWithAnchor(0, { nextSequence: 1, headHash: new Uint8Array(32) });
  journal.close();
  const next = folder.open({ epoch: 2 });
  expect(append(next, reserve(2))).toEqual([{ epoch: 2, stream: 0, sequence: 0 }]);
  expect(next.counters().pending).toEqual({ value: 1, trace: 0, earlierEpochs: 1 });
});

test('a restored old copy is behind its anchor, is not written to, and takes its own lost entries back', () => {
  const journal = folder.open();
  append(journal, reserve(0));
  journal.nextSegments({ count: 9, bytes: 1e6 });
  journal.close();
  const old = readFileSync(folder.file);
  const later = folder.open();
  append(later, reserve(1), capture([1]));
  const lost = later.nextSegments({ count: 9, bytes: 1e6 }).at(-1);
  const anchor = later.head(0);
  later.close();
  writeFileSync(folder.file, old);
  const restored = folder.open();
  expect(restored.compareWithAnchor(0, anchor)).toBe('behind');
  expect(() => append(restored, reserve(5))).toThrow(code('JOURNAL_BEHIND'));
  if (lost === undefined) throw new Error('a segment');
  const forged = Uint8Array.from(lost.bytes);
  forged[forged.length - 1] = (forged.at(-1) ?? 0) ^ 1;
  expect(restored.adopt(forged)).toBe(0);
  expect(restored.adopt(lost.bytes)).toBe(2);
  expect(restored.compareWithAnchor(0, anchor)).toBe('equal');
  expect(append(restored, reserve(5))).toEqual([{ epoch: 1, stream: 0, sequence: 3 }]);
  restored.scrub();
});

test('a full journal refuses new reservations while captures, releases, seals and receipts still work', () => {
  const journal = folder.open({ bytesMax: 600 * 1024, reserveBytes: 200 * 1024 });
  const places = [];
  let refusal: unknown;
  for (let index = 0; refusal === undefined; index++) {
    try {
      places.push(...append(journal, sold(`${index}`)), ...append(journal, reserve(index)));
    } catch (error) {
      refusal = error;
    }
  }
  expect(refusal).toEqual(code('JOURNAL_FULL'));
  expect(journal.full).toBe(true);
  const reservations = journal.openReservations();
  const [first, second] = reservations;
  if (first === undefined || second === undefined) throw new Error('two reservations');
  const closed = append(journal, capture([first.sequence]), release([second.sequence]));
  expect(closed).toHaveLength(2);
  expect(journal.nextSegments({ count: 2, bytes: 1e6 }).length).toBeGreaterThan(0);
  journal.settle([receipt(journal, first), ...closed.map((place) => receipt(journal, place))]);
  expect(journal.stateOf(first)).toBe('final');
  expect(() => append(journal, reserve(1))).toThrow(code('JOURNAL_FULL'));
});

test("a claim is dropped by its own entry's refusal only: not by an older one's, not another lane's", () => {
  const journal = folder.open();
  const claim = (terminal: string) => ({
    unit: unitKey(1),
    terminal,
    state: 'reserved' as const,
    atLowMs: nowMs,
    atHighMs: nowMs,
  });
  const take = () =>
    journal.atomically((tx) => {
      const place = tx.append(reserve(1));
      tx.putClaim(claim(account));
      return place;
    });
  const older = take();
  const newer = take();
  journal.settle([receipt(journal, older, 1)]);
  expect(journal.claim(unitKey(1))).not.toBeNull();
  journal.settle([receipt(journal, newer, 1)]);
  expect(journal.claim(unitKey(1))).toBeNull();
  const third = take();
  journal.atomically((tx) => tx.putClaim(claim('4012345000009/lane2')));
  journal.settle([receipt(journal, third, 1)]);
  expect(journal.claim(unitKey(1))?.terminal).toBe('4012345000009/lane2');
});
