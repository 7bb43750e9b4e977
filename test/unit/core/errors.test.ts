import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { AssertionFailure, assert, unreachable } from '#core/assert';
import { BizainError, CORE_ERROR_CODES } from '#core/errors';

describe('error codes', () => {
  it('are the same set in the code and in the README', () => {
    const readme = readFileSync(new URL('../../../core/README.md', import.meta.url), 'utf8');
    const documented = [...readme.matchAll(/^\| `([A-Z_]+)`\s*\|/gm)].map((match) => match[1]);
    expect(documented.toSorted()).toEqual([...CORE_ERROR_CODES].toSorted());
  });
});

describe('BizainError', () => {
  it('carries code, context and cause, and is not retryable unless it says so', () => {
    const cause = new Error('EACCES');
    const error = new BizainError({
      code: 'FILE_READ_FAILED',
      message: 'Reading /x failed.',
      context: { path: '/x' },
      cause,
    });
    expect(error).toBeInstanceOf(Error);
    expect(error).toMatchObject({ code: 'FILE_READ_FAILED', retryable: false, context: { path: '/x' }, cause });
    expect(new BizainError({ code: 'X', message: 'm', retryable: true })).toMatchObject({
      retryable: true,
      context: {},
    });
  });
});

describe('assert', () => {
  it('throws an AssertionFailure with the message, which is no operating error', () => {
    expect(() => assert(false, 'sequence went back')).toThrow(new AssertionFailure('sequence went back'));
    expect(() => assert(true, 'never seen')).not.toThrow();
    expect(new AssertionFailure('x')).not.toBeInstanceOf(BizainError);
    expect(() => unreachable('new kind' as never)).toThrow('unreachable value "new kind"');
  });
});
