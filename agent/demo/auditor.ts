/**
 * The demo's witness: follows the region like any terminal, trusts nobody, and reads what is certified. It is how the
 * story checks a claim against the ledger instead of against the till that made it.
 */
import { join } from 'node:path';
import { type Clock, sleep } from '#core/clock';
import type { Entropy } from '#core/entropy';
import { BizainError } from '#core/errors';
import type { Log } from '#core/log';
import { type ItemStatus, itemStatus, seriesIssuedCount } from '#ledger/coupons/read';
import { readRights } from '#ledger/rights/read';
import type { Right } from '#ledger/rights/right';
import { type ProductStatus, readProduct } from '#ledger/trace/read';
import { LightClient } from '#sync/light-client/light-client';
import { EpochSync } from '#sync/outbox/epoch-sync';
import { RegionLine } from '#sync/outbox/region-line';
import type { Genesis } from '#sync/wire/genesis';
import { openShardStore, type ShardStore } from '../shard-store/shard-store.ts';
import { ShardSync } from '../shard-store/shard-sync.ts';
import type { DemoErrorCode } from './errors.ts';

const pollMs = 20;
const waitMsMax = 15_000;
const askMsMax = 1_000;

/** What the auditor needs: the region's first page, its broker, and a folder for its cache. */
export interface AuditorOptions {
  readonly genesis: Genesis;
  readonly brokerUrl: string;
  readonly folder: string;
  readonly store: string;
  readonly clock: Clock;
  readonly entropy: Entropy;
  readonly log: Log;
}

/** See the file's head. */
export class Auditor {
  private readonly clock: Clock;
  private readonly store: string;
  private readonly light: LightClient;
  private readonly line: RegionLine;
  private readonly shards: ShardStore;
  private readonly sync: ShardSync;

  constructor(options: AuditorOptions) {
    const { genesis, clock, entropy, log } = options;
    this.clock = clock;
    this.store = options.store;
    const epochs: { want?: () => void } = {};
    this.light = new LightClient(genesis, undefined, {
      onHead: () => this.line.useValidators(this.light.validators),
      onUnknownSet: () => epochs.want?.(),
    });
    this.line = new RegionLine({
      chainId: this.light.chainId,
      validatorCount: genesis.validators.length,
      account: 'auditor',
      clientName: 'auditor',
      entryPoints: [{ url: options.brokerUrl }],
      clock,
      entropy,
      log,
    });
    const sync = new EpochSync({ line: this.line, light: this.light, clock, log });
    epochs.want = () => sync.want();
    this.shards = openShardStore({ path: join(options.folder, 'auditor.db'), log, clock });
    const wanted = { store: options.store, series: 'all', batches: 'all' } as const;
    this.sync = new ShardSync({ line: this.line, light: this.light, store: this.shards, wanted, clock, log });
  }

  /** Follows the region until `stop`. */
  start(): void {
    this.line.on('head', (lightBlock) => void this.light.acceptHead(lightBlock));
    this.sync.start();
    this.line.start();
  }

  /** The newest certified height. */
  get height(): number {
    return this.light.head?.header.height ?? 0;
  }

  /** Items issued in a series. */
  issuedCount(gcn: string): number {
    return seriesIssuedCount(this.shards, gcn);
  }

  /** Certified status of a coupon; null while its series is not known. */
  itemStatus(gcn: string, serial: number): ItemStatus | null {
    return itemStatus(this.shards, gcn, serial);
  }

  /** Items of a series that have a status. */
  countItems(gcn: string, status: ItemStatus): number {
    let count = 0;
    for (let serial = 0; serial < this.issuedCount(gcn); serial += 1) {
      if (this.itemStatus(gcn, serial) === status) count += 1;
    }
    return count;
  }

  /** Certified status of a product; null where unknown. */
  productStatus(tradeItem: string, lot: string, serial: string): ProductStatus | null {
    const product = readProduct(this.shards, { tradeItem, lot, serial });
    return product === null || typeof product === 'string' ? null : product.status;
  }

  /** A right of the store. */
  right(rightId: string): Right | undefined {
    return readRights(this.shards, this.store).find((right) => right.id === rightId);
  }

  /** Height of one validator by its own certified head; null while it does not answer. */
  async heightOf(validator: number): Promise<number | null> {
    const reply = await this.line.ask({ kind: 'head' }, askMsMax, validator);
    if (!reply.ok || reply.value.kind !== 'head' || reply.value.lightBlock === null) return null;
    const { lightBlock } = reply.value;
    return this.light.acceptHead(lightBlock).ok ? lightBlock.header.height : null;
  }

  /** Waits until the certified ledger says so. Error: `DEMO_STEP_FAILED`. */
  async until(what: string, condition: () => boolean): Promise<void> {
    for (let waited = 0; waited <= waitMsMax; waited += pollMs) {
      if (condition()) return;
      await sleep(this.clock, pollMs);
    }
    throw new BizainError({
      code: 'DEMO_STEP_FAILED' satisfies DemoErrorCode,
      message: `the certified ledger at height ${this.height} does not show within ${waitMsMax} ms that ${what}`,
    });
  }

  /** Ends the line and closes the cache. */
  async stop(): Promise<void> {
    this.sync.stop();
    await this.line.stop();
    this.shards.close();
  }
}
