/** A region of real validators in this process: real sockets, real SQLite files, a real broker. */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connectAsync, type MqttClient } from 'mqtt';
import { entryPointsOf } from '#agent/config/entry-points';
import { freePortBlock } from '#agent/demo/free-ports';
import { readRegion } from '#agent/office/region-file';
import { createRegion } from '#agent/office/region-setup';
import { readKeyFile } from '#core/atomic-file';
import { systemClock } from '#core/clock';
import { systemEntropy } from '#core/entropy';
import { decode } from '#core/format';
import { createLog } from '#core/log';
import type { Operation } from '#ledger/operation';
import type { Receipt } from '#ledger/receipt';
import { LightClient } from '#sync/light-client/light-client';
import { isValidatorEntry, type ValidatorEntry } from '#sync/outbox/entry-point';
import { RegionLine } from '#sync/outbox/region-line';
import { startValidator } from '#sync/validator/validator';
import { readValidatorConfig, type ValidatorConfig } from '#sync/validator/validator-config';
import type { Validator } from '#sync/validator/validator-face';
import { type Genesis, genesisFormat } from '#sync/wire/genesis';
import { type Topics, topicsOf } from '#sync/wire/topics';
import { startAedes, type TestBroker } from '../../fixtures/broker.ts';
import { TestAuthor } from '../../fixtures/region.ts';

const log = createLog({ level: (process.env['BIZAIN_TEST_LOG'] ?? 'silent') as 'silent', name: 'test' });

/** Polls until something holds. */
export async function until(holds: () => boolean, what: string, msMax = 60_000): Promise<void> {
  const start = performance.now();
  while (!holds()) {
    if (performance.now() - start > msMax) throw new Error(`timed out waiting for ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}

/** See the file's head. */
export class LiveRegion {
  readonly genesis: Genesis;
  readonly admin: TestAuthor;
  readonly line: RegionLine;
  readonly light: LightClient;
  /** Receipts of all accounts subscribed to, by `author/sequence`. */
  readonly receipts = new Map<string, Receipt>();
  readonly chainId: Uint8Array;
  readonly topics: Topics;
  readonly folder: string;
  readonly configs: readonly string[];
  /** The validators' own entries; none unless asked for. */
  readonly entries: readonly ValidatorEntry[];
  /** What validators are given beside their configuration files, bounds of the schema aside. */
  readonly overrides: Partial<ValidatorConfig>[] = [];
  readonly #broker: TestBroker;
  readonly #running = new Map<number, Validator>();
  #raw: MqttClient | null = null;

  private constructor(parts: {
    folder: string;
    genesis: Genesis;
    configs: readonly string[];
    broker: TestBroker;
    adminSeed: Uint8Array;
    entries: readonly ValidatorEntry[];
  }) {
    const { folder, genesis, configs, broker, adminSeed, entries } = parts;
    this.entries = entries;
    this.folder = folder;
    this.genesis = genesis;
    this.configs = configs;
    this.#broker = broker;
    this.light = new LightClient(genesis);
    this.chainId = this.light.chainId;
    this.topics = topicsOf(this.chainId);
    this.admin = new TestAuthor(this.chainId, 'admin', { seed: adminSeed });
    this.line = new RegionLine({
      chainId: this.chainId,
      account: 'admin',
      clientName: 'test-admin',
      entryPoints: [{ url: broker.url }],
      clock: systemClock,
      entropy: systemEntropy,
      log,
      validatorCount: genesis.validators.length,
    });
    this.line.on('head', (lightBlock) => void this.light.acceptHead(lightBlock));
    this.line.on('receipts', (message) => {
      const checked = this.light.checkReceipts(message);
      if (!checked.ok) throw new Error(`bad receipts: ${checked.reason}`);
      for (const receipt of checked.value) this.receipts.set(`${receipt.author}/${receipt.sequence}`, receipt);
    });
  }

  static async open(
    options: {
      readonly broker?: TestBroker;
      readonly heartbeatMs?: number;
      readonly https?: boolean;
      readonly checkpointMs?: number;
    } = {},
  ): Promise<LiveRegion> {
    const folder = mkdtempSync(join(tmpdir(), 'bizain-region-'));
    const broker = options.broker ?? (await startAedes());
    const ports = await freePortBlock(8);
    const created = createRegion({
      folder: join(folder, 'region'),
      name: 'test',
      validators: 4,
      peerHost: '127.0.0.1',
      peerPortBase: ports,
      ...(options.https === true ? { httpsPortBase: ports + 4 } : {}),
      brokers: [{ url: broker.url }],
      entropy: systemEntropy,
      clock: systemClock,
      heartbeatMs: options.heartbeatMs ?? 1_000,
      ...(options.checkpointMs === undefined ? {} : { checkpointMs: options.checkpointMs }),
    });
    const decoded = decode(genesisFormat, Uint8Array.from(readFileSync(created.genesisFile)));
    if (!decoded.ok) throw new Error(decoded.reason);
    const configs = created.validators.map(({ configPath }) => configPath);
    const adminSeed = readKeyFile(created.adminKeyFile);
    const genesis = decoded.value;
    const { https } = readRegion(join(folder, 'region')).file;
    const entries = entryPointsOf(genesis, { brokers: [], https }).filter(isValidatorEntry);
    return new LiveRegion({ folder, genesis, configs, broker, adminSeed, entries });
  }

  async start(...indexes: readonly number[]): Promise<void> {
    for (const index of indexes.length === 0 ? [0, 1, 2, 3] : indexes) {
      const config = { ...readValidatorConfig(this.configs[index] as string), ...this.overrides[index] };
      this.#running.set(index, await startValidator(config, { clock: systemClock, entropy: systemEntropy, log }));
    }
    this.line.start();
    this.#raw ??= await connectAsync(this.#broker.url, { protocolVersion: 4 });
    await until(() => this.line.connected, 'the line');
    await until(() => this.validators.every((v) => v.status().brokersUp === 1), 'the brokers');
  }

  /** A client that may say and hear anything. */
  get raw(): MqttClient {
    if (this.#raw === null) throw new Error('not started');
    return this.#raw;
  }

  get validators(): readonly Validator[] {
    return [...this.#running.values()];
  }

  validator(index: number): Validator {
    const found = this.#running.get(index);
    if (found === undefined) throw new Error(`validator ${index} is not running`);
    return found;
  }

  async stop(index: number): Promise<void> {
    await this.validator(index).stop();
    this.#running.delete(index);
  }

  /** Publishes one entry a segment and waits for the certified receipts. */
  async submit(...operations: readonly Operation[]): Promise<Receipt[]> {
    const first = this.admin.nextSequence();
    for (const operation of operations) await this.line.publishSegment(this.admin.seal({ operation }));
    return this.receiptsOf('admin', first, operations.length);
  }

  async receiptsOf(author: string, first: number, count: number): Promise<Receipt[]> {
    const names = Array.from({ length: count }, (_, at) => `${author}/${first + at}`);
    await until(() => names.every((name) => this.receipts.has(name)), `receipts ${names.join(' ')}`);
    return names.map((name) => this.receipts.get(name) as Receipt);
  }

  /** Waits until all running validators stand at one height and state. */
  async settled(): Promise<void> {
    const same = () => new Set(this.validators.map((v) => v.status().stateRoot)).size === 1;
    await until(same, 'one state on all validators');
  }

  async close(): Promise<void> {
    await this.line.stop();
    await this.#raw?.endAsync(true);
    for (const validator of this.validators) await validator.stop();
    await this.#broker.stop();
    rmSync(this.folder, { recursive: true, force: true });
  }
}
