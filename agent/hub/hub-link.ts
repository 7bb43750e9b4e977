/**
 * A lane's line to its hub: signed requests with a deadline, a session that is opened again when it went stale, and a
 * breaker, so that a hub that is away costs one deadline and not one a scan. What the hub must hear in the end is repeated.
 */

import { bigintFromBytes } from '#core/bytes';
import type { Clock, Timer } from '#core/clock';
import type { Entropy } from '#core/entropy';
import { decode } from '#core/format';
import type { Log } from '#core/log';
import { bad, ok, type Result } from '#core/result';
import { authorKey } from '#ledger/journal/author-key';
import { readHub } from '#ledger/rights/read';
import type { LedgerView } from '#ledger/state/view';
import {
  type HubAction,
  type HubAnswer,
  hubReplyFormat,
  type LaneHead,
  signRequest,
  verifyReply,
} from './hub-message.ts';
import { HubPost } from './hub-post.ts';

/** How often heads are told, ms. */
export const heartbeatMs = 2_000;
/** How often a hub that is away is tried again, ms. */
export const retryMs = 500;
/** Most news kept for a hub that is away; the oldest is dropped first, the next session asks for it. */
const newsMax = 4_096;
const newsDeadlineMs = 2_000;
const newsPerBeat = 64;

/** Why a lane has no answer. */
export type HubFault = 'UNREACHABLE' | 'NO_HUB' | 'FORGED';

/** What a hub is told about a unit when it can be told. */
export type HubNews = Extract<HubAction, { kind: 'release' | 'captured' | 'settled' }>;

/** What a hub told at the start of a session. */
export type Welcome = Extract<HubAnswer, { kind: 'welcome' }>;

/** What a hub link is made of. */
export interface HubLinkOptions {
  readonly chainId: Uint8Array;
  readonly terminal: string;
  readonly store: string;
  readonly epoch: number;
  readonly secretSeed: Uint8Array;
  readonly url: string;
  /** Milliseconds that a scan waits for the hub. */
  readonly deadlineMs: number;
  readonly view: LedgerView;
  readonly heads: () => readonly LaneHead[];
  readonly clock: Clock;
  readonly entropy: Entropy;
  readonly log: Log;
  /** Called at the start of each session, before any other answer. */
  readonly onWelcome: (welcome: Welcome) => void;
}

/** See the head of the file. */
export class HubLink {
  readonly #options: HubLinkOptions;
  readonly #post: HubPost;
  readonly #news = new Map<string, HubNews>();
  #session: Uint8Array | null = null;
  #counter = 0;
  readonly #asking = new Set<string>();
  #timer: Timer | null = null;
  #stopped = false;
  #beating: Promise<void> = Promise.resolve();

  constructor(options: HubLinkOptions) {
    this.#options = options;
    this.#post = new HubPost(options.url, options.clock);
  }

  /** Whether the hub answered last time. */
  get reachable(): boolean {
    return this.#session !== null;
  }

  /** Starts to look for the hub; a till does not wait for it. */
  start(): void {
    this.#beating = this.#beat();
  }

  /** Ends the link; pending news is lost here and asked for by the next session. */
  async stop(): Promise<void> {
    this.#stopped = true;
    this.#timer?.cancel();
    await this.#beating;
    this.#post.close();
  }

  /** Whether a scan waits for the hub's word on a unit right now. */
  isAsking(unit: string): boolean {
    return this.#asking.has(unit);
  }

  /** Asks at a scan: the answer within the deadline, or why there is none. A hub that is away is not waited for. */
  async ask(action: HubAction): Promise<Result<HubAnswer, HubFault>> {
    if (this.#session === null) return bad('UNREACHABLE');
    if (action.kind === 'claim') {
      this.#asking.add(action.unit);
      // What waits to be told of an earlier claim on the unit would end this one.
      this.#news.delete(`claim ${action.unit}`);
      if (action.want.kind === 'budget') this.#news.delete(`pool ${action.unit}`);
    }
    try {
      const answer = await this.#send(action, this.#options.deadlineMs);
      if (!isStale(answer)) return answer;
      if (!(await this.#hello(this.#options.deadlineMs))) return bad('UNREACHABLE');
      return await this.#send(action, this.#options.deadlineMs);
    } finally {
      if (action.kind === 'claim') this.#asking.delete(action.unit);
    }
  }

  /** Tells the hub what became of a unit: at once if it is there, later if not. The last word on a unit counts. */
  tell(action: HubNews): void {
    const key = `${action.kind === 'settled' ? 'pool' : 'claim'} ${action.unit}`;
    this.#news.delete(key);
    this.#news.set(key, action);
    for (const oldest of this.#news.keys()) {
      if (this.#news.size <= newsMax) break;
      this.#news.delete(oldest);
    }
    if (this.#session !== null) this.#beating = this.#beating.then(() => this.#tellNews());
  }

  async #beat(): Promise<void> {
    if (this.#stopped) return;
    if (this.#session === null) await this.#hello(newsDeadlineMs);
    else {
      const answer = await this.#send({ kind: 'heads' }, newsDeadlineMs);
      // A hub that was started again has forgotten the session, and waits for this lane's news as before.
      if (isStale(answer)) await this.#hello(newsDeadlineMs);
    }
    await this.#tellNews();
    if (this.#stopped) return;
    this.#timer = this.#options.clock.setTimer(this.#session === null ? retryMs : heartbeatMs, () => {
      this.#beating = this.#beating.then(() => this.#beat());
    });
  }

  async #tellNews(): Promise<void> {
    let told = 0;
    for (const [key, action] of this.#news) {
      if (this.#session === null || this.#stopped || told >= newsPerBeat) return;
      const answer = await this.#send(action, newsDeadlineMs);
      if (!answer.ok || answer.value.kind === 'refused') return;
      if (this.#news.get(key) === action) this.#news.delete(key);
      told++;
    }
  }

  /** Opens a session; the hub's fresh random session id keeps old requests out. */
  async #hello(deadlineMs: number): Promise<boolean> {
    this.#counter = Number(bigintFromBytes(this.#options.entropy.bytes(6)));
    const answer = await this.#send({ kind: 'hello' }, deadlineMs);
    if (!answer.ok || answer.value.kind !== 'welcome') {
      this.#session = null;
      return false;
    }
    this.#session = answer.value.session;
    this.#counter = 0;
    this.#options.onWelcome(answer.value);
    return true;
  }

  async #send(action: HubAction, deadlineMs: number): Promise<Result<HubAnswer, HubFault>> {
    const { chainId, view, store, terminal, epoch, secretSeed, log } = this.#options;
    const hub = readHub(view, store);
    const key = hub === null ? null : authorKey(view, hub.terminal);
    if (hub === null || key === null) return bad('NO_HUB');
    const session = action.kind === 'hello' ? new Uint8Array(16) : (this.#session ?? new Uint8Array(16));
    const unsigned = {
      lane: terminal,
      laneEpoch: epoch,
      session,
      counter: ++this.#counter,
      heads: this.#options.heads(),
      action,
    };
    const bytes = signRequest(chainId, unsigned, secretSeed);
    const sent = await this.#post.send(bytes, deadlineMs);
    if (!sent.ok) {
      if (this.#session !== null) log.warn({ hub: hub.terminal, reason: sent.reason }, 'the hub does not answer');
      this.#session = null;
      return bad('UNREACHABLE', sent.detail);
    }
    const reply = decode(hubReplyFormat, sent.value);
    if (!reply.ok || reply.value.hub !== hub.terminal || !verifyReply(chainId, bytes, reply.value, key.publicKey)) {
      log.error({ hub: hub.terminal }, 'a reply that the hub has not signed was thrown away');
      this.#session = null;
      return bad('FORGED');
    }
    return ok(reply.value.answer);
  }
}

function isStale(answer: Result<HubAnswer, HubFault>): boolean {
  return answer.ok && answer.value.kind === 'refused' && answer.value.reason === 'STALE_SESSION';
}
