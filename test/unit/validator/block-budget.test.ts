import { expect, test } from 'vitest';
import { BlockBudget } from '#sync/validator/block-budget';

test('a block takes what this machine handles in a moment, within bounds', () => {
  const slow = new BlockBudget();
  const fast = new BlockBudget();
  for (let block = 0; block < 30; block++) {
    slow.note(1_000, 1_000);
    fast.note(1_000, 20);
  }
  expect(slow.limits().entries).toBe(512);
  expect(fast.limits().entries).toBe(6_000);
  for (let block = 0; block < 30; block++) fast.note(1_000, 1);
  expect(fast.limits().entries).toBe(8_192);
});

test('a small block tells nothing of what an entry costs', () => {
  const budget = new BlockBudget();
  const { entries } = budget.limits();
  budget.note(1, 50);
  expect(budget.limits().entries).toBe(entries);
});

test('a block of half the own size, or of many segments, is full; a nearly empty one never is', () => {
  const budget = new BlockBudget();
  const { entries, segments } = budget.limits();
  expect(budget.isFull({ segments: 10, bytes: 1_000, entries: entries / 2 })).toBe(true);
  expect(budget.isFull({ segments, bytes: 1_000, entries: 0 })).toBe(true);
  expect(budget.isFull({ segments: 10, bytes: 4 * 1024 * 1024, entries: 10 })).toBe(true);
  for (let block = 0; block < 30; block++) budget.note(1_000, 100_000);
  expect(budget.isFull({ segments: 10, bytes: 1_000, entries: 100 })).toBe(false);
});
