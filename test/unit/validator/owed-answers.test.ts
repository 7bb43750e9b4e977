import { expect, test } from 'vitest';
import { toHex } from '#core/bytes';
import { OwedAnswers } from '#sync/validator/owed-answers';
import { bodyDigest } from '#sync/wire/block';

const digest = (n: number) => bodyDigest(Uint8Array.of(n >> 16, n >> 8, n & 255));
const wanted = (n: number) => ({ body: toHex(digest(n)) });
const blocks = { kind: 'want-blocks', fromHeight: 1, count: 1 } as const;

test('an answer is taken once a question, from those only who were asked', () => {
  const owed = new OwedAnswers();
  owed.asked('a', blocks);
  owed.asked('a', blocks);
  owed.asked('a', { kind: 'status', committedHeight: 1, view: 0 });
  expect(owed.take('b', 'blocks')).toBe(false);
  expect(owed.take('a', 'block')).toBe(false);
  expect([1, 2, 3].map(() => owed.take('a', 'blocks'))).toEqual([true, true, false]);
  owed.asked('b', { kind: 'want-block', height: 1, blockHash: digest(1) });
  expect([1, 2].map(() => owed.take('b', 'block'))).toEqual([true, false]);
});

test('a body is owed by its digest, as often as it was asked for', () => {
  const owed = new OwedAnswers();
  for (const digests of [[digest(1), digest(2)], [digest(1)]]) owed.asked('a', { kind: 'want-bodies', digests });
  expect(owed.take('a', wanted(3))).toBe(false);
  expect(owed.take('b', wanted(1))).toBe(false);
  expect([1, 2, 3].map(() => owed.take('a', wanted(1)))).toEqual([true, true, false]);
  expect(owed.take('a', wanted(2))).toBe(true);
});

test('what one peer owes is bounded: the oldest lapses', () => {
  const owed = new OwedAnswers();
  for (let n = 0; n < 20_000; n++) owed.asked('a', { kind: 'want-bodies', digests: [digest(n)] });
  expect(owed.take('a', wanted(0))).toBe(false);
  expect(owed.take('a', wanted(19_999))).toBe(true);
});
