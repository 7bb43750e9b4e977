/** Builds the demo's world in a temporary folder: broker, region of four, two stores, scanners; takes it down to the last file. */
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import QRCode from 'qrcode';
import type { Clock } from '#core/clock';
import type { Entropy } from '#core/entropy';
import type { Log } from '#core/log';
import type { Operation } from '#ledger/operation';
import { requireApplied } from '../office/office.ts';
import { type Region, readRegion } from '../office/region-file.ts';
import { registerAccount, withOffice } from '../office/region-office.ts';
import { createRegion } from '../office/region-setup.ts';
import { type EnrolledStore, enrollStore } from '../office/store-setup.ts';
import { Auditor } from './auditor.ts';
import { type CuttableLine, startCuttableLine } from './cuttable-line.ts';
import { type EmbeddedBroker, startEmbeddedBroker } from './embedded-broker.ts';
import { freePortBlock, freePorts } from './free-ports.ts';
import { drawGoods, type Goods, names } from './goods.ts';
import { Lane } from './lane.ts';
import { Undo } from './undo.ts';
import { ValidatorSet } from './validator-set.ts';

/** How to build it. */
export interface StageOptions {
  readonly program: string;
  readonly clock: Clock;
  readonly entropy: Entropy;
  readonly log: Log;
  readonly say: (line: string) => void;
}

/** The world that the story plays in. */
export interface Stage {
  readonly lane1: Lane;
  readonly lane2: Lane;
  readonly station: Lane;
  /** A lane of another shop, on a line of its own. */
  readonly elsewhere: Lane;
  readonly auditor: Auditor;
  readonly region: Region;
  readonly validators: ValidatorSet;
  readonly line: CuttableLine;
  readonly goods: Goods;
  readonly folders: { readonly pictures: string; readonly samplePicture: string };
  /** Ends every process, removes every file. */
  close(): Promise<void>;
}

const scannerFraming = 'stx-etx';
/** Longer than the defaults: eight processes share whatever machine the demo is tried on. Milliseconds. */
const patience = { onlineMs: 5_000, hubMs: 2_000, basketMs: 1_800_000 };

interface Shop {
  readonly enrolled: EnrolledStore;
  readonly scannerPorts: readonly number[];
}

async function enroll(
  options: StageOptions,
  region: Region,
  shop: { store: string; name: string; lanes: number; stations: number; brokerUrl: string; pictures?: string },
): Promise<Shop> {
  const count = shop.lanes + shop.stations;
  const [hubPort = 0, ...scannerPorts] = await freePorts(count + 1);
  const lanes = [
    ...Array.from({ length: shop.lanes }, (_, i) => `lane-${i + 1}`),
    ...Array.from({ length: shop.stations }, (_, i) => `station-${i + 1}`),
  ];
  const scanners = Object.fromEntries(
    lanes.map((lane, i) => [
      lane,
      [
        {
          transport: 'tcp-client' as const,
          profile: 'generic/tcp-stx-etx',
          host: '127.0.0.1',
          port: scannerPorts[i] ?? 0,
        },
        ...(lane === 'lane-1' && shop.pictures !== undefined
          ? [{ transport: 'folder' as const, name: 'pictures', path: shop.pictures }]
          : []),
      ],
    ]),
  );
  const { clock, entropy, log } = options;
  const enrolled = await enrollStore(
    {
      regionFolder: region.folder,
      store: shop.store,
      name: shop.name,
      merchant: names.merchant,
      lanes: shop.lanes,
      stations: shop.stations,
      hubPort,
      apiPortBase: 0,
      brokers: [{ url: shop.brokerUrl }],
      scanners,
      settings: Object.fromEntries(lanes.map((lane) => [lane, { deadlines: patience }])),
    },
    { clock, entropy, log },
  );
  return { enrolled, scannerPorts };
}

async function startLanes(options: StageOptions, shop: Shop, undo: Undo): Promise<Lane[]> {
  const starting = shop.enrolled.terminals.map(async (terminal, i) => {
    const lane = await Lane.start({
      label: terminal.lane,
      program: options.program,
      configPath: terminal.configPath,
      tokenPath: terminal.tokenFile,
      scannerPort: shop.scannerPorts[i] ?? 0,
      scannerFraming,
      clock: options.clock,
    });
    undo.add(() => lane.stop());
    return lane;
  });
  const outcomes = await Promise.allSettled(starting);
  return outcomes.map((outcome) => {
    if (outcome.status === 'rejected') throw outcome.reason;
    return outcome.value;
  });
}

async function publishGoods(options: StageOptions, region: Region, goods: Goods): Promise<void> {
  const { clock, entropy, log } = options;
  const machine = { clock, entropy, log };
  await withOffice(region, 'admin', machine, async (admin) => {
    await registerAccount(region, admin, { id: names.issuer, role: 'issuer', name: 'Gateway A' }, entropy);
    await registerAccount(region, admin, { id: names.brand, role: 'brand', name: 'Brand B' }, entropy);
  });
  const author = (account: string, operations: readonly Operation[]) =>
    withOffice(region, account, machine, async (office) => {
      const receipts = await office.submitAll(operations);
      for (const [i, receipt] of receipts.entries()) requireApplied(receipt, operations[i]?.kind ?? 'operation');
    });
  await Promise.all([author(names.issuer, goods.issuerOperations), author(names.brand, goods.brandOperations)]);
}

async function startRegion(
  options: StageOptions,
  folder: string,
  broker: EmbeddedBroker,
  undo: Undo,
): Promise<{ region: Region; validators: ValidatorSet }> {
  const { clock, entropy } = options;
  const created = createRegion({
    folder,
    name: 'demo',
    validators: 4,
    peerHost: '127.0.0.1',
    peerPortBase: await freePortBlock(4),
    brokers: [{ url: broker.url }],
    heartbeatMs: 2_000,
    allowVolatileState: true,
    clock,
    entropy,
  });
  const validators = new ValidatorSet({ program: options.program, seats: created.validators, clock });
  undo.add(() => validators.stop());
  await validators.start();
  return { region: readRegion(created.folder), validators };
}

async function build(options: StageOptions, undo: Undo): Promise<Stage> {
  const { clock, entropy, log, say } = options;
  const folder = mkdtempSync(join(tmpdir(), 'bizain-demo-'));
  undo.add(() => rmSync(folder, { recursive: true, force: true }));
  const broker = await startEmbeddedBroker({ host: '127.0.0.1', port: 0 });
  undo.add(() => broker.close());
  const line = await startCuttableLine({ host: '127.0.0.1', port: broker.port });
  undo.add(() => line.close());
  say('a broker is up; making a region of four validators, each a process of its own');
  const { region, validators } = await startRegion(options, join(folder, 'region'), broker, undo);
  const goods = drawGoods(entropy, Math.floor(clock.wallMs()));
  const pictures = join(folder, 'pictures');
  mkdirSync(pictures);
  say('enrolling two stores: one with two lanes and a warehouse station, one across town');
  const lineUrl = `mqtt://127.0.0.1:${line.port}`;
  const shop = await enroll(options, region, {
    store: names.store,
    name: 'Corner shop',
    lanes: 2,
    stations: 1,
    brokerUrl: lineUrl,
    pictures,
  });
  const other = await enroll(options, region, {
    store: names.elsewhere,
    name: 'Shop across town',
    lanes: 1,
    stations: 0,
    brokerUrl: broker.url,
  });
  await publishGoods(options, region, goods);
  say('starting the terminals with their scanners');
  const auditor = new Auditor({
    genesis: region.genesis,
    brokerUrl: broker.url,
    folder,
    store: names.store,
    clock,
    entropy,
    log,
  });
  undo.add(() => auditor.stop());
  auditor.start();
  validators.askHeightsBy((validator) => auditor.heightOf(validator));
  const lanes = await startLanes(options, shop, undo);
  const [elsewhere] = await startLanes(options, other, undo);
  const [lane1, lane2, station] = lanes;
  if (lane1 === undefined || lane2 === undefined || station === undefined || elsewhere === undefined) {
    throw new Error('the stores have no lanes');
  }
  for (const lane of [...lanes, elsewhere]) {
    await lane.until('ready', (s) => s.ready && s.line.connected && s.journal.anchored && s.hub.reachable, 20_000);
  }
  const samplePicture = join(folder, 'sample-coupon.png');
  await QRCode.toFile(samplePicture, goods.couponCode(42), { scale: 6 });
  return {
    lane1,
    lane2,
    station,
    elsewhere,
    auditor,
    region,
    validators,
    line,
    goods,
    folders: { pictures, samplePicture },
    close: () => undo.run(),
  };
}

/** Builds the stage; on failure what was built is taken down before the error goes on. */
export async function openStage(options: StageOptions): Promise<Stage> {
  const undo = new Undo();
  try {
    return await build(options, undo);
  } catch (error) {
    await undo.run();
    throw error;
  }
}
