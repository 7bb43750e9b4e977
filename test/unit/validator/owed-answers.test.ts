import { expect, test } from 'vitest';
import { OwedAnswers } from '#sync/validator/owed-answers';

test('an answer is taken once a question, from those only who were asked', () => {
  const owed = new OwedAnswers();
  owed.asked('a', 'want-blocks');
  owed.asked('a', 'want-blocks');
  owed.asked('a', 'vote');
  expect(owed.take('b', 'blocks')).toBe(false);
  expect(owed.take('a', 'block')).toBe(false);
  expect([1, 2, 3].map(() => owed.take('a', 'blocks'))).toEqual([true, true, false]);
  owed.asked('b', 'want-block');
  expect([1, 2].map(() => owed.take('b', 'block'))).toEqual([true, false]);
});
