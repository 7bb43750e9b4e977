import { describe, expect, it } from 'vitest';
import { Baskets, basketItemsMax, basketsMax } from '#agent/checkout/baskets';
import { toHex } from '#core/bytes';
import { VirtualClock } from '#core/clock';
import { SeededEntropy } from '#core/entropy';

function open() {
  const clock = new VirtualClock();
  const late: string[] = [];
  const baskets = new Baskets({
    clock,
    entropy: new SeededEntropy(1),
    idleMs: 1_000,
    onTimeout: (name) => late.push(name),
  });
  return { clock, late, baskets };
}
const item = (sequence: number) => ({
  sequence,
  unitKey: `255/x/${sequence}`,
  value: 1n,
  unit: 'CNY',
  terms: null,
  isPriced: true,
});

describe('open baskets', () => {
  it('gather scans under one id until they are removed', () => {
    const { baskets } = open();
    const id = baskets.fresh();
    baskets.add(id, item(1));
    expect(baskets.idFor(undefined)).toEqual(id);
    expect(baskets.withUnit('255/x/1')?.name).toBe(toHex(id));
    expect(baskets.idFor('not a name')).toBeNull();
    baskets.remove(toHex(id));
    expect(baskets.list()).toEqual([]);
  });

  it('are handed over when nobody touches them, counted from the last scan', () => {
    const { baskets, clock, late } = open();
    const id = baskets.fresh();
    baskets.add(id, item(1));
    clock.advance(900);
    baskets.add(id, item(2));
    clock.advance(900);
    expect(late).toEqual([]);
    clock.advance(200);
    expect(late).toEqual([toHex(id)]);
  });

  it('are bounded in number and in size', () => {
    const { baskets } = open();
    const id = baskets.fresh();
    for (let at = 0; at < basketItemsMax; at++) baskets.add(id, item(at));
    expect(baskets.hasRoom(id)).toBe(false);
    for (let at = 1; at < basketsMax; at++) baskets.add(baskets.fresh(), item(1_000 + at));
    expect(baskets.hasRoom(baskets.fresh())).toBe(false);
  });
});
