import { expect, test } from 'vitest';
import { bulkBytesMax, SendQueue, urgentBytesMax } from '#sync/validator/send-queue';

const frame = (tag: number, size = 10) => new Uint8Array(size).fill(tag);

test('votes overtake bodies, and each lane keeps its order', () => {
  const queue = new SendQueue();
  queue.add(frame(1), false);
  queue.add(frame(2), false);
  queue.add(frame(3), true);
  queue.add(frame(4), true);
  const order = [queue.next(), queue.next(), queue.next(), queue.next()].map((f) => f?.[0]);
  expect(order).toEqual([3, 4, 1, 2]);
  expect(queue.next()).toBeUndefined();
  expect(queue.bytes).toBe(0);
});

test('a full lane of bodies refuses, a full lane of votes lets the oldest go', () => {
  const queue = new SendQueue();
  expect(queue.add(frame(1, bulkBytesMax), false)).toBe(true);
  expect(queue.add(frame(2), false)).toBe(false);
  queue.add(frame(3, urgentBytesMax - 5), true);
  queue.add(frame(4), true);
  expect(queue.next()?.[0]).toBe(4);
  expect(queue.next()?.[0]).toBe(1);
});
