import {
  chmodSync,
  chownSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { AssertionFailure } from '#core/assert';
import { readKeyFile, writeFileAtomic, writeKeyFile } from '#core/atomic-file';
import { utf8 } from '#core/bytes';
import { BizainError } from '#core/errors';

let folder = '';
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'bizain-core-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const seed = Uint8Array.from({ length: 32 }, (_, index) => index);

function codeOf(action: () => unknown): string {
  try {
    action();
  } catch (error) {
    if (error instanceof BizainError) return error.code;
    throw error;
  }
  return 'no error';
}

describe('writeFileAtomic', () => {
  it('replaces the content, sets the mode whatever the umask, and leaves no other file', () => {
    const path = join(folder, 'head');
    const umask = process.umask(0o077);
    try {
      writeFileAtomic(path, utf8('old, and longer'), 0o644);
      writeFileAtomic(path, utf8('new'), 0o640);
    } finally {
      process.umask(umask);
    }
    expect(readFileSync(path, 'utf8')).toBe('new');
    expect(statSync(path).mode & 0o777).toBe(0o640);
    expect(readdirSync(folder)).toEqual(['head']);
  });

  it('keeps the old state and leaves no temporary file when the last step fails', () => {
    const path = join(folder, 'head');
    mkdirSync(path);
    expect(codeOf(() => writeFileAtomic(path, utf8('new'), 0o600))).toBe('FILE_WRITE_FAILED');
    expect(readdirSync(folder)).toEqual(['head']);
    expect(statSync(path).isDirectory()).toBe(true);
  });

  it('names the path when the folder is missing', () => {
    const path = join(folder, 'missing', 'head');
    expect(() => writeFileAtomic(path, utf8('x'), 0o600)).toThrow(path);
  });
});

describe('key files', () => {
  it('give back the seed and are private to the owner', () => {
    const path = join(folder, 'terminal.key');
    writeKeyFile(path, seed);
    expect(readKeyFile(path)).toEqual(seed);
    expect(statSync(path).mode & 0o777).toBe(0o600);
    chmodSync(path, 0o400);
    expect(readKeyFile(path)).toEqual(seed);
    expect(() => writeKeyFile(path, seed.subarray(1))).toThrow(AssertionFailure);
  });

  it.each([0o640, 0o604, 0o620, 0o602, 0o610, 0o644])('with mode %o are refused, with what to do', (mode) => {
    const path = join(folder, 'terminal.key');
    writeKeyFile(path, seed);
    chmodSync(path, mode);
    expect(codeOf(() => readKeyFile(path))).toBe('KEY_FILE_EXPOSED');
    expect(() => readKeyFile(path)).toThrow(`chmod 600 ${path}`);
  });

  it('of another user are refused', () => {
    const path = join(folder, 'terminal.key');
    writeKeyFile(path, seed);
    const owner = process.geteuid?.();
    // Only root can give a file away; everybody else sees the same refusal by claiming to be another user.
    if (owner === 0) chownSync(path, 12_345, 12_345);
    const geteuid = process.geteuid;
    if (owner !== 0) process.geteuid = () => (owner ?? 0) + 1;
    try {
      expect(codeOf(() => readKeyFile(path))).toBe('KEY_FILE_FOREIGN');
    } finally {
      if (geteuid !== undefined) process.geteuid = geteuid;
    }
  });

  it.each([
    ['empty', ''],
    ['too short', '00'.repeat(31)],
    ['too long', '00'.repeat(33)],
    ['not hex', 'zz'.repeat(32)],
    ['two lines', `${'00'.repeat(32)}\n\n`],
    ['huge', '00'.repeat(5000)],
  ])('that are %s are refused without quoting the content', (_, content) => {
    const path = join(folder, 'terminal.key');
    writeFileSync(path, content, { mode: 0o600 });
    expect(codeOf(() => readKeyFile(path))).toBe('KEY_FILE_MALFORMED');
    if (content !== '') expect(() => readKeyFile(path)).not.toThrow(content);
  });

  it('that are missing, or no files, are refused', () => {
    expect(codeOf(() => readKeyFile(join(folder, 'absent.key')))).toBe('FILE_READ_FAILED');
    const path = join(folder, 'folder.key');
    mkdirSync(path, { mode: 0o700 });
    expect(codeOf(() => readKeyFile(path))).toBe('KEY_FILE_MALFORMED');
  });
});
