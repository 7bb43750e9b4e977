/** Random histories of rights, each step foretold by a model that keeps every unit by itself (SPEC R1 to R12, I3, I5). */
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { History, step } from './rights-history.ts';

it('every unit is in one right or at home, a right spends what it owns and nothing else, and totals hold over all stores', () => {
  const seen = new Set<string>();
  fc.assert(
    fc.property(fc.array(step, { minLength: 30, maxLength: 90, size: 'max' }), (steps) => {
      const history = new History(seen);
      for (const one of steps) history.run(one);
      history.check();
    }),
    { numRuns: 120 },
  );
  for (const kind of [
    'right.grant',
    'right.sublease',
    'right.release',
    'right.closeout',
    'right.renew',
    'coupon.reserve',
    'hold',
  ])
    for (const answer of ['yes', 'no']) expect(seen, `${kind} ${answer}`).toContain(`${kind} ${answer}`);
  expect(seen).toContain('late yes');
});
