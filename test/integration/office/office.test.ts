import { cpSync, existsSync, mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { loadTerminalConfig } from '#agent/config/terminal-config';
import { readCodeList } from '#agent/office/code-list';
import { appendToBatch, commissionBatch, drawSerials, recallBatch } from '#agent/office/commissioning';
import { changeRight, defineSeries, grantRight, issueCoupons } from '#agent/office/issuing';
import { openOffice } from '#agent/office/office';
import { type Region, readRegion, writeGenesis, writeJson } from '#agent/office/region-file';
import { accountFolder, type OfficeMachine, registerAccount, withOffice } from '#agent/office/region-office';
import { enrollStore } from '#agent/office/store-setup';
import { readKeyFile, writeKeyFile } from '#core/atomic-file';
import { systemClock } from '#core/clock';
import { publicKeyOf } from '#core/ed25519';
import { systemEntropy } from '#core/entropy';
import { createLog } from '#core/log';
import { decodeCouponCode } from '#drivers/symbology/coupon-code';
import { parseCode } from '#drivers/symbology/parse-code';
import { readAccount } from '#ledger/accounts/account';
import { readStore } from '#ledger/accounts/store';
import { readTerminal } from '#ledger/accounts/terminal';
import { commitmentOfCode } from '#ledger/coupons/consent';
import { itemStatus, keyCommitmentOf, readTerms, seriesIssuedCount } from '#ledger/coupons/read';
import { plainTerms, type Terms } from '#ledger/coupons/terms';
import { readRights } from '#ledger/rights/read';
import { leaseOf } from '#ledger/rights/usual-grants';
import { readProduct } from '#ledger/trace/read';
import { startAedes, type TestBroker } from '../../fixtures/broker.ts';
import { seedOf, TestRegion } from '../../fixtures/region.ts';
import { RegionGateway } from '../../fixtures/region-gateway.ts';

const gcn = '4012345000023';
const store = '4012345000016';
const gtin = '04012345000030';
const machine: OfficeMachine = {
  clock: systemClock,
  entropy: systemEntropy,
  log: createLog({ level: 'silent', name: 'test' }),
};
const terms: Terms = {
  ...plainTerms,
  version: 1,
  title: 'Autumn 100',
  value: { kind: 'fixed', amount: 10_000n },
  unit: 'CNY',
  minimumSpend: 0n,
  validFromMs: 0,
  validUntilMs: 4_000_000_000_000,
  consent: 1,
  acceptedBy: { kind: 'merchants', accounts: ['shop'] },
  offline: { kind: 'budget', shardAgeMsMax: 3_600_000 },
  lateRule: 0,
};

let folder: string;
let broker: TestBroker;
let ledger: TestRegion;
let gateway: RegionGateway;
let region: Region;

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'bizain-office-'));
  broker = await startAedes();
  ledger = new TestRegion({ region: 'east', startMs: Date.now() - 60_000 });
  ledger.commit();
  gateway = await RegionGateway.start(ledger, broker.url);
  gateway.publish();
  writeGenesis(join(folder, 'genesis.cbor'), ledger.genesis);
  writeKeyFile(join(folder, 'admin.key'), seedOf('east admin'));
  writeJson(join(folder, 'region.json'), {
    version: 1,
    region: 'east',
    chainId: Buffer.from(ledger.chainId).toString('hex'),
    genesis: 'genesis.cbor',
    adminKey: 'admin.key',
    brokers: [{ url: broker.url }],
    validators: ['v1', 'v2', 'v3', 'v4'].map((name) => ({ name, config: `validators/${name}/validator.json` })),
    allowVolatileState: true,
  });
  region = readRegion(folder);
});

afterEach(async () => {
  await gateway.stop();
  await broker.stop();
  rmSync(folder, { recursive: true });
});

const register = (id: string, role: 'issuer' | 'brand') =>
  withOffice(region, 'admin', machine, (admin) =>
    registerAccount(region, admin, { id, role, name: id }, systemEntropy),
  );

const dayMs = 86_400_000;

describe('an issuer’s office', () => {
  it('defines, issues and grants; every code is on file, private, and opens its own coupon', async () => {
    await register('issuer-a', 'issuer');
    await enrollStore(
      { regionFolder: folder, store, name: 'East one', merchant: 'shop', lanes: 1, stations: 0 },
      machine,
    );
    const codeFile = join(folder, 'codes.csv');
    await withOffice(region, 'issuer-a', machine, async (office) => {
      await defineSeries(office, gcn, terms);
      await issueCoupons(office, { gcn, first: 0, count: 40, consent: true, codeFile }, systemEntropy);
      const grant = leaseOf(gcn, 10, 19);
      await grantRight(office, { rightId: 'lease-1', store, grant });
    });
    expect(readTerms(ledger.state, gcn)).toEqual(terms);
    expect(seriesIssuedCount(ledger.state, gcn)).toBe(40);
    expect(itemStatus(ledger.state, gcn, 12)).toBe('leased');
    expect(readRights(ledger.state, store).map(({ id }) => id)).toEqual(['lease-1']);
    expect(statSync(codeFile).mode & 0o777).toBe(0o600);
    const codes = readCodeList(codeFile);
    expect(new Set(codes.map(({ code }) => code)).size).toBe(40);
    codes.forEach(({ key, code }, serial) => {
      const decoded = decodeCouponCode(code);
      if (!decoded.ok || decoded.value.seed === null) throw new Error(`no coupon code: ${code}`);
      expect([key, decoded.value.serial]).toEqual([`255/${gcn}/${serial}`, serial]);
      expect(keyCommitmentOf(ledger.state, gcn, serial)).toEqual(commitmentOfCode(gcn, serial, decoded.value.seed));
    });
  });

  it('renews and recalls a right, and cannot close it out before its days are over', async () => {
    await register('issuer-a', 'issuer');
    await enrollStore(
      { regionFolder: folder, store, name: 'East one', merchant: 'shop', lanes: 1, stations: 0 },
      machine,
    );
    const codeFile = join(folder, 'codes.csv');
    const named = { store, rightId: 'lease-1' };
    await withOffice(region, 'issuer-a', machine, async (office) => {
      await defineSeries(office, gcn, terms);
      await issueCoupons(office, { gcn, first: 0, count: 40, consent: true, codeFile }, systemEntropy);
      await grantRight(office, { ...named, grant: leaseOf(gcn, 10, 19), closeoutAfterMs: dayMs, lateRule: 1 });
      await changeRight(office, { kind: 'right.renew', ...named, closeoutAfterMs: 2 * dayMs });
      const ranges = [{ first: 12, last: 13 }];
      await changeRight(office, { kind: 'right.recall', ...named, deadlineMs: 0, ranges });
      await expect(changeRight(office, { kind: 'right.closeout', ...named })).rejects.toMatchObject({
        code: 'OPERATION_REFUSED',
        context: { reasons: ['NOT_YET_VALID'] },
      });
    });
    const [right] = readRights(ledger.state, store);
    expect(right).toMatchObject({ recall: { ranges: [{ first: 12, last: 13 }] }, lateRule: 1 });
    expect((right?.closeoutFromMs ?? 0) - (right?.grantedAtMs ?? 0)).toBeGreaterThanOrEqual(2 * dayMs);
  });

  it('what the region refuses is an error with its reasons, and an existing code file is never written over', async () => {
    await register('issuer-a', 'issuer');
    const codeFile = join(folder, 'codes.csv');
    await withOffice(region, 'issuer-a', machine, async (office) => {
      const order = { gcn, first: 0, count: 1, consent: true, codeFile };
      await expect(issueCoupons(office, order, systemEntropy)).rejects.toMatchObject({
        code: 'OPERATION_REFUSED',
        context: { reasons: ['NO_SUCH_SERIES'] },
      });
      const before = readFileSync(codeFile, 'utf8');
      await expect(issueCoupons(office, order, systemEntropy)).rejects.toMatchObject({ code: 'ALREADY_THERE' });
      expect(readFileSync(codeFile, 'utf8')).toBe(before);
    });
  });
});

describe('a brand’s office', () => {
  it('commissions a batch whose codes name its products, and recalls it', async () => {
    await register('brand-b', 'brand');
    const codeFile = join(folder, 'tea.csv');
    const serials = drawSerials(25, systemEntropy);
    await withOffice(region, 'brand-b', machine, async (office) => {
      const batch = {
        tradeItem: gtin,
        lot: 'L/1',
        name: 'Tea',
        expiryMs: 4_000_000_000_000,
        markets: [],
        complete: true,
      };
      await commissionBatch(office, { ...batch, serials, codeFile });
      for (const { key, code } of readCodeList(codeFile)) {
        expect(parseCode({ data: code })).toMatchObject({ ok: true, kind: 'gs1-digital-link', key });
      }
      const product = readProduct(ledger.state, { tradeItem: gtin, lot: 'L/1', serial: serials[3] ?? '' });
      expect(product).toMatchObject({ status: 'commissioned' });
      await recallBatch(office, { tradeItem: gtin, lot: 'L/1', reason: 'glass', serials: [] });
    });
    expect(readProduct(ledger.state, { tradeItem: gtin, lot: 'L/1', serial: serials[3] ?? '' })).toMatchObject({
      batch: { recall: { reason: 'glass', whole: true } },
    });
  });

  it('commissions more than one operation holds, appends and completes; drug codes and own names have codes of their own', async () => {
    await register('brand-b', 'brand');
    const order = { lot: 'BIG', name: 'Pills', expiryMs: 4_000_000_000_000, markets: ['CN'] };
    const drug = { ...order, tradeItem: 'cn.drug.8123456' };
    const serials = Array.from({ length: 17_000 }, (_, n) => String(1_000_000_000_000 + n * 3));
    const read = (serial: string) => readProduct(ledger.state, { ...drug, serial });
    await withOffice(region, 'brand-b', machine, async (office) => {
      const codeFile = join(folder, 'pills.csv');
      await commissionBatch(office, { ...drug, serials, complete: false, codeFile });
      const codes = readCodeList(codeFile);
      expect(codes).toHaveLength(17_000);
      expect(codes[5]).toEqual({ key: 'cn.drug/81234561000000000015', code: '81234561000000000015' });
      expect(read(serials.at(-1) ?? '')).toMatchObject({ status: 'commissioned', batch: { serialCount: 17_000 } });
      expect(read('1000000000001')).toBe('not-commissioned');
      const more = { tradeItem: drug.tradeItem, lot: 'BIG', serials: ['2000000000000'], complete: true };
      await appendToBatch(office, { ...more, codeFile: join(folder, 'more.csv') });
      expect(read('1000000000001')).toBe('no-such-serial');
      const own = { ...order, tradeItem: 'own.brand-b.soap', serials: ['K7'], complete: true };
      const { codes: ownCodes } = await commissionBatch(office, { ...own, codeFile: join(folder, 'own.csv') });
      expect(ownCodes).toEqual([{ key: 'product/BRAND-B.SOAP/K7', code: 'BZT:BRAND-B.SOAP/K7' }]);
      const short = { ...drug, lot: 'S', serials: ['12'], complete: true, codeFile: join(folder, 'short.csv') };
      await expect(commissionBatch(office, short)).rejects.toMatchObject({ code: 'BAD_INPUT' });
    });
  });
});

describe('enrolling a store', () => {
  const options = () => ({ regionFolder: folder, store, name: 'East one', merchant: 'shop', lanes: 2, stations: 1 });

  it('puts merchant, store, terminals and hub on the ledger, each with the key of its folder and a configuration that loads', async () => {
    const enrolled = await enrollStore(options(), machine);
    expect(enrolled.terminals.map(({ terminal, role, hub }) => [terminal, role, hub])).toEqual([
      [`${store}/lane-1`, 'lane', true],
      [`${store}/lane-2`, 'lane', false],
      [`${store}/station-1`, 'station', false],
    ]);
    expect(readStore(ledger.state, store)).toMatchObject({ merchant: 'shop', hub: { lane: 'lane-1' } });
    expect(readAccount(ledger.state, 'shop')).not.toBeNull();
    for (const { lane, configPath, terminal } of enrolled.terminals) {
      const config = loadTerminalConfig(configPath);
      expect([config.terminal, config.epoch]).toEqual([terminal, readTerminal(ledger.state, store, lane)?.epoch]);
      expect(publicKeyOf(readKeyFile(config.keyFile))).toEqual(readTerminal(ledger.state, store, lane)?.publicKey);
      expect(existsSync(config.genesis)).toBe(true);
    }
    expect(loadTerminalConfig(enrolled.terminals[2]?.configPath ?? '').mode).toBe('receive');
  });

  it('may be repeated after a failure and keeps the keys of the first run', async () => {
    const first = await enrollStore(options(), machine);
    const key = readFileSync(join(first.folder, 'lane-2/terminal.key'), 'utf8');
    await enrollStore(options(), machine);
    expect(readFileSync(join(first.folder, 'lane-2/terminal.key'), 'utf8')).toBe(key);
  });

  it('of somebody else is refused', async () => {
    const first = await enrollStore(options(), machine);
    rmSync(first.folder, { recursive: true });
    await expect(enrollStore(options(), machine)).rejects.toMatchObject({ code: 'OPERATION_REFUSED' });
  });

  it('a GLN with a wrong check digit never reaches the region', async () => {
    await expect(enrollStore({ ...options(), store: '4012345000017' }, machine)).rejects.toMatchObject({
      code: 'BAD_INPUT',
    });
    expect(gateway.arrived).toEqual([]);
  });
});

describe('an office in trouble', () => {
  it('registers nobody twice and says so', async () => {
    const first = await register('issuer-a', 'issuer');
    const again = await register('issuer-a', 'issuer');
    expect([first.known, again.known]).toEqual([false, true]);
  });

  it('with an older copy of its journal is stopped before it forks its account', async () => {
    await register('issuer-a', 'issuer');
    const own = accountFolder(region, 'issuer-a');
    const copy = join(folder, 'copy');
    cpSync(own, copy, { recursive: true });
    await withOffice(region, 'issuer-a', machine, (office) => defineSeries(office, gcn, terms));
    rmSync(own, { recursive: true });
    cpSync(copy, own, { recursive: true });
    const stale = withOffice(region, 'issuer-a', machine, (office) => defineSeries(office, gcn, terms));
    await expect(stale).rejects.toMatchObject({ code: 'OFFICE_JOURNAL_BEHIND' });
  });

  it('goes on with a new key under a new epoch, and the old key is heard no more', async () => {
    await register('issuer-a', 'issuer');
    const own = accountFolder(region, 'issuer-a');
    const oldKey = join(own, 'account.key');
    const newKey = join(own, 'second.key');
    writeKeyFile(newKey, seedOf('second key'));
    const rekey = { kind: 'account.rekey', account: 'issuer-a', publicKey: publicKeyOf(seedOf('second key')) } as const;
    const receipt = await withOffice(region, 'admin', machine, (admin) => admin.submit({ ...rekey, approvals: [] }));
    expect(receipt.outcome).toBe(0);
    const options = {
      genesis: region.genesis,
      account: 'issuer-a',
      stateDir: own,
      entryPoints: [{ url: broker.url }],
      allowVolatileState: true,
      receiptMs: 10_000,
      ...machine,
    };
    const office = await openOffice({ ...options, keyFile: newKey, epoch: 1 });
    await defineSeries(office, gcn, terms);
    await office.close();
    expect(readTerms(ledger.state, gcn)).toEqual(terms);
    await expect(openOffice({ ...options, keyFile: oldKey })).rejects.toMatchObject({ code: 'JOURNAL_EPOCH_BEHIND' });
  });

  it('without a broker, or without a region behind it, ends with a clear error; what was journalled goes out at the next run', async () => {
    await register('issuer-a', 'issuer');
    const options = {
      genesis: region.genesis,
      account: 'issuer-a',
      keyFile: join(accountFolder(region, 'issuer-a'), 'account.key'),
      stateDir: accountFolder(region, 'issuer-a'),
      allowVolatileState: true,
      connectMs: 300,
      receiptMs: 300,
      ...machine,
    };
    const nowhere = openOffice({ ...options, entryPoints: [{ url: 'mqtt://127.0.0.1:1' }] });
    await expect(nowhere).rejects.toMatchObject({ code: 'REGION_UNREACHABLE', retryable: true });
    gateway.behaviour.blockMs = null;
    const office = await openOffice({ ...options, connectMs: 5_000, entryPoints: [{ url: broker.url }] });
    await expect(defineSeries(office, gcn, terms)).rejects.toMatchObject({ code: 'RECEIPT_MISSING' });
    await office.close();
    expect(readTerms(ledger.state, gcn)).toBeNull();
    gateway.behaviour.blockMs = 5;
    const next = await openOffice({
      ...options,
      receiptMs: 10_000,
      connectMs: 5_000,
      entryPoints: [{ url: broker.url }],
    });
    const receipt = await next.submit({
      kind: 'coupon.issue',
      gcn,
      firstSerial: 0,
      count: 1,
      keyCommitments: new Uint8Array(16),
    });
    await next.close();
    expect([receipt.sequence, receipt.outcome]).toEqual([1, 0]);
    expect(readTerms(ledger.state, gcn)).toEqual(terms);
  });
});
