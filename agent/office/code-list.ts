/** Code lists: the secret CSV file that an issuer prints coupons from, and pictures of its codes. */
import { closeSync, fsyncSync, openSync, readFileSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { toFile } from 'qrcode';
import { BizainError } from '#core/errors';
import type { OfficeErrorCode } from './errors.ts';
import { assertAbsent, makeFolder } from './region-file.ts';

/** One line of a list. `key` is what the ledger calls the thing, `code` what is printed. */
export interface ListedCode {
  readonly key: string;
  readonly code: string;
}

const badInput: OfficeErrorCode = 'BAD_INPUT';
const listBytesMax = 512 * 1024 * 1024;
const head = 'key,code';
// What a label printer and a phone camera both manage: four modules of quiet zone, medium correction.
const picture = { errorCorrectionLevel: 'M', margin: 4 } as const;
const pixelsPerModule = 6;

function quoted(text: string): string {
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

/**
 * Writes a new list, mode 0600 (whoever has the codes has the coupons), durably before it returns. RFC 4180 with a head line.
 * @throws BizainError `ALREADY_THERE`.
 */
export function writeCodeList(file: string, codes: Iterable<ListedCode>): void {
  assertAbsent(file, 'A code list');
  const out = openSync(file, 'wx', 0o600);
  try {
    let chunk = `${head}\r\n`;
    for (const { key, code } of codes) {
      chunk += `${quoted(key)},${quoted(code)}\r\n`;
      if (chunk.length < 65_536) continue;
      writeSync(out, chunk);
      chunk = '';
    }
    writeSync(out, chunk);
    fsyncSync(out);
  } finally {
    closeSync(out);
  }
}

function cellsOf(line: string): string[] {
  const cells: string[] = [];
  for (const match of line.matchAll(/(?:^|,)(?:"((?:[^"]|"")*)"|([^,"]*))/g)) {
    cells.push(match[1] === undefined ? (match[2] ?? '') : match[1].replaceAll('""', '"'));
  }
  return cells;
}

/**
 * Reads a list that `writeCodeList` wrote.
 * @throws BizainError `BAD_INPUT`.
 */
export function readCodeList(file: string): readonly ListedCode[] {
  const fault = (why: string, cause?: unknown): never => {
    throw new BizainError({ code: badInput, message: `The code list ${file} cannot be used: ${why}.`, cause });
  };
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch (cause) {
    return fault(cause instanceof Error ? cause.message : String(cause), cause);
  }
  if (text.length > listBytesMax) return fault('it is larger than 512 MiB');
  const lines = text.split(/\r?\n/).filter((line) => line !== '');
  if (lines[0] !== head) return fault(`its first line is not "${head}"`);
  return lines.slice(1).map((line, index) => {
    const [key, code, ...more] = cellsOf(line);
    if (key === undefined || code === undefined || more.length > 0) return fault(`line ${index + 2} has not two cells`);
    return { key, code };
  });
}

/** Name of a code's picture: its key, made fit for a file system. */
function pictureName(key: string): string {
  return `${key.replaceAll('/', '_').replace(/[^A-Za-z0-9._-]/g, '-')}.png`;
}

/** Writes a QR code picture (PNG) for each code into a folder; returns the paths. */
export async function writeCodePictures(folder: string, codes: readonly ListedCode[]): Promise<readonly string[]> {
  makeFolder(folder);
  const paths: string[] = [];
  for (const { key, code } of codes) {
    const path = join(folder, pictureName(key));
    await toFile(path, code, { ...picture, type: 'png', scale: pixelsPerModule });
    paths.push(path);
  }
  return paths;
}
