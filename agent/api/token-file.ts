/** The bearer token of the local API: made at the first start, kept in a file that only the agent's user can read. */
import { timingSafeEqual } from 'node:crypto';
import { closeSync, constants, fstatSync, fsyncSync, mkdirSync, openSync, readSync, writeSync } from 'node:fs';
import { dirname } from 'node:path';
import { toBase64url } from '#core/bytes';
import type { Entropy } from '#core/entropy';
import { BizainError } from '#core/errors';
import { sha256 } from '#core/hash';
import type { ApiErrorCode } from './errors.ts';

const code: ApiErrorCode = 'TOKEN_FILE_UNUSABLE';
const tokenBytes = 32;
const tokenPattern = /^[A-Za-z0-9_-]{43,128}$/;
const fileBytesMax = 256;
const othersMask = 0o077;

function unusable(path: string, why: string, cause?: unknown): never {
  throw new BizainError({ code, message: `The API token file ${path} ${why}`, context: { path }, cause });
}

function reasonOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

/** Makes the file if there is none; an existing one is left as it is. */
function makeOnce(path: string, entropy: Entropy): void {
  let file: number;
  try {
    mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
    file = openSync(path, constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL | constants.O_NOFOLLOW, 0o600);
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'EEXIST') return;
    unusable(path, `cannot be made: ${reasonOf(error)}. Check that its folder is writable.`, error);
  }
  try {
    writeSync(file, `${toBase64url(entropy.bytes(tokenBytes))}\n`);
    fsyncSync(file);
  } finally {
    closeSync(file);
  }
}

/**
 * The token in a file; the file is made with mode 0600 and 256 random bits when missing.
 * @throws BizainError `TOKEN_FILE_UNUSABLE` when others may read it or it holds no token (43 to 128 characters base64url).
 */
export function readOrMakeToken(path: string, entropy: Entropy): string {
  makeOnce(path, entropy);
  try {
    const file = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
    try {
      const stats = fstatSync(file);
      if (!stats.isFile()) return unusable(path, 'is not a regular file. Remove it; a new one is made at start.');
      if ((stats.mode & othersMask) !== 0) return unusable(path, `may be read by others. Run: chmod 600 ${path}`);
      const bytes = Buffer.alloc(fileBytesMax);
      const text = bytes.toString('utf8', 0, readSync(file, bytes, 0, fileBytesMax, 0)).trim();
      return tokenPattern.test(text) ? text : unusable(path, 'holds no token. Remove it; a new one is made at start.');
    } finally {
      closeSync(file);
    }
  } catch (error) {
    if (error instanceof BizainError) throw error;
    return unusable(path, `cannot be read: ${reasonOf(error)}. Check its owner.`, error);
  }
}

/** Whether a presented token is the right one. Constant time in its content and length: hashes are compared. */
export function isToken(presented: string, token: string): boolean {
  return timingSafeEqual(sha256(Buffer.from(presented, 'utf8')), sha256(Buffer.from(token, 'utf8')));
}
