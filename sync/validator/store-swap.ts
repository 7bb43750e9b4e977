/**
 * How one store takes the place of another: it is filled as `incoming.db`, called `next.db` once it is whole and durable, and becomes
 * `validator.db` at the next start. After a cut at any moment the next start finds the old store or the new one, whole.
 */
import { closeSync, existsSync, fsyncSync, openSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { assert } from '#core/assert';
import { fsyncFolder } from '#core/durable-folder';
import { BizainError } from '#core/errors';
import { openStoreDatabase } from './store-database.ts';

/** The store's file in the state directory. */
export const storeFileName = 'validator.db';
/** SQLite's own files beside a database. */
export const storeSides = ['', '-wal', '-shm'];
const incomingName = 'incoming.db';
const nextName = 'next.db';

/** Where a store is filled; what an earlier attempt left there is gone. */
export function freshIncoming(stateDir: string): string {
  const path = join(stateDir, incomingName);
  for (const side of storeSides) rmSync(path + side, { force: true });
  return path;
}

/** The incoming store is whole and closed: from here on it is the one that counts. Durable on return. */
export function decideForIncoming(stateDir: string): void {
  const path = join(stateDir, incomingName);
  // SQLite has moved the log into the database and removed it when it closed it.
  assert(!existsSync(`${path}-wal`), 'a closed store has no log');
  const file = openSync(path, 'r+');
  try {
    fsyncSync(file);
  } finally {
    closeSync(file);
  }
  renameSync(path, join(stateDir, nextName));
  fsyncFolder(stateDir);
}

/** Throws `STORE_BUSY` where another process works on the store. */
function checkNotInUse(path: string): void {
  if (!existsSync(path)) return;
  try {
    openStoreDatabase(path).close();
  } catch (error) {
    if (error instanceof BizainError && error.code === 'STORE_BUSY') throw error;
    // Whatever else is wrong with it is found when it is opened in earnest, or does not matter any more.
  }
}

/** Puts a store that was decided for into its place, for a start; true where there was one. What was half fetched goes. Throws `STORE_BUSY`. */
export function takeNextStore(stateDir: string): boolean {
  const path = join(stateDir, storeFileName);
  const next = join(stateDir, nextName);
  if (!existsSync(next) && !existsSync(join(stateDir, incomingName))) return false;
  checkNotInUse(path);
  freshIncoming(stateDir);
  if (!existsSync(next)) return false;
  // The old log must be gone for good before the new database has its name: SQLite would play it into that.
  for (const side of storeSides) if (side !== '') rmSync(path + side, { force: true });
  fsyncFolder(stateDir);
  renameSync(next, path);
  fsyncFolder(stateDir);
  return true;
}
