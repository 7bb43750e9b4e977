/**
 * The mark of a key that has never signed: an empty file beside the key file, made with the key and removed at its first start.
 * Without it a validator with an empty store cannot tell a new region from a lost disk (SPEC R24). It is never to be copied back.
 */
import { existsSync, rmSync } from 'node:fs';
import { dirname } from 'node:path';
import { writeFileAtomic } from '#core/atomic-file';
import { fsyncFolder } from '#core/durable-folder';

/** Where the mark of a key file is. */
export function unusedKeyMarkOf(keyFile: string): string {
  return `${keyFile}.unused`;
}

/** Marks a key that has just been made. Throws `FILE_WRITE_FAILED`. */
export function markKeyUnused(keyFile: string): void {
  writeFileAtomic(unusedKeyMarkOf(keyFile), new Uint8Array(0), 0o600);
}

/** Whether a mark is there. */
export function hasUnusedKeyMark(mark: string): boolean {
  return existsSync(mark);
}

/** Removes a mark, durably. */
export function dropUnusedKeyMark(mark: string): void {
  if (!existsSync(mark)) return;
  rmSync(mark);
  fsyncFolder(dirname(mark));
}
