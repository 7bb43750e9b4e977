/** The terminals of the region's bench: many lanes with keys of their own, whose segments are sealed before the clock runs. */
import { readKeyFile } from '#core/atomic-file';
import { sleep, systemClock } from '#core/clock';
import { itemsMax } from '#ledger/coupons/operations';
import type { Operation } from '#ledger/operation';
import { chainIdOf } from '#sync/wire/genesis';
import { topicsOf } from '#sync/wire/topics';
import { type Draft, seedOf, TestAuthor } from '../fixtures/region.ts';
import { RawPublisher, type ReadyPacket, readyPacket } from './raw-publisher.ts';
import { benchIssuer, benchMerchant, benchTerms, type CouponStock, gcnOf, redemption, storeOf } from './redemption.ts';
import type { RegionHost } from './region-host.ts';

/** How many there are, and what there is to redeem. */
export interface TerminalsSize extends CouponStock {
  readonly stores: number;
  readonly lanesInStore: number;
}

/** One sealed segment of a lane, ready to be sent. */
export interface SealedSegment {
  readonly lane: number;
  readonly first: number;
  readonly last: number;
  readonly packet: ReadyPacket;
}

/** Lanes that no load writes for. */
const spareLanes = 2;
const setUpMsMax = 120_000;

/** Lanes of a region that has been set up for them. */
export class Terminals {
  readonly publisher: RawPublisher;
  readonly host: RegionHost;
  readonly authors: readonly TestAuthor[];
  readonly #size: TerminalsSize;
  readonly #topics: ReturnType<typeof topicsOf>;
  /** What is left of a lane's last redemption. */
  readonly #halves = new Map<number, Operation[]>();
  #redemptions = 0;
  #turn = 0;

  private constructor(host: RegionHost, size: TerminalsSize, publisher: RawPublisher, authors: readonly TestAuthor[]) {
    this.host = host;
    this.#size = size;
    this.publisher = publisher;
    this.authors = authors;
    this.#topics = topicsOf(chainIdOf(host.genesis));
  }

  /** Registers accounts, opens stores, enrols lanes, issues the coupons: by operations, through the region. */
  static async open(host: RegionHost, size: TerminalsSize): Promise<Terminals> {
    const chainId = chainIdOf(host.genesis);
    const publisher = await RawPublisher.open(host.brokerPort, 'bench-load');
    const stores = Array.from({ length: size.stores }, (_, at) => storeOf(at));
    const lanes = Array.from({ length: size.lanesInStore }, (_, at) => `lane-${at + 1}`);
    // Neighbours of the list are lanes of different stores.
    const authors = lanes.flatMap((lane) =>
      stores.map((store) => new TestAuthor(chainId, `${store}/${lane}`, { epoch: 1 })),
    );
    const terminals = new Terminals(host, size, publisher, authors);
    await terminals.#setUp(stores, lanes);
    return terminals;
  }

  close(): void {
    this.publisher.close();
  }

  /** Lanes that `seal` takes in turn; the others are left to whoever names them. */
  get loadLanes(): number {
    return this.authors.length - spareLanes;
  }

  /** Seals the next segments, the lanes in turn. */
  seal(count: number, entries: number): SealedSegment[] {
    return Array.from({ length: count }, () => this.sealNext(this.#turn++ % this.loadLanes, entries));
  }

  /** Seals the next segment of one lane: redemptions, cut where the segment ends and gone on with in the next. */
  sealNext(lane: number, entries: number): SealedSegment {
    const author = this.authors[lane] as TestAuthor;
    const first = author.nextSequence();
    const half = this.#halves.get(lane) ?? [];
    while (half.length < entries) half.push(...redemption(this.#size, this.#redemptions++, first + half.length));
    const operations = half.splice(0, entries);
    this.#halves.set(lane, half);
    const packet = readyPacket(this.#topics.up(author.account), author.seal(...operations.map(now)));
    return { lane, first, last: first + entries - 1, packet };
  }

  async #setUp(stores: readonly string[], lanes: readonly string[]): Promise<void> {
    const { host } = this;
    const chainId = chainIdOf(host.genesis);
    const admin = new TestAuthor(chainId, 'admin', { seed: readKeyFile(host.created.adminKeyFile) });
    const issuer = new TestAuthor(chainId, benchIssuer, { seed: seedOf(benchIssuer) });
    const { publicKey } = issuer;
    await this.#settle(admin, [
      { kind: 'account.register', id: benchIssuer, role: 0, publicKey, name: 'Issuer' },
      { kind: 'account.register', id: benchMerchant, role: 2, publicKey, name: 'Merchant' },
    ]);
    for (const store of stores) {
      await this.#settle(admin, [
        { kind: 'store.open', store, merchant: benchMerchant, name: store, market: 'DE' },
        ...lanes.map((lane): Operation => {
          const key = this.authors.find(({ account }) => account === `${store}/${lane}`)?.publicKey ?? publicKey;
          return { kind: 'terminal.enroll', store, lane, publicKey: key, epoch: 1 };
        }),
      ]);
    }
    const { series, couponsInSeries } = this.#size;
    for (let at = 0; at < series; at++) {
      const gcn = gcnOf(at);
      const issues: Operation[] = [];
      for (let firstSerial = 0; firstSerial < couponsInSeries; firstSerial += itemsMax) {
        const count = Math.min(itemsMax, couponsInSeries - firstSerial);
        issues.push({ kind: 'coupon.issue', gcn, firstSerial, count, keyCommitments: new Uint8Array(0) });
      }
      const terms = benchTerms(Math.floor(systemClock.wallMs()));
      await this.#settle(issuer, [{ kind: 'series.define', gcn, terms }, ...issues]);
    }
    const { entries } = await host.status(0);
    if (entries.other > 0) throw new Error(`${entries.other} operations of the setting up were refused`);
  }

  /** One segment, and nothing else until every validator has executed it. */
  async #settle(author: TestAuthor, operations: readonly Operation[]): Promise<void> {
    const before = await this.host.status(0);
    const wanted = before.entries.applied + operations.length;
    this.publisher.send([readyPacket(this.#topics.up(author.account), author.seal(...operations.map(now)))]);
    await this.host.until(({ entries }) => entries.applied + entries.other >= wanted, setUpMsMax);
    await sleep(systemClock, 0);
  }
}

function now(operation: Operation): Draft {
  const timeMs = Math.floor(systemClock.wallMs());
  return { operation, timeLowMs: timeMs, timeHighMs: timeMs };
}
