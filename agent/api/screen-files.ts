/** The screen's static files, read once at start from the package root, so that tsx and the built program serve the same. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, extname, join } from 'node:path';
import { BizainError } from '#core/errors';
import type { ApiErrorCode } from './errors.ts';

/** A file as it is sent. */
export interface ScreenFile {
  readonly path: string;
  readonly contentType: string;
  readonly bytes: Buffer;
}

const code: ApiErrorCode = 'SCREEN_FILES_MISSING';
const contentTypes: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.svg': 'image/svg+xml',
};

/** The folder of the nearest package.json above a folder: the root of the installed package. */
export function packageRoot(from: string = import.meta.dirname): string {
  for (let folder = from; ; folder = dirname(folder)) {
    if (existsSync(join(folder, 'package.json'))) return folder;
    if (dirname(folder) === folder) {
      throw new BizainError({ code, message: `There is no package.json above ${from}. Install the package anew.` });
    }
  }
}

/** The version of this package. */
export function packageVersion(): string {
  const manifest: unknown = JSON.parse(readFileSync(join(packageRoot(), 'package.json'), 'utf8'));
  const isManifest = typeof manifest === 'object' && manifest !== null && 'version' in manifest;
  return isManifest ? String(manifest.version) : 'unknown';
}

/**
 * Every file of the screen; index.html is the root.
 * @throws BizainError `SCREEN_FILES_MISSING`.
 */
export function readScreenFiles(): readonly ScreenFile[] {
  const folder = join(packageRoot(), 'agent/screen');
  try {
    return readdirSync(folder).flatMap((file) => {
      const contentType = contentTypes[extname(file)];
      if (contentType === undefined) return [];
      const path = file === 'index.html' ? '/' : `/${file}`;
      return [{ path, contentType, bytes: readFileSync(join(folder, file)) }];
    });
  } catch (cause) {
    const message = `Reading the screen's files in ${folder} failed. Install the package anew.`;
    throw new BizainError({ code, message, context: { folder }, cause });
  }
}
