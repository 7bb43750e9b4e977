/** What a step of the story claims, checked: a wrong claim ends the demo with what was expected and what was found. */
import { BizainError } from '#core/errors';
import type { Verdict } from '../verdict/verdict.ts';
import type { DemoErrorCode } from './errors.ts';

/** Fails the step unless `found` equals `expected` (JSON values, compared by their text). */
export function expectEqual(what: string, found: unknown, expected: unknown): void {
  const [foundText, expectedText] = [JSON.stringify(found), JSON.stringify(expected)];
  if (foundText === expectedText) return;
  throw new BizainError({
    code: 'DEMO_STEP_FAILED' satisfies DemoErrorCode,
    message: `${what}: expected ${expectedText}, found ${foundText}`,
  });
}

/** Fails the step unless the verdict has these properties and, if given, this reason among its reasons. */
export function expectVerdict(
  verdict: Verdict,
  expected: Partial<Pick<Verdict, 'decision' | 'identity' | 'status' | 'finality'>>,
  reason?: Verdict['reasons'][number],
): void {
  for (const [axis, value] of Object.entries(expected)) {
    const found = verdict[axis as keyof Verdict];
    expectEqual(
      `${verdict.terminal} on ${verdict.key || verdict.kind} (${verdict.reasons.join(', ')}): ${axis}`,
      found,
      value,
    );
  }
  if (reason !== undefined && !verdict.reasons.includes(reason)) {
    expectEqual(`${verdict.terminal} on ${verdict.key}: reasons`, verdict.reasons, [reason]);
  }
}
