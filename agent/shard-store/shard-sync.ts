/**
 * Keeps the wanted shards at the region's head: snapshots first, deltas as they come, questions where deltas were missed
 * or withheld. Everything passes the light client before the store sees it.
 */
import type { Clock, Timer } from '#core/clock';
import type { Log } from '#core/log';
import type { ShardId } from '#ledger/ids';
import type { CertifiedShard } from '#sync/light-client/certified-shard';
import type { LightClient } from '#sync/light-client/light-client';
import type { RegionLine } from '#sync/outbox/region-line';
import type { DeltaMessage } from '#sync/wire/gateway-message';
import { type Confirmation, HeadCheck } from './head-check.ts';
import type { ShardStore } from './shard-store.ts';
import { type FetchOutcome, fetchSnapshot } from './snapshot-fetch.ts';
import { deltaFilters, namedShards, requiredShards, type WantedShards, wantedTest } from './wanted-shards.ts';

/** Shards followed at most. */
const shardsMax = 4_096;
const directoryPagesMax = 256;
const refreshesAtATime = 4;
/** Least time between two questions about one shard, however many messages ask for it. */
const refreshSpacingMs = 250;
const tickMs = 250;

/** Periods of a sync, ms. */
export interface ShardSyncTiming {
  /** Own store and region: asked for when nothing was heard of them for so long though the head moved on. */
  readonly checkMs: number;
  /** The same for series and batches. */
  readonly referenceCheckMs: number;
  readonly directoryMs: number;
  readonly askMs: number;
  readonly retryMs: number;
  readonly retryMsMax: number;
}
const timingDefault: ShardSyncTiming = {
  checkMs: 15_000,
  referenceCheckMs: 60_000,
  directoryMs: 60_000,
  askMs: 5_000,
  retryMs: 500,
  retryMsMax: 15_000,
};

/** What a sync uses of a line. */
export type ShardLine = Pick<
  RegionLine,
  'connected' | 'on' | 'ask' | 'askAny' | 'askOne' | 'subscribeDeltas' | 'topics'
>;

/** What a sync needs. `onChange` follows each change of a shard's content or height. */
export interface ShardSyncOptions {
  readonly line: ShardLine;
  readonly light: LightClient;
  readonly store: ShardStore;
  readonly wanted: WantedShards;
  readonly clock: Clock;
  readonly log: Log;
  readonly onChange?: (shard: ShardId) => void;
  readonly timing?: Partial<ShardSyncTiming>;
}

/** One shard for the screen. */
export interface ShardStatus {
  readonly shard: ShardId;
  readonly held: boolean;
  readonly height: number | null;
  readonly leafCount: number;
  /** Ms since it was last known to be what the region's head says; null while never in this run. */
  readonly ageMs: number | null;
  /** Why the last attempt to fetch it failed; null where it did not. */
  readonly trouble: Exclude<FetchOutcome, 'installed'> | null;
}

interface Followed {
  readonly checkMs: number;
  /** Ask, whatever the head says: messages may have been missed. */
  mustAsk: boolean;
  /** The newest certified block that the shard was compared with in this run. */
  proved: Confirmation | null;
  /** The same, once that block was not behind what the validators had when they were asked. */
  confirmed: Confirmation | null;
  nextCheckMs: number;
  lastAskedMs: number;
  failures: number;
  busy: boolean;
  trouble: ShardStatus['trouble'];
}

/** See the file's head. */
export class ShardSync {
  /** Resolves once every required shard is held: at once from an earlier run's cache, else after the first full pass. */
  readonly ready: Promise<void>;
  readonly #options: ShardSyncOptions;
  readonly #timing: ShardSyncTiming;
  readonly #log: Log;
  readonly #isWanted: (shard: ShardId) => boolean;
  readonly #required: ReadonlySet<ShardId>;
  readonly #followed = new Map<ShardId, Followed>();
  readonly #waiting = new Set<ShardId>();
  readonly #heads: HeadCheck;
  #active = 0;
  #becomeReady: () => void = () => undefined;
  #isReady = false;
  #listed = false;
  #listing = false;
  /** The validator whose list is read next. */
  #lister = 0;
  #nextListMs = 0;
  #timer: Timer | null = null;
  #running = false;
  #listening = false;

  constructor(options: ShardSyncOptions) {
    this.#options = options;
    this.#timing = { ...timingDefault, ...options.timing };
    this.#log = options.log.child({ part: 'shard-sync' });
    this.#isWanted = wantedTest(options.wanted);
    this.#required = new Set(requiredShards(options.wanted));
    const { askMs, retryMs } = this.#timing;
    this.#heads = new HeadCheck({ ...options, askMs, retryMs, onKnown: () => this.#onHeadKnown() });
    this.ready = new Promise((resolve) => {
      this.#becomeReady = resolve;
    });
  }

  /** Follows the wanted shards until `stop`; shards of an earlier configuration are dropped. */
  start(): void {
    const { line, store, wanted } = this.#options;
    this.#running = true;
    for (const { shard } of store.shards()) {
      if (this.#isWanted(shard)) this.#follow(shard);
      else store.drop(shard);
    }
    for (const shard of namedShards(wanted)) this.#follow(shard);
    this.#isReady = this.#requiredHeld();
    if (this.#isReady) this.#becomeReady();
    line.subscribeDeltas(deltaFilters(wanted, line.topics));
    if (!this.#listening) {
      this.#listening = true;
      line.on('up', () => this.#onUp());
      line.on('delta', (message) => this.#onDelta(message));
    }
    if (line.connected) this.#onUp();
    this.#tick();
  }

  stop(): void {
    this.#running = false;
    this.#timer?.cancel();
    this.#timer = null;
    this.#heads.forget();
    this.#waiting.clear();
  }

  /** Every followed shard. */
  state(): ShardStatus[] {
    const { clock, store } = this.#options;
    const nowMs = clock.monotonicMs();
    return [...this.#followed].map(([shard, { confirmed, trouble }]) => ({
      shard,
      held: store.holds(shard),
      height: store.heightOf(shard),
      leafCount: store.leafCount(shard),
      ageMs: confirmed === null ? null : Math.round(nowMs - confirmed.atMs),
      trouble,
    }));
  }

  /** When the shard was last known to be what the region's head says, and that block's time; null while never in this run. */
  confirmation(shard: ShardId): Confirmation | null {
    return this.#followed.get(shard)?.confirmed ?? null;
  }

  /** Whether the shard was confirmed since the line last came up: nothing published while it was down can be missing. */
  isCurrent(shard: ShardId): boolean {
    const followed = this.#followed.get(shard);
    return this.#options.line.connected && followed !== undefined && followed.confirmed !== null && !followed.mustAsk;
  }

  #requiredHeld(): boolean {
    return [...this.#required].every((shard) => this.#options.store.holds(shard));
  }

  #follow(shard: ShardId): Followed | null {
    const known = this.#followed.get(shard);
    if (known !== undefined) return known;
    if (this.#followed.size >= shardsMax) {
      this.#log.warn({ shard, shardsMax }, 'too many shards: name fewer series or batches in the configuration');
      return null;
    }
    const nextCheckMs = this.#options.clock.monotonicMs();
    const followed: Followed = {
      checkMs: this.#required.has(shard) ? this.#timing.checkMs : this.#timing.referenceCheckMs,
      mustAsk: true,
      proved: null,
      confirmed: null,
      nextCheckMs,
      lastAskedMs: -refreshSpacingMs,
      failures: 0,
      busy: false,
      trouble: null,
    };
    this.#followed.set(shard, followed);
    return followed;
  }

  #onUp(): void {
    if (!this.#running) return;
    // Whatever was published while the line was down is gone.
    const nowMs = this.#options.clock.monotonicMs();
    for (const followed of this.#followed.values()) Object.assign(followed, { nextCheckMs: nowMs, mustAsk: true });
    this.#nextListMs = nowMs;
    this.#heads.forget();
    this.#work();
  }

  /** What was proved before the validators' heads were heard counts from when it was proved, or is asked for again. */
  #onHeadKnown(): void {
    if (!this.#running) return;
    const nowMs = this.#options.clock.monotonicMs();
    for (const followed of this.#followed.values()) {
      if (followed.proved !== null && this.#heads.reaches(followed.proved.height)) {
        followed.confirmed = followed.proved;
        followed.mustAsk = false;
      } else if (followed.proved !== null) followed.nextCheckMs = nowMs;
    }
    this.#work();
  }

  /** Looks a few times a second for what is due: a shard that fell behind the head, or the list of shards. */
  #tick(): void {
    if (!this.#running) return;
    this.#work();
    this.#timer = this.#options.clock.setTimer(tickMs, () => this.#tick());
  }

  #work(): void {
    const { clock, light, line, store } = this.#options;
    if (!this.#running || !line.connected) return;
    const nowMs = clock.monotonicMs();
    this.#heads.ask();
    if (!this.#listing && nowMs >= this.#nextListMs) void this.#list();
    const headHeight = light.head?.header.height ?? 0;
    for (const [shard, followed] of this.#followed) {
      if (followed.busy || nowMs < followed.nextCheckMs) continue;
      const height = store.heightOf(shard);
      // At the head, until the head moves: nothing to ask.
      if (height === null || height < headHeight || followed.mustAsk) this.#waiting.add(shard);
    }
    for (const shard of this.#waiting) {
      if (this.#active >= refreshesAtATime) break;
      const followed = this.#followed.get(shard);
      if (followed?.busy === true || nowMs - (followed?.lastAskedMs ?? nowMs) < refreshSpacingMs) continue;
      this.#waiting.delete(shard);
      if (followed !== undefined) void this.#refresh(shard, followed);
    }
    if (!this.#isReady && this.#listed && this.#active === 0 && this.#waiting.size === 0 && this.#requiredHeld()) {
      this.#isReady = true;
      this.#becomeReady();
    }
  }

  async #refresh(shard: ShardId, followed: Followed): Promise<void> {
    const { clock, store } = this.#options;
    followed.busy = true;
    followed.lastAskedMs = clock.monotonicMs();
    this.#active++;
    const outcome = store.holds(shard) ? await this.#catchUp(shard) : 'behind';
    const fetched = outcome === 'behind' ? await this.#fetch(shard, followed) : outcome;
    // A new shard is in no checkpoint yet: its deltas from the empty shard on are all of it.
    const first = fetched === 'absent' ? await this.#catchUp(shard) : fetched;
    const result = first === 'behind' || first === 'unanswered' ? fetched : first;
    this.#active--;
    followed.busy = false;
    if (!this.#running) return;
    if (result === 'installed') this.#prove(shard, followed);
    else {
      followed.trouble = result;
      const { retryMs, retryMsMax } = this.#timing;
      followed.nextCheckMs = clock.monotonicMs() + Math.min(retryMs * 2 ** Math.min(followed.failures, 16), retryMsMax);
      followed.failures++;
    }
    if (result === 'installed') this.#options.onChange?.(shard);
    this.#work();
  }

  /** The shard has just been compared with a certified root, at the height at which the store has it now. */
  #prove(shard: ShardId, followed: Followed): void {
    const { clock, store } = this.#options;
    const nowMs = clock.monotonicMs();
    const height = store.heightOf(shard) ?? 0;
    followed.proved = { height, timeMs: store.certifiedTimeOf(shard) ?? 0, atMs: nowMs };
    followed.failures = 0;
    followed.trouble = null;
    followed.nextCheckMs = nowMs + followed.checkMs;
    if (this.#heads.reaches(height)) {
      followed.confirmed = followed.proved;
      followed.mustAsk = false;
    } else if (this.#heads.known) followed.nextCheckMs = nowMs + this.#timing.retryMs;
  }

  /** Asks what changed since the held height; `behind` when only a snapshot helps. */
  async #catchUp(shard: ShardId): Promise<FetchOutcome | 'behind'> {
    const { light, line, store } = this.#options;
    const afterHeight = store.heightOf(shard) ?? 0;
    const asked = await line.ask({ kind: 'deltas', shard, afterHeight }, this.#timing.askMs);
    if (!asked.ok || !this.#running) return 'unanswered';
    if (asked.value.kind === 'none') return asked.value.reason === 'TOO_OLD' ? 'behind' : 'unanswered';
    if (asked.value.kind !== 'deltas' || asked.value.message.delta.shard !== shard) return 'lie';
    const checked = light.checkDelta(asked.value.message);
    if (!checked.ok) {
      this.#log.warn({ shard, fault: checked.reason }, 'a delta that is not proved was dropped');
      return 'lie';
    }
    const outcome = store.apply(checked.value.delta, checked.value.certified);
    if (outcome === 'full') return 'full';
    if (outcome === 'stale') return this.#sameAsHeld(shard, checked.value.certified) ? 'installed' : 'unanswered';
    return outcome === 'applied' ? 'installed' : 'behind';
  }

  /** Whether the certificate says that the shard as held is what it was at just that height: an idle region has no news. */
  #sameAsHeld(shard: ShardId, certified: CertifiedShard): boolean {
    const { store } = this.#options;
    const root = store.rootOf(shard);
    return root !== null && certified.height === store.heightOf(shard) && certified.hasRoot(root);
  }

  async #fetch(shard: ShardId, followed: Followed): Promise<FetchOutcome> {
    const { clock, light, line, store } = this.#options;
    // After a failure the validators are tried in turn: one of them is honest and there.
    const from = followed.failures === 0 ? {} : { from: followed.failures % light.validators.length };
    const outcome = await fetchSnapshot({ clock, line, light, store, ...from }, shard);
    if (outcome === 'lie') {
      this.#log.warn({ shard, ...from }, 'a snapshot was not what the certificate says; another validator is asked');
    }
    return outcome;
  }

  #onDelta(message: DeltaMessage): void {
    const { light, store } = this.#options;
    const { shard } = message.delta;
    if (!this.#running || !this.#isWanted(shard)) return;
    const followed = this.#follow(shard);
    if (followed === null) return;
    const checked = light.checkDelta(message);
    if (!checked.ok) {
      this.#log.warn({ shard, fault: checked.reason }, 'a delta that is not proved was dropped');
      return;
    }
    const outcome = store.apply(checked.value.delta, checked.value.certified);
    if (outcome === 'applied') {
      this.#prove(shard, followed);
      this.#options.onChange?.(shard);
    } else if (outcome === 'gap' || outcome === 'mismatch') {
      this.#waiting.add(shard);
      this.#work();
    }
  }

  /**
   * Walks the region's list of shards for wanted ones that are new, each time by the next validator: sharing the turns of other
   * questions, it could be the same liar's time after time. The list is advice: an invented shard proves nothing.
   */
  async #list(): Promise<void> {
    const { clock, light, line } = this.#options;
    const validator = this.#lister;
    this.#lister = (validator + 1) % light.validators.length;
    this.#listing = true;
    let afterIndex: number | null = null;
    let complete = false;
    for (let page = 0; page < directoryPagesMax && this.#running; page++) {
      const asked = await line.askOne({ kind: 'directory', afterIndex }, this.#timing.askMs / 2, validator);
      if (!asked.ok || asked.value.kind !== 'directory') break;
      for (const { shard } of asked.value.shards) if (this.#isWanted(shard)) this.#follow(shard);
      const last = asked.value.shards.at(-1);
      complete = asked.value.more === 0 || last === undefined;
      if (complete || last === undefined || last.index <= (afterIndex ?? -1)) break;
      afterIndex = last.index;
    }
    this.#listing = false;
    this.#nextListMs = clock.monotonicMs() + (complete ? this.#timing.directoryMs : this.#timing.retryMs);
    this.#listed ||= complete;
    this.#work();
  }
}
