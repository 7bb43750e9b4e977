/** What a store takes of its disk, and what is left there. */
import { statfsSync, statSync } from 'node:fs';
import { join } from 'node:path';

/** Bytes of the store's files, and free for this user on their file system. Zeros where the system does not say. */
export function diskUsage(stateDir: string): { readonly storeBytes: number; readonly diskFreeBytes: number } {
  const sizes = ['validator.db', 'validator.db-wal'].map(
    (file) => statSync(join(stateDir, file), { throwIfNoEntry: false })?.size ?? 0,
  );
  let diskFreeBytes = 0;
  try {
    const { bavail, bsize } = statfsSync(stateDir);
    diskFreeBytes = bavail * bsize;
  } catch {
    // Some network file systems do not answer.
  }
  return { storeBytes: sizes.reduce((sum, size) => sum + size, 0), diskFreeBytes };
}
