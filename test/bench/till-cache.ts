/**
 * A till's folder as a long-served till has it: key, genesis, configuration, and a shard.db that holds coupon series as
 * executed operations made them. The broker that it names is not there: the line is cut.
 */

import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { openShardStore, type ShardStore } from '#agent/shard-store/shard-store';
import { writeFileAtomic, writeKeyFile } from '#core/atomic-file';
import { equalBytes } from '#core/bytes';
import { systemClock } from '#core/clock';
import { SeededEntropy, uniformInt } from '#core/entropy';
import { encode } from '#core/format';
import { createLog } from '#core/log';
import { withCheckDigit } from '#drivers/symbology/check-digit';
import { encodeCouponCode } from '#drivers/symbology/coupon-code';
import { commitmentOfCode, keyCommitmentBytes } from '#ledger/coupons/consent';
import { plainTerms } from '#ledger/coupons/terms';
import { genesisFormat } from '#sync/wire/genesis';
import { freePort } from '../fixtures/broker.ts';
import { seedOf, type TestAuthor, TestRegion } from '../fixtures/region.ts';

/** How much is cached. */
export interface TillCacheSize {
  /** Coupons, in series of `couponsInSeries`. */
  readonly coupons: number;
  readonly couponsInSeries: number;
  /** Objects with a leaf of their own besides, in one shard. */
  readonly objects: number;
  /** Codes to be scanned, spread over all coupons. */
  readonly codes: number;
}

/** What was made. */
export interface TillCache {
  readonly configPath: string;
  readonly tokenPath: string;
  readonly codes: readonly string[];
}

const store = '4012345000009';
const account = `${store}/lane-1`;
const issueCount = 16_384;
const objectBytes = 64;
const objectsInPart = 10_000;
const dayMs = 86_400_000;

interface Known {
  readonly serial: number;
  readonly seed: Uint8Array;
}

/** Commitments of a range of serials: those of known codes, and draws for coupons that nobody scans here. */
function commitmentsOf(
  gcn: string,
  range: { first: number; count: number },
  known: readonly Known[],
  draw: SeededEntropy,
) {
  const table = draw.bytes(range.count * keyCommitmentBytes);
  for (const { serial, seed } of known) {
    if (serial < range.first || serial >= range.first + range.count) continue;
    table.set(commitmentOfCode(gcn, serial, seed), (serial - range.first) * keyCommitmentBytes);
  }
  return table;
}

function issueSeries(
  region: TestRegion,
  issuer: TestAuthor,
  series: { gcn: string; count: number },
  known: readonly Known[],
) {
  const { gcn, count } = series;
  const nowMs = systemClock.wallMs();
  const terms = {
    ...plainTerms,
    version: 1,
    title: 'Coffee 100',
    value: { kind: 'fixed', amount: 10_000n },
    unit: 'CNY',
    minimumSpend: 0n,
    validFromMs: nowMs - dayMs,
    validUntilMs: nowMs + 365 * dayMs,
    consent: 1,
    acceptedBy: { kind: 'merchants', accounts: ['shop'] },
    offline: { kind: 'budget', shardAgeMsMax: dayMs },
    lateRule: 0,
  } as const;
  region.commit(issuer.seal({ operation: { kind: 'series.define', gcn, terms } }));
  const draw = new SeededEntropy(gcn);
  for (let first = 0; first < count; first += issueCount) {
    const range = { first, count: Math.min(issueCount, count - first) };
    const keyCommitments = commitmentsOf(gcn, range, known, draw);
    const operation = { kind: 'coupon.issue', gcn, firstSerial: first, count: range.count, keyCommitments } as const;
    region.commit(issuer.seal({ operation }));
  }
}

/** Executes the issue of all coupons; the codes that will be scanned are spread over them. */
function issueCoupons(region: TestRegion, size: TillCacheSize): string[] {
  const issuer = region.register('issuer', 0);
  const seriesCount = Math.ceil(size.coupons / size.couponsInSeries);
  const draw = new SeededEntropy('codes');
  const codes: string[] = [];
  for (let index = 0; index < seriesCount; index++) {
    const gcn = withCheckDigit(`40123451${String(index).padStart(4, '0')}`);
    const count = Math.min(size.couponsInSeries, size.coupons - index * size.couponsInSeries);
    const wanted = Math.ceil(size.codes / seriesCount);
    const serials = new Set(Array.from({ length: wanted }, () => uniformInt(draw, count)));
    const known = [...serials].map((serial) => ({ serial, seed: draw.bytes(16) }));
    issueSeries(region, issuer, { gcn, count }, known);
    codes.push(...known.map(({ serial, seed }) => encodeCouponCode({ gcn, serial, seed })));
  }
  const { receipts } = region.head.executed;
  if (receipts.some(({ outcome }) => outcome !== 0)) throw new Error('the ledger refused to issue');
  // Shuffled, so that one scan follows another of any series.
  for (let at = codes.length - 1; at > 0; at--) {
    const other = uniformInt(draw, at + 1);
    [codes[at], codes[other]] = [codes[other] as string, codes[at] as string];
  }
  return codes;
}

function fillShards(shards: ShardStore, region: TestRegion): void {
  const { height, timeMs } = region.head.header;
  for (const shard of region.state.shardIds()) {
    const leaves = [...region.state.leaves(shard)];
    const root = region.state.shardRootOf(shard) as Uint8Array;
    const certified = { shard, height, timeMs, hasRoot: (computed: Uint8Array) => equalBytes(computed, root) };
    if (shards.install({ leaves, certified }) !== 'installed') throw new Error(`shard ${shard} was not installed`);
  }
}

/** Ballast: a shard of small objects. Nothing certified it, so its root is taken as it comes. */
function fillObjects(shards: ShardStore, count: number, timeMs: number): void {
  const shard = 'b/04012345678901/BALLAST';
  const install = shards.beginInstall(shard, count);
  const draw = new SeededEntropy('objects');
  for (let first = 0; first < count; first += objectsInPart) {
    const here = Math.min(objectsInPart, count - first);
    const bytes = draw.bytes(here * objectBytes);
    install.add(
      Array.from({ length: here }, (_, at) => ({
        slot: first + at,
        key: `object/${first + at}`,
        value: bytes.slice(at * objectBytes, (at + 1) * objectBytes),
      })),
    );
  }
  if (install.finish({ shard, height: 1, timeMs, hasRoot: () => true }) !== 'installed') throw new Error('no ballast');
}

/** Makes the folder of a till. Takes seconds for a million coupons. */
export async function makeTillCache(folder: string, size: TillCacheSize): Promise<TillCache> {
  const region = new TestRegion({ startMs: Math.floor(systemClock.wallMs()) - 3_600_000, blockTimeMs: 1_000 });
  region.openStore({ store, merchant: 'shop', lanes: ['lane-1'] });
  const codes = issueCoupons(region, size);
  mkdirSync(join(folder, 'state'), { recursive: true, mode: 0o700 });
  const log = createLog({ level: 'error', name: 'bench' });
  const shards = openShardStore({ path: join(folder, 'state', 'shard.db'), log, clock: systemClock });
  fillShards(shards, region);
  if (size.objects > 0) fillObjects(shards, size.objects, region.head.header.timeMs);
  shards.close();
  writeFileAtomic(join(folder, 'genesis.cbor'), encode(genesisFormat, region.genesis), 0o644);
  writeKeyFile(join(folder, 'lane.key'), seedOf(account));
  const configPath = join(folder, 'agent.json');
  const config = {
    genesis: 'genesis.cbor',
    keyFile: 'lane.key',
    stateDir: 'state',
    terminal: account,
    epoch: 1,
    hub: { listen: { host: '127.0.0.1', port: 0 } },
    brokers: [{ url: `mqtt://127.0.0.1:${await freePort()}` }],
    api: { port: 0, tokenFile: 'api-token' },
    allowVolatileState: true,
  };
  writeFileSync(configPath, JSON.stringify(config));
  return { configPath, tokenPath: join(folder, 'api-token'), codes };
}
