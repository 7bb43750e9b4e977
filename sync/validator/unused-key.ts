/**
 * The mark of a key that has never signed: an empty file in the state folder (the key's own may be read-only to the validator), made
 * with the key and removed at its first start.
 * Without it a validator with an empty store cannot tell a new region from a lost disk (SPEC R24). It is never to be copied back.
 */
import { existsSync, mkdirSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { writeFileAtomic } from '#core/atomic-file';
import { fsyncFolder } from '#core/durable-folder';

/** Where the mark is in a state folder. */
export function unusedKeyMarkOf(stateDir: string): string {
  return join(stateDir, 'validator.key.unused');
}

/** Marks a key that has just been made; makes the state folder. Throws `FILE_WRITE_FAILED`. */
export function markKeyUnused(stateDir: string): void {
  mkdirSync(stateDir, { recursive: true, mode: 0o700 });
  writeFileAtomic(unusedKeyMarkOf(stateDir), new Uint8Array(0), 0o600);
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
