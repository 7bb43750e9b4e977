/** Folders whose names survive a power cut: a new name is on the disk only when the folder that it stands in was fsynced. */
import { closeSync, constants, existsSync, fsyncSync, mkdirSync, openSync } from 'node:fs';
import { dirname, resolve } from 'node:path';

/** Makes the names in a folder durable. Throws what the operating system says. */
export function fsyncFolder(path: string): void {
  const folder = openSync(path, constants.O_RDONLY | constants.O_DIRECTORY);
  try {
    fsyncSync(folder);
  } finally {
    closeSync(folder);
  }
}

/** Makes a folder, mode 0700, and those above it where they are missing; each name is durable on return. Throws as above. */
export function makeFolderDurably(path: string): void {
  const folder = resolve(path);
  if (existsSync(folder)) return;
  const parent = dirname(folder);
  makeFolderDurably(parent);
  mkdirSync(folder, { mode: 0o700 });
  fsyncFolder(parent);
}
