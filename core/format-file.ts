/** Values of a format as files: the encoded value as it is, nothing around it. They hold no secret. */
import { readFileSync, statSync } from 'node:fs';
import { writeFileAtomic } from './atomic-file.ts';
import { decode, encode, type VersionedFormat } from './format.ts';
import { bad, type Result } from './result.ts';

/** Reads a value; whether it is to be believed is another question. `detail` says what the file is instead. Never throws. */
export function readFormatFile<T>(path: string, format: VersionedFormat<T>): Result<T, 'UNREADABLE' | 'NOT_OF_FORMAT'> {
  let bytes: Uint8Array;
  try {
    if (statSync(path).size > format.bytesMax) return bad('NOT_OF_FORMAT', 'too large');
    bytes = Uint8Array.from(readFileSync(path));
  } catch (error) {
    return bad('UNREADABLE', error instanceof Error ? error.message : String(error));
  }
  const decoded = decode(format, bytes);
  return decoded.ok ? decoded : bad('NOT_OF_FORMAT', decoded.reason);
}

/** Writes a value in full or not at all, readable by all. Throws `FILE_WRITE_FAILED`. */
export function writeFormatFile<T>(path: string, format: VersionedFormat<T>, value: T): void {
  writeFileAtomic(path, encode(format, value), 0o644);
}
