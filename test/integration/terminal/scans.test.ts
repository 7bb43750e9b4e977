import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Terminal } from '#agent/terminal';
import { utf8 } from '#core/bytes';
import { type SimulatedScanner, startSimulatedScanner } from '#drivers/simulated-scanner';
import { encodeCouponCode } from '#drivers/symbology/coupon-code';
import { coupon, gcn, gtin, lot, product, Shop, until } from '../../fixtures/shop.ts';

let shop: Shop;
let lane: Terminal;
let scanner: SimulatedScanner;

beforeAll(async () => {
  shop = await Shop.open({ lanes: ['lane-1'] });
  scanner = await startSimulatedScanner({ host: '127.0.0.1', framing: 'stx-etx' });
  const scanners = [{ transport: 'tcp-client', name: 'counter', host: '127.0.0.1', port: scanner.port }];
  lane = await shop.start('lane-1', { scanners });
});
afterAll(async () => {
  await shop.close();
  await scanner.close();
});

const journalLength = () => Object.values(lane.status().journal.nextSequence);

describe('bad input', () => {
  const flipped = coupon(70).replace(/.$/, (last) => (last === 'A' ? 'B' : 'A'));
  it.each([
    ['nothing', ''],
    ['ten megabytes', 'A'.repeat(10 * 1024 * 1024)],
    ['bytes that are not UTF-8', Uint8Array.of(0xff, 0xfe, 0x80)],
    ['a coupon code with a changed character', flipped],
    ['an unknown application identifier', ']d2050123'],
    ['plain text', 'hello'],
    ['a lone surrogate', '\ud800'],
  ])('%s is refused with a reason and leaves the journal alone', async (_name, data) => {
    const before = journalLength();
    const verdict = await lane.scan({ data });
    expect(verdict).toMatchObject({ decision: 'refuse', finality: 'none', reasons: ['BAD_CODE'], entry: null });
    expect(verdict.checkCode).toMatch(/^[0-9A-HJKMNP-TV-Z]{8}$/);
    expect(journalLength()).toEqual(before);
  });

  it('a code with a forged seed is called tampered', async () => {
    const forged = encodeCouponCode({ gcn, serial: 71, seed: new Uint8Array(16) });
    const verdict = await lane.scan({ data: forged });
    expect(verdict).toMatchObject({ decision: 'refuse', identity: 'no-match', entry: null });
    expect(verdict.reasons).toContain('TAMPERED');
    expect(verdict.text.en).toBe('This code has been changed. Do not take it');
  });

  it('a number typed from the coupon lacks the consent of its bearer', async () => {
    expect(await lane.scan({ data: `(255)${gcn}72` })).toMatchObject({ reasons: ['CONSENT_MISSING'], entry: null });
  });

  it('a scanner that inverts letters is named, and not the code suspected', async () => {
    const inverted = coupon(73).replace(/[A-Za-z]/g, (c) =>
      c === c.toUpperCase() ? c.toLowerCase() : c.toUpperCase(),
    );
    expect(await lane.scan({ data: inverted })).toMatchObject({ reasons: ['SCANNER_FAULT'], fault: 'scanner' });
  });
});

describe('products', () => {
  it('received, then sold, then refused as sold here', async () => {
    expect(await lane.scan({ data: 'BZC:MODE=RECEIVE' })).toMatchObject({ text: { en: 'Mode: receive' } });
    expect(lane.status().mode).toBe('receive');
    expect(await lane.scan({ data: product('S1') })).toMatchObject({
      decision: 'accept',
      title: 'Green tea',
      text: { en: 'Received' },
    });
    await lane.scan({ data: 'BZC:MODE=SELL' });
    await until(() => lane.queue().length === 0, 'the receipt of goods');
    await expect
      .poll(async () => (await lane.verify({ data: product('S1') })).decision, { timeout: 5_000 })
      .toBe('accept');
    const sold = await lane.scan({ data: product('S1') });
    expect(sold).toMatchObject({ decision: 'accept', identity: 'match', text: { en: 'Genuine. Sold' } });
    expect(await lane.scan({ data: product('S1', false) })).toMatchObject({
      decision: 'refuse',
      reasons: ['ALREADY_SOLD_HERE'],
      priorUse: { here: true, terminal: lane.name },
    });
  });

  it('sold without having been received: a warning, and it is written down', async () => {
    const verdict = await lane.scan({ data: product('S2', false) });
    expect(verdict).toMatchObject({ decision: 'warn', reasons: ['NOT_RECEIVED'] });
    expect(verdict.entry).toMatchObject({ stream: 1 });
  });

  it('never made, unknown here, and without a serial are three different things', async () => {
    expect(await lane.scan({ data: product('S9') })).toMatchObject({
      decision: 'refuse',
      identity: 'no-match',
      reasons: ['NO_SUCH_SERIAL'],
    });
    expect(await lane.scan({ data: `(01)${gtin}(10)OTHER(21)S8` })).toMatchObject({
      decision: 'warn',
      identity: 'unverifiable',
      reasons: ['NO_SUCH_BATCH'],
    });
    expect(await lane.scan({ data: gtin })).toMatchObject({ decision: 'warn', identity: 'unverifiable' });
  });

  it('recalled: not to be sold', async () => {
    shop.region.commit(
      shop.brand.seal({ operation: { kind: 'batch.recall', tradeItem: gtin, lot, reason: 'glass', serials: [] } }),
    );
    shop.gateway.publish();
    await until(() => lane.status().head?.height === shop.region.head.header.height, 'the recall to arrive');
    await expect
      .poll(async () => (await lane.verify({ data: product('S3') })).reasons, { timeout: 5_000 })
      .toContain('RECALLED');
    expect(await lane.scan({ data: product('S3') })).toMatchObject({
      decision: 'refuse',
      status: 'blocked',
      entry: null,
    });
  });
});

describe('a scanner on a cable', () => {
  it('leads to a verdict event that names it', async () => {
    await scanner.connected();
    await scanner.scan(coupon(80), ']Q1');
    const seen = () =>
      shop.events.get('lane-1')?.find((event) => event.type === 'verdict' && event.verdict.device === 'counter');
    await until(() => seen() !== undefined, 'the verdict');
    expect(seen()).toMatchObject({ verdict: { decision: 'accept', finality: 'final', kind: 'coupon' } });
    expect(lane.status().scanners).toMatchObject([{ name: 'counter', transport: 'tcp-client', state: 'open' }]);
  });
});

describe('looking without taking', () => {
  it('changes nothing anywhere', async () => {
    const before = journalLength();
    expect(await lane.verify({ data: coupon(90) })).toMatchObject({
      decision: 'accept',
      finality: 'none',
      entry: null,
    });
    expect(journalLength()).toEqual(before);
    expect(await lane.scan({ data: coupon(90) })).toMatchObject({ decision: 'accept', finality: 'final' });
    expect(await lane.verify({ data: coupon(90) })).toMatchObject({ decision: 'refuse', reasons: ['USED_HERE'] });
  });

  it('tells what an outage would cost and how long the store could go on', () => {
    const { exposure, autonomy } = lane.status();
    expect(exposure.byUnit).toEqual([{ unit: 'CNY', value: '30000' }]);
    expect(autonomy).toMatchObject({ ownedUnits: 10, budgetUnits: 3 });
    const rehearsal = lane.rehearse();
    expect(rehearsal.guaranteed + rehearsal.provisional + rehearsal.refused).toBe(rehearsal.scans);
  });
});

describe('a scanner that floods the till', () => {
  it('is told of once, and the till goes on', async () => {
    const events = () => shop.events.get('lane-1') ?? [];
    const verdicts = () => events().filter((event) => event.type === 'verdict').length;
    const alarms = () => events().filter((event) => event.type === 'alarm');
    const before = { verdicts: verdicts(), alarms: alarms().length };
    await scanner.connected();
    await scanner.send(utf8('\u0002flood\u0003'.repeat(1_000)));
    await until(() => verdicts() >= before.verdicts + 256, 'what was taken in to be answered');
    expect(alarms().slice(before.alarms)).toMatchObject([{ code: 'TOO_MANY_SCANS' }]);
    expect(await lane.scan({ data: coupon(74) })).toMatchObject({ decision: 'accept', finality: 'final' });
  });
});
