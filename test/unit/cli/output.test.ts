import { type Command, CommanderError } from 'commander';
import { describe, expect, it } from 'vitest';
import { CLI_ERROR_CODES } from '#agent/cli/errors';
import { amount, digits, instant, listenAddress, wholeNumber } from '#agent/cli/option-values';
import { describeFailure, harmlessText } from '#agent/cli/output';
import { createProgram } from '#agent/cli/program';
import { AssertionFailure } from '#core/assert';
import { BizainError } from '#core/errors';

const failure = (code: string) => describeFailure(new BizainError({ code, message: 'm' })).exit;

describe('how failures end', () => {
  it('a refusal is 1, what a person got wrong is 2, the rest of the world is 3, our own fault is 70', () => {
    expect(failure('OPERATION_REFUSED')).toBe(1);
    for (const code of ['BAD_INPUT', 'USAGE', 'CODE_UNREADABLE', 'CONFIG_INVALID']) expect(failure(code)).toBe(2);
    for (const code of ['AGENT_UNREACHABLE', 'REGION_UNREACHABLE', 'FILE_WRITE_FAILED', 'JOURNAL_LOCKED'])
      expect(failure(code)).toBe(3);
    expect(describeFailure(new AssertionFailure('x')).exit).toBe(70);
    expect(describeFailure(new TypeError('x')).exit).toBe(70);
    expect(new Set(CLI_ERROR_CODES).size).toBe(CLI_ERROR_CODES.length);
  });

  it('text from outside cannot steer the terminal', () => {
    expect(harmlessText('a\u001b[2J\u0007\u202eb')).toBe('a\\x1b[2J\\x07\\u202eb');
  });
});

describe('option values', () => {
  it.each([
    [wholeNumber(1, 5), ['0', '6', '1.5', 'x', ''], '5', 5],
    [amount, ['-1', '1.5', '', '1'.repeat(21)], '10000', 10_000n],
    [instant, ['tomorrow', '2026-13-01', '1'], '2026-11-23', Date.UTC(2026, 10, 23)],
    [digits(13, 'a GLN'), ['401234500001', 'x'], '4012345000016', '4012345000016'],
    [listenAddress, ['1883', ':1883', 'host:99999'], '[::1]:1883', { host: '::1', port: 1_883 }],
  ] as const)('take what fits and name what does not', (parse, wrong, right, value) => {
    for (const text of wrong) expect(() => parse(text)).toThrow(/Give/);
    expect(parse(right)).toEqual(value);
  });
});

describe('the program', () => {
  it('has a description for every command and option', () => {
    const walk = (command: Command): Command[] => [
      command,
      ...command.commands.flatMap((inner) => walk(inner as Command)),
    ];
    for (const command of walk(createProgram('0'))) {
      expect([command.name(), command.description()]).not.toContain('');
      for (const option of command.options) expect([option.long, option.description]).not.toContain('');
    }
  });

  it('never ends the process by itself', async () => {
    await expect(createProgram('0').parseAsync(['nothing'], { from: 'user' })).rejects.toBeInstanceOf(CommanderError);
  });
});
