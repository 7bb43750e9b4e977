/** The folder that a journal lives in: on a real disk, private to its owner, and durable itself. */
import { chmodSync, closeSync, constants, existsSync, openSync, statfsSync, statSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { fsyncFolder, makeFolderDurably } from '#core/durable-folder';
import { JournalError } from './errors.ts';

const fileMode = 0o600;
const groupAndWorld = 0o077;
const writableByOthers = 0o022;

/** File systems that forget: magic numbers of statfs(2), `linux/magic.h`. */
const forgetful = new Map<number, string>([
  [0x01021994, 'tmpfs'],
  [0x858458f6, 'ramfs'],
  [0x794c7630, 'overlay'],
]);

function unfit(message: string, context: Readonly<Record<string, unknown>>, cause?: unknown): never {
  throw new JournalError({ code: 'JOURNAL_FOLDER_UNFIT', message, context, cause });
}

function assertRemembers(folder: string, allowVolatile: boolean): void {
  const kind = forgetful.get(Number(statfsSync(folder).type) >>> 0);
  if (kind === undefined || allowVolatile) return;
  const message = `The journal was to be kept in ${folder}, which is on ${kind} and does not survive a power cut. Point stateDir to a folder on a disk.`;
  unfit(message, { folder, kind });
}

function assertOwn(path: string): number {
  const stats = statSync(path);
  const user = process.geteuid?.();
  if (user !== undefined && stats.uid !== user) {
    const message = `${path} belongs to user ${stats.uid}, not to user ${user} that this process runs as. Run: chown ${user} ${path}`;
    unfit(message, { path, owner: stats.uid });
  }
  return stats.mode;
}

function assertFolderPrivate(folder: string): void {
  if ((assertOwn(folder) & writableByOthers) === 0) return;
  unfit(`Others may write into the folder ${folder} of the journal. Run: chmod 700 ${folder}`, { folder });
}

/**
 * Prepares the folder and the empty file of a journal; returns whether the file is new. The folder (mode
 * 0700) and its name are durable on return. Throws `JOURNAL_FOLDER_UNFIT` for a folder on tmpfs, ramfs or
 * overlay unless `allowVolatile`, and for one that another user owns or may write into. To be called before SQLite opens the file:
 * closing a descriptor of it later would drop SQLite's POSIX locks.
 */
export function prepareStateDirectory(path: string, allowVolatile: boolean): boolean {
  const folder = dirname(resolve(path));
  try {
    makeFolderDurably(folder);
  } catch (error) {
    unfit(
      `Making the folder ${folder} for the journal failed. Check its parent folder and its rights.`,
      { folder },
      error,
    );
  }
  assertRemembers(folder, allowVolatile);
  const isNew = !existsSync(path);
  assertFolderPrivate(folder);
  if (isNew) {
    closeSync(openSync(path, constants.O_RDWR | constants.O_CREAT | constants.O_EXCL, fileMode));
    fsyncFolder(folder);
  }
  if ((assertOwn(path) & groupAndWorld) !== 0) chmodSync(path, fileMode);
  return isNew;
}
