import { expect, it } from 'vitest';
import { HotLeaves } from '#sync/validator/hot-leaves';

const leaf = (slot: number) => ({ slot, key: `k${slot}`, value: new Uint8Array(100) });

it('hands out the very leaf that was put in, of its own shard only, and the newest', () => {
  const hot = new HotLeaves(1_000_000);
  const [one, two] = [leaf(1), leaf(1)];
  hot.set(0, one);
  expect(hot.get(0, 'k1')).toBe(one);
  expect(hot.get(1, 'k1')).toBeUndefined();
  hot.set(0, two);
  expect(hot.get(0, 'k1')).toBe(two);
});

it('drops what was not used for long and keeps what is used, within its bytes', () => {
  const hot = new HotLeaves(20_000);
  hot.set(0, leaf(0));
  hot.set(0, leaf(1));
  for (let slot = 2; slot < 1_000; slot++) {
    hot.set(0, leaf(slot));
    expect(hot.get(0, 'k0')?.slot).toBe(0);
  }
  expect(hot.get(0, 'k1')).toBeUndefined();
  const held = Array.from({ length: 1_000 }, (_, slot) => hot.get(0, `k${slot}`)).filter(
    (found) => found !== undefined,
  );
  expect(held.length).toBeLessThan(20_000 / 400);
});
