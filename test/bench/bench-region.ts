/** The smallest real shop for a bench: embedded broker, four validators as processes, one lane that is its own hub, the demo's goods. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startEmbeddedBroker } from '#agent/demo/embedded-broker';
import { freePortBlock, freePorts } from '#agent/demo/free-ports';
import { drawGoods, type Goods, names } from '#agent/demo/goods';
import { Lane } from '#agent/demo/lane';
import { Undo } from '#agent/demo/undo';
import { ValidatorSet } from '#agent/demo/validator-set';
import { requireApplied } from '#agent/office/office';
import { readRegion } from '#agent/office/region-file';
import { registerAccount, withOffice } from '#agent/office/region-office';
import { createRegion } from '#agent/office/region-setup';
import { enrollStore } from '#agent/office/store-setup';
import { systemClock } from '#core/clock';
import { systemEntropy } from '#core/entropy';
import { createLog } from '#core/log';

/** The built program that processes are started from. */
export const program = join(import.meta.dirname, '../../dist/agent/main.js');
const machine = { clock: systemClock, entropy: systemEntropy, log: createLog({ level: 'error', name: 'bench' }) };
const readyMsMax = 60_000;
const scannerProfile = 'generic/tcp-stx-etx';

/** A running region with one lane on it. */
export interface BenchRegion {
  readonly lane: Lane;
  readonly goods: Goods;
  close(): Promise<void>;
}

async function build(undo: Undo): Promise<Omit<BenchRegion, 'close'>> {
  const folder = mkdtempSync(join(tmpdir(), 'bizain-bench-'));
  undo.add(() => rmSync(folder, { recursive: true, force: true }));
  const broker = await startEmbeddedBroker({ host: '127.0.0.1', port: 0 });
  undo.add(() => broker.close());
  const created = createRegion({
    ...machine,
    folder: join(folder, 'region'),
    name: 'bench',
    validators: 4,
    peerHost: '127.0.0.1',
    peerPortBase: await freePortBlock(4),
    brokers: [{ url: broker.url }],
    allowVolatileState: true,
  });
  const validators = new ValidatorSet({ program, seats: created.validators, clock: systemClock });
  undo.add(() => validators.stop());
  await validators.start();
  const region = readRegion(created.folder);
  const [hubPort = 0, scannerPort = 0] = await freePorts(2);
  const scanner = { transport: 'tcp-client' as const, profile: scannerProfile, host: '127.0.0.1', port: scannerPort };
  const { terminals } = await enrollStore(
    {
      regionFolder: region.folder,
      store: names.store,
      name: 'Bench',
      merchant: names.merchant,
      lanes: 1,
      stations: 0,
      hubPort,
      apiPortBase: 0,
      scanners: { 'lane-1': [scanner] },
      settings: { 'lane-1': { deadlines: { onlineMs: 10_000, hubMs: 2_000, basketMs: 1_800_000 } } },
    },
    machine,
  );
  await withOffice(region, 'admin', machine, (admin) =>
    registerAccount(region, admin, { id: names.issuer, role: 'issuer', name: 'Gateway A' }, systemEntropy),
  );
  const goods = drawGoods(systemEntropy, Math.floor(systemClock.wallMs()));
  await withOffice(region, names.issuer, machine, async (office) => {
    const receipts = await office.submitAll(goods.issuerOperations);
    for (const receipt of receipts) requireApplied(receipt, 'an operation of the issuer');
  });
  const [terminal] = terminals;
  if (terminal === undefined) throw new Error('the store has no lane');
  const lane = await Lane.start({
    label: terminal.lane,
    program,
    configPath: terminal.configPath,
    tokenPath: terminal.tokenFile,
    scannerPort,
    scannerFraming: 'stx-etx',
    clock: systemClock,
  });
  undo.add(() => lane.stop());
  const owned = goods.lease.count;
  await lane.until(
    'ready',
    (s) => s.ready && s.line.connected && s.journal.anchored && s.autonomy.ownedUnits === owned,
    readyMsMax,
  );
  return { lane, goods };
}

/** Builds it; on failure what was built is taken down before the error goes on. */
export async function openBenchRegion(): Promise<BenchRegion> {
  const undo = new Undo();
  try {
    return { ...(await build(undo)), close: () => undo.run() };
  } catch (error) {
    await undo.run();
    throw error;
  }
}
