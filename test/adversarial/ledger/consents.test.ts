import { describe, expect, it } from 'vitest';
import { spentConsentsMax } from '#ledger/accounts/debit-consent';
import { payDebit } from '#ledger/assets/debited';
import type { Operation } from '#ledger/operation';
import { ann, bob, consentTo, openAssets, pay } from '../../unit/ledger/asset-world.ts';
import { hold, lane } from '../../unit/ledger/hold-world.ts';
import { storeA } from '../../unit/ledger/world.ts';

const elsewhere = `${storeA}/lane-1`;

describe('a holder who wants a yes of a cut-off till undone', () => {
  it('A11: cannot make its consent there expire by spending others elsewhere', () => {
    const world = openAssets();
    // Given at the till of store B, whose line is cut.
    const given = hold(world, 700n);
    const segment = world.segment(lane, [given]);
    world.timeMs += 3_600_000;
    const what = payDebit({ asset: 'card', to: bob, amount: 1n });
    const others = Array.from({ length: spentConsentsMax + 1 }, (_, n): Operation => {
      const consent = consentTo(ann, { owner: ann, what, author: elsewhere, notAfterMs: world.timeMs + n });
      return pay('card', ann, bob, 1n, consent);
    });
    world.all(elsewhere, others);
    expect(world.commit([segment]).receipts[0]?.reasons).toBe(0n);
  });

  it('A11: and the till cannot use its word twice, however many it spent since', () => {
    const world = openAssets();
    const what = payDebit({ asset: 'card', to: bob, amount: 1n });
    const payments = Array.from({ length: spentConsentsMax + 1 }, (_, n): Operation => {
      const consent = consentTo(ann, { owner: ann, what, author: elsewhere, notAfterMs: world.timeMs + n });
      return pay('card', ann, bob, 1n, consent);
    });
    world.all(elsewhere, payments);
    const again = payments.map((payment) => world.do(elsewhere, payment).reasons);
    expect(again[0]).toEqual(['CONSENT_EXPIRED']);
    expect(again.slice(1).every(([only]) => only === 'CONSENT_SPENT')).toBe(true);
  });
});
