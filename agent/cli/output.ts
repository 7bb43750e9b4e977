/** Standard output and error as commands use them: answers as lines, errors as one line, a closed pipe is no failure. */
import { AssertionFailure } from '#core/assert';
import { BizainError } from '#core/errors';
import { harmlessLine } from '#core/log';
import { exitCode } from './exit-code.ts';

/** Writes a line to standard output and waits while the reader is slow. */
export function writeLine(line: string): Promise<void> {
  return new Promise((resolve, reject) => {
    process.stdout.write(`${line}\n`, (error) => {
      if (error === null || error === undefined) resolve();
      else if ('code' in error && error.code === 'EPIPE') resolve();
      else reject(error);
    });
  });
}

/** Writes an answer: one line of JSON, or lines for people. */
export function writeAnswer(json: boolean, value: unknown, lines: () => readonly string[]): Promise<void> {
  // Codes and names come from outside: nothing in them may steer the terminal.
  return writeLine(json ? harmlessLine(JSON.stringify(value)) : lines().map(harmlessText).join('\n'));
}

/** Text without control characters, for a person's terminal. */
export function harmlessText(text: string): string {
  return harmlessLine(text).replace(/\p{Cc}/gu, (unit) => `\\x${unit.charCodeAt(0).toString(16).padStart(2, '0')}`);
}

/** Code and exit code of whatever was thrown. */
export function describeFailure(error: unknown): { code: string; message: string; exit: number } {
  if (error instanceof BizainError) {
    const isNo = error.code === 'OPERATION_REFUSED';
    const isUsage = usageCodes.has(error.code);
    return {
      code: error.code,
      message: error.message,
      exit: isNo ? exitCode.no : isUsage ? exitCode.usage : exitCode.failed,
    };
  }
  if (error instanceof AssertionFailure) {
    return {
      code: 'ASSERTION',
      message: `A fault of this program: ${error.message}. Please report it.`,
      exit: exitCode.fault,
    };
  }
  const message = error instanceof Error ? error.message : String(error);
  return {
    code: 'UNEXPECTED',
    message: `A fault of this program: ${message}. Please report it.`,
    exit: exitCode.fault,
  };
}

/** Codes that say that the person's input does not fit. */
const usageCodes: ReadonlySet<string> = new Set([
  'BAD_INPUT',
  'USAGE',
  'CODE_UNREADABLE',
  'CONFIG_INVALID',
  'VALIDATOR_CONFIG_INVALID',
]);

/** Writes a failure to standard error as one line, JSON where JSON was asked for. */
export function writeFailure(failure: { readonly code: string; readonly message: string }, json: boolean): void {
  const { code, message } = failure;
  const line = json
    ? harmlessLine(JSON.stringify({ error: code, message }))
    : harmlessText(`bizain: ${message.replaceAll(/\s*\n\s*/g, ' ')} [${code}]`);
  process.stderr.write(`${line}\n`);
}
