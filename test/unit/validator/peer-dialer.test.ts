import { expect, test } from 'vitest';
import { SeededEntropy } from '#core/entropy';
import { redialDelayMs, redialMsMax } from '#sync/validator/peer-dialer';

const seed = process.env['BIZAIN_SEED'] ?? 'redial';
const delays = (name: string, failures: number, count: number) => {
  const entropy = new SeededEntropy(`${seed} ${name}`);
  return Array.from({ length: count }, () => redialDelayMs(entropy, failures));
};

test(`a peer that is away is dialled ever more seldom, within bounds (seed ${seed})`, () => {
  let before = 0;
  for (const failures of [0, 2, 4, 20]) {
    const drawn = delays('one', failures, 400);
    expect(Math.min(...drawn)).toBeGreaterThanOrEqual(25);
    expect(Math.max(...drawn)).toBeLessThan(25 + Math.min(redialMsMax, 50 * 2 ** failures));
    const mean = drawn.reduce((sum, delay) => sum + delay, 0) / drawn.length;
    expect(mean).toBeGreaterThan(before);
    before = mean;
  }
});

test(`validators that lost each other at one moment do not dial in step (seed ${seed})`, () => {
  const firsts = Array.from({ length: 15 }, (_, n) => delays(`validator ${n}`, 6, 1)[0] as number);
  expect(new Set(firsts).size).toBeGreaterThan(12);
  const spread = Math.max(...firsts) - Math.min(...firsts);
  expect(spread).toBeGreaterThan(300);
});
