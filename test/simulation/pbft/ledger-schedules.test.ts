/** Seeded schedules that execute the real ledger. Replay one: npm run simulate -- --ledger --seed <seed>. */
import { expect, test } from 'vitest';
import { LedgerClients } from './ledger-clients.ts';
import { runSeedWith } from './seeded-schedules.ts';

test('in 150 schedules with real operations results are equal, no receipted entry is lost or receipted twice, and books add up', {
  timeout: 300_000,
}, () => {
  let applied = 0;
  for (let seed = 1; seed <= 150; seed++) {
    const clients = new LedgerClients();
    runSeedWith(seed, clients);
    applied += clients.applied;
  }
  expect(applied).toBeGreaterThan(1_000);
});
