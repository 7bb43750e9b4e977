import { expect, it } from 'vitest';
import { rememberLast } from '#ledger/remember-last';

it('a remembered answer is that of its argument, and is made anew only when the argument is another', () => {
  const asked: string[] = [];
  const shout = rememberLast((word: string) => {
    asked.push(word);
    return word.toUpperCase();
  });
  expect(['', '', 'a', 'a', 'b', 'a'].map(shout)).toEqual(['', '', 'A', 'A', 'B', 'A']);
  expect(asked).toEqual(['', 'a', 'b', 'a']);
});
