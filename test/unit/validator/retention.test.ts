import { expect, test } from 'vitest';
import { Retention } from '#sync/validator/retention';

test('keeps everything unless it is told how much', () => {
  const retention = new Retention(null);
  retention.heard('a', 5_000);
  expect(retention.prunableUpTo(1_000_000, 999_000)).toBe(0);
});

test('keeps the blocks that it is told, those from the oldest checkpoint on, and those that a connected peer lacks', () => {
  const retention = new Retention(100);
  expect(retention.prunableUpTo(50, 1)).toBe(0);
  expect(retention.prunableUpTo(1_000, 990)).toBe(900);
  expect(retention.prunableUpTo(1_000, 800)).toBe(799);
  retention.heard('a', 995);
  retention.heard('b', 850);
  expect(retention.prunableUpTo(1_000, 990)).toBe(850);
  retention.members(['a']);
  expect(retention.prunableUpTo(1_000, 990)).toBe(900);
});

test('a peer that stays behind, or says so, cannot make the store grow without end', () => {
  const retention = new Retention(100);
  retention.heard('liar', 0);
  expect(retention.prunableUpTo(1_000, 990)).toBe(800);
});
