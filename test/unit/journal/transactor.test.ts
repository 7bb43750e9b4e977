import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { DiskReserve } from '#agent/journal/disk-reserve';
import type { JournalDatabase } from '#agent/journal/journal-database';
import type { Progress } from '#agent/journal/progress';
import { Transactor } from '#agent/journal/transactor';
import { openDatabase } from '#core/sqlite';

let folder: string;
let database: JournalDatabase;
let reserve: DiskReserve;
let transactor: Transactor;

/** Two pages of room: the third thousand-byte row after the table does not fit until `max_page_count` is raised. */
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'bizain-transactor-'));
  const path = join(folder, 'journal.db');
  database = openDatabase(path);
  database.exec('CREATE TABLE rows (body BLOB)');
  database.exec('PRAGMA max_page_count = 3');
  reserve = new DiskReserve(database, { path, pagesMax: 8, reservePages: 2 });
  const progress = { clone: () => progress } as Progress;
  transactor = new Transactor(database, reserve, progress);
});

afterEach(() => {
  database.close();
  rmSync(folder, { recursive: true });
});

/** Writes more than fits; from the second call on there is room, as when the reserve's blocks have been given back. */
function growing(): () => string {
  let calls = 0;
  return () => {
    calls += 1;
    if (calls === 2) database.exec('PRAGMA max_page_count = 64');
    database.prepare('INSERT INTO rows VALUES (?)').run(new Uint8Array(40_000));
    return `call ${calls}`;
  };
}

describe('Transactor', () => {
  it('opens the reserve and writes nothing when the disk is full', () => {
    expect(() => transactor.run(growing())).toThrow(expect.objectContaining({ code: 'JOURNAL_FULL', retryable: true }));
    expect(reserve.full).toBe(true);
    expect(database.prepare('SELECT count(*) FROM rows').pluck().get()).toBe(0);
  });

  it('tries what must go on once more after the failure that opened the reserve', () => {
    expect(transactor.runFromReserve(growing())).toBe('call 2');
    expect(database.prepare('SELECT count(*) FROM rows').pluck().get()).toBe(1);
  });

  it('gives up after the second failure, with the same error', () => {
    const never = () => database.prepare('INSERT INTO rows VALUES (?)').run(new Uint8Array(40_000));
    expect(() => transactor.runFromReserve(never)).toThrow(expect.objectContaining({ code: 'JOURNAL_FULL' }));
  });
});
