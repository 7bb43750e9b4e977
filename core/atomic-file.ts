/** Files that are there in full or not at all, and secret keys kept in them. Synchronous: for start-up and rare writes. */
import {
  closeSync,
  constants,
  fchmodSync,
  fstatSync,
  fsyncSync,
  openSync,
  readSync,
  renameSync,
  type Stats,
  unlinkSync,
  writeSync,
} from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { assert } from './assert.ts';
import { fromHex, fromUtf8, toHex, utf8 } from './bytes.ts';
import { fsyncFolder } from './durable-folder.ts';
import { BizainError, type CoreErrorCode } from './errors.ts';

const SEED_BYTES = 32;
const KEY_FILE_BYTES_MAX = 256;
const KEY_FILE_MODE = 0o600;
const GROUP_AND_WORLD = 0o077;

function fail(code: CoreErrorCode, message: string, path: string, cause?: unknown): never {
  throw new BizainError({ code, message, context: { path }, cause });
}

function textOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

function writeAll(file: number, bytes: Uint8Array): void {
  for (let at = 0; at < bytes.length; ) at += writeSync(file, bytes, at, bytes.length - at);
}

/**
 * Writes a file so that after a crash at any moment the path holds the old content or the new, and after
 * return the new, durably (temporary file beside it, fsync, rename, fsync of the folder). One writer a path.
 * `mode` is set exactly, whatever the umask. Throws `FILE_WRITE_FAILED`; the old content then stands.
 */
export function writeFileAtomic(path: string, bytes: Uint8Array, mode: number): void {
  const temporary = join(dirname(path), `.${basename(path)}.${process.pid}.tmp`);
  try {
    const flags = constants.O_WRONLY | constants.O_CREAT | constants.O_TRUNC | constants.O_NOFOLLOW;
    const file = openSync(temporary, flags, mode & ~GROUP_AND_WORLD);
    try {
      writeAll(file, bytes);
      fchmodSync(file, mode);
      fsyncSync(file);
    } finally {
      closeSync(file);
    }
    renameSync(temporary, path);
    fsyncFolder(dirname(path));
  } catch (error) {
    try {
      unlinkSync(temporary);
    } catch {
      // Never made, or renamed already.
    }
    const message = `Writing ${path} failed (${textOf(error)}). Check that its folder exists, is writable and has space.`;
    fail('FILE_WRITE_FAILED', message, path, error);
  }
}

function assertPrivate(path: string, stats: Stats): void {
  if (!stats.isFile()) fail('KEY_FILE_MALFORMED', `The key file ${path} is not a regular file.`, path);
  const user = process.geteuid?.();
  // What root owns, root could read anyway: systemd credentials may be handed over like that.
  if (user !== undefined && stats.uid !== user && stats.uid !== 0) {
    const message = `The key file ${path} belongs to user ${stats.uid}, not to user ${user} that this process runs as. Run: chown ${user} ${path}`;
    fail('KEY_FILE_FOREIGN', message, path);
  }
  if ((stats.mode & GROUP_AND_WORLD) !== 0) {
    const mode = (stats.mode & 0o777).toString(8).padStart(4, '0');
    const message = `The key file ${path} has mode ${mode}: others than its owner may use it. Run: chmod 600 ${path}`;
    fail('KEY_FILE_EXPOSED', message, path);
  }
}

function readPrivate(path: string): Uint8Array {
  let file: number;
  try {
    // O_NONBLOCK: a FIFO in place of the file must not hang the start.
    file = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
  } catch (error) {
    const message = `Reading the key file ${path} failed (${textOf(error)}). Check the path, or make the key anew.`;
    return fail('FILE_READ_FAILED', message, path, error);
  }
  try {
    // Permissions of the open file, so that a swap of the path in between changes nothing.
    assertPrivate(path, fstatSync(file));
    const bytes = new Uint8Array(KEY_FILE_BYTES_MAX);
    return bytes.subarray(0, readSync(file, bytes, 0, bytes.length, 0));
  } finally {
    closeSync(file);
  }
}

/**
 * The 32-byte secret seed in a key file: 64 hex characters and an optional newline. Throws
 * `KEY_FILE_EXPOSED` when group or world have any right to it, `KEY_FILE_FOREIGN` when neither this
 * process's user nor root owns it, `KEY_FILE_MALFORMED` and `FILE_READ_FAILED` otherwise.
 */
export function readKeyFile(path: string): Uint8Array {
  const seed = fromHex((fromUtf8(readPrivate(path)) ?? 'x').replace(/\r?\n$/, ''));
  if (seed?.length === SEED_BYTES) return seed;
  // The content is a secret, however malformed: it is not quoted.
  return fail('KEY_FILE_MALFORMED', `The key file ${path} does not hold 64 hex characters.`, path);
}

/** Writes a 32-byte secret seed as a key file of mode 0600, durably and in full or not at all. */
export function writeKeyFile(path: string, seed: Uint8Array): void {
  assert(seed.length === SEED_BYTES, `a secret seed is ${SEED_BYTES} bytes`);
  writeFileAtomic(path, utf8(`${toHex(seed)}\n`), KEY_FILE_MODE);
}
