import { describe, expect, it } from 'vitest';
import { RateLimit } from '#agent/api/rate-limit';
import { VirtualClock } from '#core/clock';

const take = (limit: RateLimit, client: string, count: number): number =>
  Array.from({ length: count }, () => limit.take(client)).filter((taken) => taken).length;

describe('RateLimit', () => {
  it('lets a burst through, then so many a second', () => {
    const clock = new VirtualClock();
    const limit = new RateLimit({ perSecond: 10, burst: 20, clientsMax: 8 }, clock);
    expect(take(limit, 'a', 50)).toBe(20);
    clock.advance(1_000);
    expect(take(limit, 'a', 50)).toBe(10);
    clock.advance(3_600_000);
    expect(take(limit, 'a', 50)).toBe(20);
  });

  it('counts clients apart and remembers a bounded number of them', () => {
    const limit = new RateLimit({ perSecond: 1, burst: 2, clientsMax: 2 }, new VirtualClock());
    expect([take(limit, 'a', 3), take(limit, 'b', 3)]).toEqual([2, 2]);
    expect(take(limit, 'c', 3)).toBe(2);
    // The one that was seen longest ago starts anew; the others stay where they were.
    expect([take(limit, 'b', 1), take(limit, 'a', 1)]).toEqual([0, 1]);
  });
});
