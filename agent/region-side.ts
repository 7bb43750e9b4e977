/** A terminal's side towards the region: line, light client, shard store and its sync, outbox, certified time, anchoring. */
import { join } from 'node:path';
import type { Clock, Timer } from '#core/clock';
import type { Entropy } from '#core/entropy';
import { BizainError } from '#core/errors';
import { decode, encode } from '#core/format';
import { readFormatFile } from '#core/format-file';
import type { Log } from '#core/log';
import { faultText, type Result } from '#core/result';
import { storeShard } from '#ledger/ids';
import { streamHead } from '#ledger/journal/stream-head';
import { LightClient } from '#sync/light-client/light-client';
import { lightPlaceFormat, trustingPeriodMs } from '#sync/light-client/light-place';
import { EpochSync } from '#sync/outbox/epoch-sync';
import { Outbox, type OutboxAlarm } from '#sync/outbox/outbox';
import { RegionLine } from '#sync/outbox/region-line';
import type { Genesis } from '#sync/wire/genesis';
import { operatorCheckpointFormat } from '#sync/wire/operator-checkpoint';
import { recoveryPageFormat } from '#sync/wire/recovery-page';
import type { CachedShards } from './checkout/till.ts';
import { entryPointsOf } from './config/entry-points.ts';
import type { TerminalConfig } from './config/terminal-config.ts';
import type { Journal } from './journal/journal.ts';
import { openShardStore, type ShardStore } from './shard-store/shard-store.ts';
import { ShardSync } from './shard-store/shard-sync.ts';
import { CertifiedTime } from './time/certified-time.ts';
import { LotIndex } from './verdict/lot-index.ts';

/** How long the line must have been up, after it was lost, before scans are put to the region again. */
export const steadyLineMs = 2_000;
const placeKey = 'light/place';
const timeKey = 'time/low';
const anchorPeriodMs = 500;
const lotsListedMax = 4_096;

/** What a region side needs. */
export interface RegionSideOptions {
  readonly config: TerminalConfig;
  readonly genesis: Genesis;
  readonly store: string;
  readonly journal: Journal;
  readonly clock: Clock;
  readonly entropy: Entropy;
  readonly log: Log;
  readonly onLine: (connected: boolean) => void;
  readonly onShard: (shard: string, height: number) => void;
  readonly onAlarm: (code: string, message: string) => void;
}

/** See the head of the file. */
export class RegionSide {
  readonly light: LightClient;
  readonly line: RegionLine;
  readonly shardStore: ShardStore;
  readonly sync: ShardSync;
  readonly time: CertifiedTime;
  readonly outbox: Outbox;
  readonly #lots: LotIndex;
  readonly #epochs: EpochSync;
  readonly #options: RegionSideOptions;
  #timer: Timer | null = null;
  #upSinceMs: number | null = null;
  #wasUp = false;
  #forkTold: string | null = null;
  #expiryTold = false;
  /** Why what the operators have signed helps nobody: told once the line is up, when somebody listens. */
  #operatorsFault: string | null;

  constructor(options: RegionSideOptions) {
    const { config, genesis, journal, clock, entropy, log, store } = options;
    this.#options = options;
    this.shardStore = openShardStore({ path: join(config.stateDir, 'shard.db'), log, clock });
    this.#lots = new LotIndex(this.shardStore, (tradeItem) => this.#lotsOf(tradeItem));
    const persistedMs = Math.max(genesis.timeMs, readNumber(journal.meta(timeKey)));
    this.time = new CertifiedTime({ clock, persistedMs, persist: (lowMs) => this.#persist(lowMs) });
    const stored = journal.meta(placeKey);
    const trusted = stored === null ? null : decode(lightPlaceFormat, stored);
    const onHead = ({ header }: { readonly header: { readonly timeMs: number } }): void =>
      this.time.observe(header.timeMs);
    // A head of an earlier run says how far the chain was, not what time it is now.
    let live = false;
    this.light = new LightClient(genesis, trusted?.ok ? trusted.value : undefined, {
      onHead: (head) => {
        if (!live) return;
        onHead(head);
        this.line.useValidators(this.light.validators);
      },
      onFork: (detail) => this.#onFork(detail),
      onUnknownSet: () => {
        if (live) this.#epochs.want();
      },
      // A board without a clock has only what it was told; it cannot notice how long it slept.
      presentMs: () => Math.max(this.time.interval().lowMs, clock.wallMs()),
    });
    this.#operatorsFault = this.#hearOperators(config);
    this.line = new RegionLine({
      chainId: this.light.chainId,
      validatorCount: this.light.validators.length,
      account: config.terminal,
      clientName: `till-${config.terminal.replace('/', '_')}`,
      entryPoints: entryPointsOf(genesis, config),
      clock,
      entropy,
      log,
    });
    this.#epochs = new EpochSync({ line: this.line, light: this.light, clock, log });
    live = true;
    const wanted = { store, ...config.cache };
    this.sync = new ShardSync({
      line: this.line,
      light: this.light,
      store: this.shardStore,
      wanted,
      clock,
      log,
      onChange: (shard) => options.onShard(shard, this.shardStore.heightOf(shard) ?? 0),
    });
    this.outbox = new Outbox({
      source: journal,
      line: this.line,
      light: this.light,
      account: config.terminal,
      epoch: config.epoch,
      clock,
      log,
      onSettled: () => undefined,
      onAlarm: (alarm) => this.#onOutboxAlarm(alarm),
    });
    this.#listen();
  }

  /** Connects, follows the shards, sends the queue. */
  start(): void {
    this.sync.start();
    this.outbox.start();
    this.line.useValidators(this.light.validators);
    this.line.start();
    this.#anchorLater();
  }

  /** Ends everything and closes the shard store. */
  async stop(): Promise<void> {
    this.#timer?.cancel();
    this.outbox.stop();
    this.sync.stop();
    await this.line.stop();
    this.time.stop();
    this.shardStore.close();
  }

  /** Whether scans may be put to the region: the line is up, and if it was lost before, for long enough. */
  get isOnline(): boolean {
    if (!this.line.connected || this.#upSinceMs === null || this.light.head === null) return false;
    return !this.#wasUp || this.#options.clock.monotonicMs() - this.#upSinceMs >= steadyLineMs;
  }

  /** The cached shards as the checkout sees them. */
  get shards(): CachedShards {
    const { shardStore } = this;
    return {
      view: shardStore,
      heightOf: (shard) => shardStore.heightOf(shard),
      ageMs: (shard) => this.#ageMs(shard),
      isFresh: (shard) => shardStore.holds(shard) && this.sync.isCurrent(shard),
      lotsListing: (tradeItem, serial) => this.#lots.lotsListing(tradeItem, serial),
    };
  }

  /** Whether the shard was compared with the region's head since this start. */
  isConfirmed(shard: string): boolean {
    return this.shardStore.holds(shard) && this.sync.confirmation(shard) !== null;
  }

  /** New foundings and a checkpoint, as the configuration names them; gives the last fault. */
  #hearOperators({ recoveryFiles, checkpointFile }: TerminalConfig): string | null {
    const faults = recoveryFiles.map((file) => {
      const read = readFormatFile(file, recoveryPageFormat);
      return this.#heard(file, read.ok ? this.light.refound(read.value) : read);
    });
    if (checkpointFile !== undefined) {
      const read = readFormatFile(checkpointFile, operatorCheckpointFormat);
      faults.push(this.#heard(checkpointFile, read.ok ? this.light.trust(read.value) : read));
    }
    return faults.findLast((fault) => fault !== null) ?? null;
  }

  #heard(file: string, heard: Result<'newer' | 'older'>): string | null {
    if (heard.ok) {
      this.#options.log.info({ file, age: heard.value }, 'a word of the operators');
      return null;
    }
    const { reason, detail } = heard;
    this.#options.log.warn({ file, reason, detail }, 'a word of the operators that is not believed');
    return `${file} is not believed (${faultText(heard)}). See what is in it with "bizain region checkpoint show" or "bizain region recovery show", and get it again from the region's operators.`;
  }

  #listen(): void {
    const { clock, onLine } = this.#options;
    this.line.on('head', (lightBlock) => {
      const accepted = this.light.acceptHead(lightBlock);
      if (accepted.ok) this.time.observe(lightBlock.header.timeMs);
      else if (accepted.reason === 'TRUST_EXPIRED') this.#onTrustExpired();
    });
    this.line.on('up', () => {
      if (this.#operatorsFault !== null) this.#options.onAlarm('BAD_CHECKPOINT', this.#operatorsFault);
      this.#operatorsFault = null;
      this.#upSinceMs = clock.monotonicMs();
      onLine(true);
    });
    this.line.on('down', () => {
      this.#upSinceMs = null;
      this.#wasUp = true;
      onLine(false);
    });
  }

  /** Told once a contradiction: whoever repeats the message does not fill the event log with it. */
  #onFork(detail: string): void {
    if (detail === this.#forkTold) return;
    this.#forkTold = detail;
    this.#options.log.error({ detail }, 'the region contradicts itself');
    const message = `The region's validators certified two histories: ${detail}. Call the region's operator.`;
    this.#options.onAlarm('FORKED_REGION', message);
  }

  #onTrustExpired(): void {
    if (this.#expiryTold) return;
    this.#expiryTold = true;
    const message = `This terminal has not heard of the region's validators for over ${trustingPeriodMs / 86_400_000} days and can no longer tell them from former ones. Name a checkpoint signed by the region's operators as "checkpointFile" in its configuration, start it again, and check the clock.`;
    this.#options.onAlarm('TRUST_EXPIRED', message);
  }

  #onOutboxAlarm(alarm: OutboxAlarm | null): void {
    if (alarm === null) this.#options.onAlarm('OUTBOX_WELL', 'The region takes entries again.');
    else
      this.#options.onAlarm(
        `OUTBOX_${alarm.reason}`,
        `The region does not take this terminal's entries: ${alarm.detail}`,
      );
  }

  /** The journal's head is matched against the ledger's as soon as the store's shard is known to be current. */
  #anchorLater(): void {
    const { journal, clock, config, store } = this.#options;
    if (journal.anchored || journal.blockedBy !== null) return;
    if (this.line.connected && this.isConfirmed(storeShard(store))) {
      for (const stream of [0, 1]) {
        const known = streamHead(this.shardStore, config.terminal, config.epoch, stream);
        const match = journal.compareWithAnchor(stream, known);
        if (match === 'behind' || match === 'forked') {
          const message = `The region knows other entries of this terminal than its journal (${match}). Nothing is taken until the missing entries are adopted or a new epoch is enrolled.`;
          this.#options.onAlarm(match === 'behind' ? 'JOURNAL_BEHIND' : 'FORKED_JOURNAL', message);
        }
      }
    }
    this.#timer = clock.setTimer(anchorPeriodMs, () => this.#anchorLater());
  }

  #ageMs(shard: string): number | null {
    const certifiedMs = this.shardStore.certifiedTimeOf(shard);
    if (certifiedMs === null) return null;
    const { lowMs, highMs } = this.time.interval();
    const confirmed = this.sync.confirmation(shard);
    if (confirmed === null) return Math.max(0, highMs - certifiedMs);
    // Messages that were held back arrive with a block that is older than the time known by then.
    const sinceMs = Math.round(this.#options.clock.monotonicMs() - confirmed.atMs);
    return Math.max(sinceMs, lowMs - confirmed.timeMs);
  }

  #lotsOf(tradeItem: string): readonly string[] {
    const prefix = `b/${tradeItem}/`;
    const lots: string[] = [];
    for (const { shard } of this.shardStore.shards()) {
      if (shard.startsWith(prefix) && lots.length < lotsListedMax) lots.push(shard.slice(prefix.length));
    }
    return lots;
  }

  /** Keeps time and head for the next start. A journal without space loses nothing by leaving this out. */
  #persist(lowMs: number): void {
    const place = encode(lightPlaceFormat, this.light.export());
    try {
      this.#options.journal.atomically((tx) => {
        tx.putMeta(timeKey, new TextEncoder().encode(String(lowMs)));
        tx.putMeta(placeKey, place);
      });
    } catch (error) {
      if (!(error instanceof BizainError)) throw error;
      this.#options.log.warn({ code: error.code }, 'the time could not be kept for the next start');
    }
  }
}

function readNumber(stored: Uint8Array | null): number {
  const value = stored === null ? 0 : Number(new TextDecoder().decode(stored));
  return Number.isSafeInteger(value) && value >= 0 ? value : 0;
}
