import { type ChildProcess, spawn } from 'node:child_process';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { afterEach, describe, expect, it } from 'vitest';
import type { Verdict } from '#agent/verdict/verdict';
import { systemClock } from '#core/clock';
import { SeededEntropy, uniformInt } from '#core/entropy';
import { itemStatus } from '#ledger/coupons/read';
import { budgetOf } from '#ledger/rights/usual-grants';
import { coupon, gcn, Shop, until, usualRights } from '../../fixtures/shop.ts';

let shop: Shop;
let child: ChildProcess | null = null;
afterEach(async () => {
  child?.kill('SIGKILL');
  await shop.close();
});

const rounds = 4;
const seed = 20_261_123;

/**
 * Scans owned, budgeted and unowned coupons one after another until the child is killed: a drawn time after it is up, or after its
 * first yes.
 */
async function scanUntilKilled(
  config: object,
  serials: readonly number[],
  kill: { readonly after: 'up' | 'yes'; readonly ms: number },
): Promise<Verdict[]> {
  const program = join(import.meta.dirname, 'lane-child.ts');
  const args = ['--conditions=bizain-source', '--import', 'tsx', program, JSON.stringify(config)];
  const lane = spawn(process.execPath, args, { stdio: ['pipe', 'pipe', 'inherit'] });
  child = lane;
  const verdicts: Verdict[] = [];
  const gone = new Promise<void>((resolve) => lane.once('exit', () => resolve()));
  createInterface({ input: lane.stdout }).on('line', (line) => {
    const said = JSON.parse(line) as { event: string; verdict?: Verdict };
    if (said.verdict !== undefined) verdicts.push(said.verdict);
    const isFirstYes = verdicts.filter(({ decision }) => decision === 'accept').length === 1;
    const starts = kill.after === 'up' ? said.event === 'up' : said.verdict?.decision === 'accept' && isFirstYes;
    if (starts) systemClock.setTimer(kill.ms, () => lane.kill('SIGKILL'));
    if (said.event !== 'up') return;
    for (const serial of serials) lane.stdin.write(`${JSON.stringify({ data: coupon(serial) })}\n`);
  });
  await gone;
  child = null;
  return verdicts;
}

describe('a lane that is killed at any moment', () => {
  it(`has every yes that it gave in its journal, and no coupon is taken twice (seed ${seed})`, async () => {
    const budget = { id: 'budget-1', grant: budgetOf(gcn, 100, 1_000_000n) } as const;
    shop = await Shop.open({
      lanes: ['lane-1'],
      rights: [usualRights[0], budget],
      config: { deadlines: { onlineMs: 150 } },
    });
    const first = await shop.start('lane-1');
    await first.scan({ data: coupon(99) });
    await shop.stop('lane-1');
    const entropy = new SeededEntropy(seed);
    const yes: Verdict[] = [];
    for (let round = 0; round < rounds; round++) {
      const isCut = round % 2 === 0;
      if (isCut) shop.line.cut();
      else shop.line.restore();
      const serials = Array.from({ length: 20 }, (_, at) => (at < 2 ? round * 2 + at : 10 + round * 20 + at));
      // The first one is cut off and owns coupons: a yes is sure to come.
      const kill = { after: round === 0 ? 'yes' : 'up', ms: 5 + uniformInt(entropy, 120) } as const;
      const verdicts = await scanUntilKilled(shop.config('lane-1'), serials, kill);
      yes.push(...verdicts.filter(({ decision }) => decision === 'accept'));
    }
    shop.line.restore();
    const after = await shop.start('lane-1');
    await until(() => after.queue().length === 0, 'everything to settle');
    expect(after.books()).toMatchObject({ balanced: true, conflicted: { count: 0 } });
    expect(yes.length).toBeGreaterThan(0);
    for (const verdict of yes) {
      const serial = Number(verdict.key.split('/')[2]);
      expect(itemStatus(shop.region.state, gcn, serial), `${verdict.key} said ${verdict.finality}`).toBe('redeemed');
      expect(await after.scan({ data: coupon(serial) })).toMatchObject({ decision: 'refuse', reasons: ['USED_HERE'] });
    }
    const captured = after.books().final.values[0]?.value ?? '0';
    const redeemed = Array.from({ length: 100 }, (_, serial) => itemStatus(shop.region.state, gcn, serial)).filter(
      (s) => s === 'redeemed',
    );
    // The ledger took exactly what the journal says it captured.
    expect(BigInt(captured)).toBe(BigInt(redeemed.length) * 10_000n);
    expect(after.status().autonomy.ownedUnits).toBe(
      Array.from({ length: 10 }, (_, serial) => itemStatus(shop.region.state, gcn, serial)).filter(
        (s) => s === 'leased',
      ).length,
    );
  }, 60_000);
});
