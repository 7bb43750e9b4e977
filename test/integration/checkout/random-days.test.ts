import { afterEach, describe, expect, it } from 'vitest';
import type { Verdict } from '#agent/verdict/verdict';
import { SeededEntropy, uniformInt } from '#core/entropy';
import { itemStatus, readTerms } from '#ledger/coupons/read';
import { valueMaxOf } from '#ledger/coupons/terms';
import { readRight } from '#ledger/rights/right-book';
import { budgetOf } from '#ledger/rights/usual-grants';
import { coupon, gcn, Shop, store, until, usualRights } from '../../fixtures/shop.ts';

let shop: Shop;
afterEach(() => shop.close());

const steps = 60;
const countMax = 8;
const lanes = ['lane-1', 'lane-2'] as const;

describe('a day of two lanes with cut lines and a hub that comes and goes', () => {
  it.each([1, 2, 3])(
    'keeps every promise that its verdicts made (seed %i)',
    async (seed) => {
      const budget = { id: 'budget-1', grant: budgetOf(gcn, countMax, 1_000_000n) } as const;
      shop = await Shop.open({ rights: [usualRights[0], budget], config: { deadlines: { onlineMs: 300 } } });
      const entropy = new SeededEntropy(seed);
      const running = { 'lane-1': await shop.start('lane-1'), 'lane-2': await shop.start('lane-2') };
      let hubIsUp = true;
      const taken = new Map<number, { lane: string; verdict: Verdict; hubWasUp: boolean }[]>();
      for (let step = 0; step < steps; step++) {
        const draw = uniformInt(entropy, 20);
        if (draw === 0) shop.line.cut();
        else if (draw === 1) shop.line.restore();
        else if (draw === 2 && hubIsUp) {
          await shop.stop('lane-1');
          hubIsUp = false;
        } else if (draw === 3 && !hubIsUp) {
          running['lane-1'] = await shop.startCold('lane-1');
          hubIsUp = true;
        } else {
          const lane = hubIsUp ? (lanes[uniformInt(entropy, 2)] ?? 'lane-1') : 'lane-2';
          const serial = uniformInt(entropy, 30);
          const verdict = await running[lane].scan({ data: coupon(serial) });
          if (verdict.decision !== 'accept') continue;
          taken.set(serial, [...(taken.get(serial) ?? []), { lane, verdict, hubWasUp: hubIsUp }]);
        }
      }
      shop.line.restore();
      if (!hubIsUp) running['lane-1'] = await shop.startCold('lane-1');
      const all = Object.values(running);
      await until(
        () => all.every((lane) => lane.status().line.connected && lane.queue().length === 0),
        `the end of day ${seed}`,
      );

      for (const lane of all)
        expect(lane.books(), `seed ${seed}`).toMatchObject({ balanced: true, pending: { count: 0 } });
      for (const [serial, yeses] of taken) {
        const firm = yeses.filter(({ verdict }) => verdict.finality !== 'provisional');
        expect(firm.length, `seed ${seed}: ${serial} was promised firmly twice`).toBeLessThanOrEqual(1);
        expect(itemStatus(shop.region.state, gcn, serial), `seed ${seed}: ${serial}`).toBe('redeemed');
      }
      // What the store lost is inside the budget, and it is exactly what was taken twice.
      const yeses = [...taken.values()].reduce((sum, each) => sum + each.length, 0);
      const lost = readRight(shop.region.state, store, 'budget-1')?.conflictedCount ?? 0;
      expect(lost, `seed ${seed}`).toBe(yeses - taken.size);
      expect(lost).toBeLessThanOrEqual(countMax);
      const terms = readTerms(shop.region.state, gcn);
      const face = terms === null ? 0n : valueMaxOf(terms);
      const final = all.map((lane) => BigInt(lane.books().final.values[0]?.value ?? '0')).reduce((a, b) => a + b, 0n);
      expect(final, `seed ${seed}`).toBe(BigInt(taken.size) * face);
    },
    60_000,
  );
});
