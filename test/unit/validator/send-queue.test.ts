import { expect, test } from 'vitest';
import { bulkBytesMax, SendQueue, urgentBytesMax } from '#sync/validator/send-queue';

const frame = (tag: number, size = 10) => new Uint8Array(size).fill(tag);

test('each lane keeps its order and counts what waits', () => {
  for (const lane of ['urgent', 'bulk'] as const) {
    const queue = new SendQueue(lane);
    for (const tag of [1, 2, 3]) expect(queue.add(frame(tag))).toBe(true);
    expect(queue.bytes).toBe(30);
    expect([queue.next(), queue.next(), queue.next()].map((f) => f?.[0])).toEqual([1, 2, 3]);
    expect(queue.next()).toBeUndefined();
    expect(queue.bytes).toBe(0);
    expect(queue.dropped).toBe(0);
  }
});

test('a full lane of bodies refuses what comes', () => {
  const queue = new SendQueue('bulk');
  expect(queue.add(frame(1, bulkBytesMax))).toBe(true);
  expect(queue.add(frame(2))).toBe(false);
  expect(queue.dropped).toBe(1);
  expect(queue.next()?.[0]).toBe(1);
  expect(queue.add(frame(3))).toBe(true);
});

test('a full lane of votes lets the oldest go', () => {
  const queue = new SendQueue('urgent');
  queue.add(frame(1));
  queue.add(frame(2, urgentBytesMax - 5));
  expect(queue.dropped).toBe(1);
  queue.add(frame(3));
  expect(queue.next()?.[0]).toBe(3);
  expect(queue.dropped).toBe(2);
  expect(queue.bytes).toBe(0);
});
