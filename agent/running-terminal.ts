/** The running terminal behind `startTerminal`: holds the parts, puts scans in a row, tells listeners what happened. */
import type { Clock, Timer } from '#core/clock';
import type { Entropy } from '#core/entropy';
import { BizainError } from '#core/errors';
import type { Log } from '#core/log';
import { createScanner } from '#drivers/create-scanner';
import type { Scan } from '#drivers/scan';
import type { Scanner } from '#drivers/scanner';
import { storeShard } from '#ledger/ids';
import type { Genesis } from '#sync/wire/genesis';
import { BasketDesk } from './checkout/basket-desk.ts';
import { Baskets } from './checkout/baskets.ts';
import { CouponCheckout } from './checkout/coupon-checkout.ts';
import { releaseOpen, writeDown } from './checkout/coupon-entries.ts';
import { rehearse } from './checkout/exposure.ts';
import { LaneBudget } from './checkout/lane-budget.ts';
import { ReceiptWaiter } from './checkout/receipt-waiter.ts';
import { StartGuard } from './checkout/start-guard.ts';
import type { Till } from './checkout/till.ts';
import { Traffic } from './checkout/traffic.ts';
import type { TerminalErrorCode } from './config/errors.ts';
import type { TerminalConfig } from './config/terminal-config.ts';
import type { BasketAnswer, TerminalEvent } from './events.ts';
import { entryDrafter, type NowKnown } from './hub/entry-drafts.ts';
import { HubSide } from './hub/hub-side.ts';
import type { Journal } from './journal/journal.ts';
import { RegionSide } from './region-side.ts';
import { ScanDesk, type ScanWish } from './scan-desk.ts';
import { SettlementDesk } from './settlement-desk.ts';
import type { BooksStatus, QueueItem, Rehearsal, TerminalStatus } from './status.ts';
import { booksOf, queueOf, statusOf } from './status-report.ts';
import type { BasketClosing, ScanInput, Terminal } from './terminal-face.ts';
import type { Verdict } from './verdict/verdict.ts';
import { ProductDesk } from './warehouse/product-desk.ts';
import { WarehouseDesk } from './warehouse/warehouse-desk.ts';

const trafficKey = 'traffic';
const trafficSavePeriodMs = 300_000;
/** Most scans that wait for their turn; further ones are told so at once. */
const scansWaitingMax = 256;
const tooManyScans: TerminalErrorCode = 'TOO_MANY_SCANS';

/** What a running terminal is made of. */
export interface RunningTerminalOptions {
  readonly config: TerminalConfig;
  readonly genesis: Genesis;
  readonly chainId: Uint8Array;
  readonly store: string;
  readonly secretSeed: Uint8Array;
  readonly journal: Journal;
  readonly clock: Clock;
  readonly entropy: Entropy;
  readonly log: Log;
}

/** See the head of the file. */
export class RunningTerminal implements Terminal {
  readonly name: string;
  readonly ready: Promise<void>;
  readonly #options: RunningTerminalOptions;
  readonly #region: RegionSide;
  readonly #hub: HubSide;
  readonly #till: Till;
  readonly #baskets: Baskets;
  readonly #budget: LaneBudget;
  readonly #traffic: Traffic;
  readonly #waiter: ReceiptWaiter;
  readonly #coupons: CouponCheckout;
  readonly #scans: ScanDesk;
  readonly #settlements: SettlementDesk;
  readonly #basketDesk: BasketDesk;
  readonly #scanners: { readonly transport: string; readonly scanner: Scanner }[];
  readonly #listeners = new Set<(event: TerminalEvent) => void>();
  #turn: Promise<unknown> = Promise.resolve();
  #waiting = 0;
  #isFlooded = false;
  #isReady = false;
  #lineSinceMs: number;
  #trafficTimer: Timer | null = null;
  #stopped: Promise<void> | null = null;

  constructor(options: RunningTerminalOptions) {
    const { config, journal, clock, entropy, log } = options;
    this.#options = options;
    this.name = config.terminal;
    this.#region = new RegionSide({
      ...options,
      onLine: (connected) => this.#onLine(connected),
      onShard: (shard, height) => this.#onShard(shard, height),
      onAlarm: (code, message) => this.#tell({ type: 'alarm', code, message }),
    });
    const now = (): NowKnown => this.#now();
    const draft = entryDrafter(now);
    const share = { laneShare: config.laneShare, lanes: config.lanes };
    const { shardStore } = this.#region;
    const heightOf = (shard: string): number | null => shardStore.heightOf(shard);
    this.#hub = new HubSide({ ...options, view: shardStore, heightOf, share, draft });
    this.#till = this.#makeTill(now, draft, share);
    this.#lineSinceMs = this.#region.time.interval().lowMs;
    this.#traffic = new Traffic(clock, journal.meta(trafficKey));
    this.#waiter = new ReceiptWaiter(clock);
    this.#budget = new LaneBudget({ journal, store: options.store, shards: this.#till.shards, rule: share });
    const onTimeout = (name: string): void => this.#onBasketTimeout(name);
    this.#baskets = new Baskets({ clock, entropy, idleMs: config.deadlines.basketMs, onTimeout });
    this.#basketDesk = new BasketDesk(this.#till, this.#baskets);
    const checkout = {
      till: this.#till,
      budget: this.#budget,
      baskets: this.#baskets,
      waiter: this.#waiter,
      traffic: this.#traffic,
    };
    this.#coupons = new CouponCheckout({ ...checkout, guard: new StartGuard(journal) });
    const products = new ProductDesk(this.#till);
    this.#scans = new ScanDesk({
      till: this.#till,
      coupons: this.#coupons,
      products,
      warehouse: new WarehouseDesk(this.#till, products),
      mode: config.mode,
      onMode: (mode) => this.#tell({ type: 'mode', mode }),
    });
    this.#settlements = new SettlementDesk(this.#till, checkout, (settlement) =>
      this.#tell({ type: 'settlement', settlement }),
    );
    journal.onSettled((entries) => this.#settlements.settled(entries));
    journal.onFault(({ code, detail }) => this.#tell({ type: 'alarm', code, message: detail }));
    this.#scanners = config.scanners.map((scanner) => ({
      transport: scanner.transport,
      scanner: createScanner(scanner, { clock, log }),
    }));
    this.ready = this.#region.sync.ready.then(() => {
      this.#isReady = true;
    });
  }

  /** Starts the parts in the order in which they need one another. */
  async start(): Promise<void> {
    const released = releaseOpen(this.#till);
    if (released > 0) this.#options.log.warn({ released }, 'reservations of an earlier run are released');
    this.#region.start();
    await this.#hub.start();
    for (const { scanner } of this.#scanners) {
      scanner.onScan((scan) => this.#scanned(scan));
      await scanner.open();
    }
    this.#saveTrafficLater();
  }

  scan(input: ScanInput): Promise<Verdict> {
    return this.#take(input, 'scan', this.#options.clock.monotonicMs());
  }

  redeem(input: ScanInput): Promise<Verdict> {
    return this.#take(input, 'redeem', this.#options.clock.monotonicMs());
  }

  async verify(input: ScanInput): Promise<Verdict> {
    return this.#scans.handle(input, 'verify', this.#options.clock.monotonicMs());
  }

  closeBasket(id: string, closing?: BasketClosing): Promise<BasketAnswer> {
    return this.#inTurn(() => this.#tellBasket(this.#basketDesk.close(id, closing)));
  }

  releaseBasket(id: string): Promise<BasketAnswer> {
    return this.#inTurn(() => this.#tellBasket(this.#basketDesk.release(id)));
  }

  status(): TerminalStatus {
    return statusOf({
      config: this.#options.config,
      till: this.#till,
      region: this.#region,
      budget: this.#budget,
      baskets: this.#baskets,
      traffic: this.#traffic,
      mode: this.#scans.mode,
      isReady: this.#isReady,
      hubUrl: this.#hub.url,
      lineSinceMs: this.#lineSinceMs,
      scanners: this.#scanners,
    });
  }

  queue(): readonly QueueItem[] {
    return queueOf(this.#till);
  }

  books(): BooksStatus {
    return booksOf(this.#options.journal);
  }

  rehearse(): Rehearsal {
    return rehearse(this.#till, this.#budget, this.#traffic);
  }

  subscribe(listener: (event: TerminalEvent) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  stop(): Promise<void> {
    this.#stopped ??= this.#stop();
    return this.#stopped;
  }

  async #stop(): Promise<void> {
    this.#trafficTimer?.cancel();
    await Promise.all(this.#scanners.map(({ scanner }) => scanner.close()));
    this.#waiter.giveUp();
    await this.#turn.catch(() => undefined);
    for (const { name } of this.#baskets.list()) this.#basketDesk.release(name);
    this.#saveTraffic();
    await this.#hub.stop();
    await this.#region.stop();
    this.#options.journal.close();
  }

  #makeTill(now: () => NowKnown, draft: Till['draft'], share: Till['share']): Till {
    const { config, chainId, store, secretSeed, clock, entropy, log, journal } = this.#options;
    const region = this.#region;
    return {
      chainId,
      terminal: config.terminal,
      store,
      epoch: config.epoch,
      secretSeed,
      clock,
      entropy,
      log,
      journal,
      shards: region.shards,
      hub: () => this.#hub,
      now,
      draft,
      isOnline: () => region.isOnline,
      kick: () => region.outbox.kick(),
      share,
      onlineMs: config.deadlines.onlineMs,
      basketMs: config.deadlines.basketMs,
      basketMode: config.basket,
      timeZone: config.timeZone ?? Intl.DateTimeFormat().resolvedOptions().timeZone,
    };
  }

  #now(): NowKnown {
    const { lowMs, highMs } = this.#region.time.interval();
    return { seenHeight: this.#region.light.head?.header.height ?? 0, timeLowMs: lowMs, timeHighMs: highMs };
  }

  async #take(input: ScanInput, wish: ScanWish, startedMs: number): Promise<Verdict> {
    const verdict = await this.#inTurn(() => this.#scans.handle(input, wish, startedMs));
    this.#settlements.gave(verdict);
    this.#tell({ type: 'verdict', verdict });
    return verdict;
  }

  /** Nobody waits for the answer to a scanner's scan: that it came too fast is told, and no reason to end. */
  #scanned({ data, aim, device, monotonicMs }: Scan): void {
    const taken = this.#take({ data, aim, device }, 'scan', monotonicMs);
    taken.catch((error: unknown) => {
      if (!(error instanceof BizainError) || error.code !== tooManyScans) throw error;
      if (!this.#isFlooded) this.#tell({ type: 'alarm', code: error.code, message: error.message });
      this.#isFlooded = true;
    });
  }

  /** One after another: a scan sees what the one before it has written. */
  #inTurn<T>(work: () => T | Promise<T>, isDuty = false): Promise<T> {
    if (this.#waiting >= scansWaitingMax && !isDuty) {
      const message = `More than ${scansWaitingMax} scans are waiting at ${this.name}. Scan again when they are answered.`;
      return Promise.reject(new BizainError({ code: tooManyScans, message, retryable: true }));
    }
    this.#waiting++;
    const done = this.#turn.then(work).finally(() => {
      this.#waiting--;
      if (this.#waiting === 0) this.#isFlooded = false;
    });
    this.#turn = done.catch(() => undefined);
    return done;
  }

  #tellBasket(basket: BasketAnswer): BasketAnswer {
    this.#tell({ type: 'basket', basket });
    return basket;
  }

  #onBasketTimeout(name: string): void {
    this.#options.log.warn({ basket: name }, 'an untouched basket is released');
    void this.#inTurn(() => this.#tellBasket(this.#basketDesk.release(name)), true);
  }

  #onShard(shard: string, height: number): void {
    this.#tell({ type: 'shard', shard, height });
    if (shard !== storeShard(this.#options.store) || this.#hub.desk === null) return;
    void this.#inTurn(() => {
      const given = writeDown(this.#till, (tx) => this.#hub.desk?.answerRecalls(tx) ?? 0);
      if (!given.ok || given.value === 0) return;
      this.#options.log.info({ rights: given.value }, 'what was recalled and not promised is given back');
      this.#till.kick();
    }, true);
  }

  #onLine(connected: boolean): void {
    this.#lineSinceMs = this.#region.time.interval().lowMs;
    this.#tell({ type: 'line', connected, atMs: this.#lineSinceMs });
  }

  #tell(event: TerminalEvent): void {
    for (const listener of this.#listeners) listener(event);
  }

  #saveTrafficLater(): void {
    this.#trafficTimer = this.#options.clock.setTimer(trafficSavePeriodMs, () => {
      this.#saveTraffic();
      this.#saveTrafficLater();
    });
  }

  #saveTraffic(): void {
    const { journal, log } = this.#options;
    try {
      journal.atomically((tx) => tx.putMeta(trafficKey, this.#traffic.export()));
    } catch (error) {
      if (!(error instanceof BizainError)) throw error;
      log.warn({ code: error.code }, 'the usual traffic could not be kept for the next start');
    }
  }
}
