import { mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { text, versioned } from '#core/format';
import { readFormatFile, writeFormatFile } from '#core/format-file';

const format = versioned('note', 1, { bytesMax: 32 }, { words: text({ max: 20 }) });
let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'bizain-format-file-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

it('a value is read as it was written, and its file is there for all to read', () => {
  const path = join(folder, 'note.cbor');
  writeFormatFile(path, format, { words: 'hello' });
  expect(readFormatFile(path, format)).toEqual({ ok: true, value: { words: 'hello' } });
  expect(statSync(path).mode & 0o777).toBe(0o644);
  expect(readdirSync(folder)).toEqual(['note.cbor']);
});

it('what is missing, a folder, too large or of no such format is an answer, never an exception', () => {
  const path = join(folder, 'other');
  expect(readFormatFile(path, format)).toMatchObject({ ok: false, reason: 'UNREADABLE' });
  expect(readFormatFile(folder, format).ok).toBe(false);
  writeFileSync(path, new Uint8Array(33));
  expect(readFormatFile(path, format)).toEqual({ ok: false, reason: 'NOT_OF_FORMAT', detail: 'too large' });
  writeFileSync(path, 'words');
  expect(readFormatFile(path, format)).toMatchObject({ ok: false, reason: 'NOT_OF_FORMAT' });
});
