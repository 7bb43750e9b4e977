import { describe, expect, it } from 'vitest';
import { policy } from '#agent/verdict/policy';
import { type ReasonName, reasonsIn } from '#ledger/reasons';
import type { Batch } from '#ledger/trace/batch';
import { custodyBits } from '#ledger/trace/custody';
import { blockingReasons, judgeStatus, type ProductAct, type StatusQuestion } from '#ledger/trace/judge-status';
import { type ProductFacts, productBits } from '#ledger/trace/product-facts';

const nowMs = 1_800_000_000_000;
const batch: Batch = {
  brand: 'brand',
  tradeItem: '04012345678901',
  lot: 'L1',
  name: 'Tea',
  expiryMs: nowMs + 1_000,
  markets: ['DE', 'FR'],
  serialCount: 3,
  complete: true,
  recall: null,
};
const here: ProductFacts = {
  batch,
  place: 0,
  bits: productBits.received,
  sales: 0,
  holder: 1,
  parent: 0,
  mine: true,
  here: custodyBits.received,
  market: 'DE',
};
const question: StatusQuestion = {
  facts: here,
  act: 'sell',
  timeLowMs: nowMs,
  timeHighMs: nowMs,
  printed: { lot: null, expiry: null },
  inBasket: false,
};
const judge = (facts: Partial<ProductFacts>, more: Partial<StatusQuestion> = {}) => {
  const { identity, status, reasons } = judgeStatus({ ...question, facts: { ...here, ...facts }, ...more });
  return [identity, status, ...reasonsIn(reasons)];
};
const sold = { bits: productBits.received | productBits.sold };

describe('identity and status (SPEC T14)', () => {
  it('T14: a product that was received here and is in order is sold without a word', () => {
    expect(judge({})).toEqual(['match', 'sellable']);
    expect(judge({ market: null })).toEqual(['match', 'sellable']);
    expect(judge({ batch: { ...batch, markets: [] }, market: 'US' })).toEqual(['match', 'sellable']);
  });

  it.each<[string, Partial<ProductFacts>, string, ReasonName[]]>([
    ['never made', { place: null }, 'no-match blocked', ['NO_SUCH_SERIAL']],
    [
      'not listed yet',
      { place: null, batch: { ...batch, complete: false } },
      'unverifiable warn',
      ['NOT_COMMISSIONED'],
    ],
    ['recalled batch', { batch: { ...batch, recall: { reason: 'x', whole: true } } }, 'match blocked', ['RECALLED']],
    ['recalled serial', { bits: productBits.recalled }, 'match blocked', ['RECALLED']],
    ['another serial recalled', { batch: { ...batch, recall: { reason: 'x', whole: false } } }, 'match sellable', []],
    ['expired', { batch: { ...batch, expiryMs: nowMs - 1 } }, 'match blocked', ['PRODUCT_EXPIRED']],
    ['sold here', sold, 'match blocked', ['ALREADY_SOLD_HERE']],
    ['sold elsewhere', { ...sold, mine: false }, 'match blocked', ['ALREADY_SOLD_ELSEWHERE']],
    ['destroyed', { bits: productBits.inactive }, 'match blocked', ['INACTIVE']],
    ['failed inspection', { bits: productBits.failed }, 'match warn', ['NOT_INSPECTED']],
    ['other market', { market: 'US' }, 'match warn', ['WRONG_MARKET']],
    ['never arrived', { here: 0, holder: 0, mine: false }, 'match warn', ['NOT_RECEIVED']],
    ['never arrived, with another', { here: 0, mine: false }, 'match warn', ['NOT_RECEIVED', 'NOT_IN_CUSTODY']],
    ['shipped away', { holder: 0, mine: false }, 'match warn', ['NOT_IN_CUSTODY']],
    ['still in its box', { parent: 7 }, 'match warn', ['STILL_PACKED']],
  ])('T14: %s', (_name, facts, verdict, reasons) => {
    expect(judge(facts)).toEqual([...verdict.split(' '), ...reasons]);
  });

  it('T14: what the pack says is held against the batch', () => {
    const around = { fromMs: batch.expiryMs - 10, untilMs: batch.expiryMs + 10 };
    expect(judge({}, { printed: { lot: 'L1', expiry: around } })).toEqual(['match', 'sellable']);
    expect(judge({}, { printed: { lot: 'L2', expiry: null } })).toEqual(['no-match', 'blocked', 'LOT_MISMATCH']);
    for (const expiry of [
      { fromMs: 0, untilMs: batch.expiryMs - 1 },
      { fromMs: batch.expiryMs + 1, untilMs: batch.expiryMs + 2 },
    ]) {
      expect(judge({}, { printed: { lot: null, expiry } })).toEqual(['no-match', 'blocked', 'EXPIRY_MISMATCH']);
    }
  });

  it('T14: an unknown batch is not called a fake, nor is a clock that cannot tell called an expiry', () => {
    expect(judgeStatus({ ...question, facts: null })).toMatchObject({ identity: 'unverifiable', status: 'warn' });
    expect(judge({}, { timeHighMs: batch.expiryMs + 1 })).toEqual(['match', 'warn', 'CLOCK_UNCERTAIN']);
    const past = { timeLowMs: batch.expiryMs + 1, timeHighMs: batch.expiryMs + 9 };
    expect(judge({}, past)).toEqual(['match', 'blocked', 'PRODUCT_EXPIRED']);
  });

  it('T14: twice in a basket, and a return without a sale', () => {
    expect(judge({}, { inBasket: true })).toEqual(['match', 'blocked', 'TWICE_IN_BASKET']);
    expect(judge({}, { act: 'return' })).toEqual(['match', 'warn', 'NOT_SOLD']);
    expect(judge(sold, { act: 'return' })).toEqual(['match', 'sellable']);
  });

  it('T14: each act asks what matters to it', () => {
    const bad: Partial<ProductFacts> = {
      batch: { ...batch, expiryMs: 0, recall: { reason: 'x', whole: true } },
      bits: productBits.failed,
      parent: 3,
      here: 0,
      holder: 2,
      mine: false,
      market: 'US',
    };
    const said = (act: ProductAct) => judge(bad, { act }).slice(2);
    const goods = ['RECALLED', 'PRODUCT_EXPIRED'];
    expect(said('sell')).toEqual([
      ...goods,
      'NOT_RECEIVED',
      'STILL_PACKED',
      'NOT_IN_CUSTODY',
      'WRONG_MARKET',
      'NOT_INSPECTED',
    ]);
    expect(said('receive')).toEqual([...goods, 'STILL_PACKED', 'NOT_IN_CUSTODY', 'WRONG_MARKET']);
    expect(said('ship')).toEqual([...goods, 'NOT_RECEIVED', 'STILL_PACKED', 'NOT_IN_CUSTODY', 'NOT_INSPECTED']);
    expect(said('pack')).toEqual([...goods, 'NOT_RECEIVED', 'STILL_PACKED', 'NOT_IN_CUSTODY']);
    expect(said('inspect')).toEqual(goods);
    expect(said('destroy')).toEqual(['NOT_RECEIVED', 'STILL_PACKED', 'NOT_IN_CUSTODY']);
    expect(said('return')).toEqual(['STILL_PACKED', 'NOT_SOLD']);
  });

  it('blocks exactly what the policy of the till blocks', () => {
    const named: ReasonName[] = [
      'NO_SUCH_SERIAL',
      'NOT_COMMISSIONED',
      'NO_SUCH_BATCH',
      'RECALLED',
      'PRODUCT_EXPIRED',
      'ALREADY_SOLD_HERE',
      'ALREADY_SOLD_ELSEWHERE',
      'INACTIVE',
      'NOT_INSPECTED',
      'WRONG_MARKET',
      'NOT_RECEIVED',
      'NOT_IN_CUSTODY',
      'STILL_PACKED',
      'LOT_MISMATCH',
      'EXPIRY_MISMATCH',
      'CLOCK_UNCERTAIN',
      'TWICE_IN_BASKET',
      'NOT_SOLD',
    ];
    const blocked = named.filter((name) => policy[name] === 'block');
    expect(reasonsIn(blockingReasons).sort()).toEqual(blocked.sort());
  });
});
