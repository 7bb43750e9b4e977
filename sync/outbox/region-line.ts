/**
 * The terminal's line to its region, over any MQTT broker or a validator's HTTPS entry: connects to one entry point after
 * the other, subscribes, sends segments and questions, and hands on what arrives, decoded but not believed (the light
 * client judges it). What an entry point swallows goes to validators directly, by the side doors.
 */
import { assert } from '#core/assert';
import { type Clock, type Timer, withDeadline } from '#core/clock';
import type { Entropy } from '#core/entropy';
import { encode } from '#core/format';
import type { Log } from '#core/log';
import { bad, ok, type Result } from '#core/result';
import { segmentBytesMax } from '#ledger/journal/segment';
import { faultyMax } from '#ledger/validators/quorum';
import { type GatewayAnswer, type GatewayQuery, requestFormat } from '../wire/gateway-message.ts';
import type { ValidatorInfo } from '../wire/genesis.ts';
import { type Topics, topicsOf } from '../wire/topics.ts';
import { AskTable } from './ask-table.ts';
import { BackOff } from './back-off.ts';
import { type AnyEntryPoint, isValidatorEntry } from './entry-point.ts';
import type { DownCause, EntrySession } from './entry-session.ts';
import { HttpsSession } from './https-session.ts';
import { type LineEvents, LineInbox } from './line-inbox.ts';
import { LineSession } from './line-session.ts';
import type { SendFault } from './send-window.ts';
import { SideDoors } from './side-doors.ts';

/** Validators that one question is put to before it is given up. */
const askAttemptsMax = 3;
/** A session that lasted this long was a good one: the next wait is short again. */
const steadyMs = 10_000;

/** Waiting times of a line, ms. */
export interface LineTiming {
  /** Bounds of the wait before a next attempt. */
  readonly backOffBaseMs: number;
  readonly backOffMaxMs: number;
  /** A connected line that hears nothing for so long is given up: regions make a block at least every heartbeat. */
  readonly silenceMsMax: number;
}
const timingDefault: LineTiming = { backOffBaseMs: 250, backOffMaxMs: 10_000, silenceMsMax: 60_000 };

/** What a line needs. `clientName` is the MQTT client id and the last level of the reply topic: unique in the region. */
export interface RegionLineOptions {
  readonly chainId: Uint8Array;
  readonly validatorCount: number;
  readonly account: string;
  readonly clientName: string;
  /** In the order in which they are tried. Validators' entries also serve as side doors. */
  readonly entryPoints: readonly AnyEntryPoint[];
  readonly clock: Clock;
  readonly entropy: Entropy;
  readonly log: Log;
  readonly timing?: Partial<LineTiming>;
}

/** Why a question has no answer. `NO_WAY`: no entry point leads to that validator. */
export type AskFault = SendFault | 'TIMEOUT' | 'TOO_MANY' | 'NO_WAY';

/** An answer and the validator that it came from. */
export interface Answered {
  readonly answer: GatewayAnswer;
  readonly validator: number;
}

/** How a line is, for the screen. */
export interface LineState {
  readonly connected: boolean;
  /** Monotonic ms at which `connected` became what it is. */
  readonly sinceMs: number;
  readonly entryPoint: string;
  /** MQTT protocol level; null at a validator's own entry. */
  readonly protocolVersion: 4 | 5 | null;
  /** Why the last attempt or session ended; null while none has. */
  readonly lastDown: DownCause | null;
  /** Messages that were dropped because they were no such message. */
  readonly malformedCount: number;
}

/** See the file's head. */
export class RegionLine {
  readonly #options: RegionLineOptions;
  readonly #timing: LineTiming;
  readonly #topics: Topics;
  readonly #log: Log;
  readonly #backOff: BackOff;
  readonly #asks = new AskTable();
  readonly #inbox: LineInbox;
  readonly #sideDoors: SideDoors;
  readonly #deltaFilters = new Set<string>();
  /** Protocol version to try next, by entry point. */
  readonly #versions: (4 | 5)[];
  /** Entry points where that version has worked. */
  readonly #spoken = new Set<number>();
  #versionFlips = 0;
  #at = 0;
  #session: EntrySession | null = null;
  #retry: Timer | null = null;
  #silence: Timer | null = null;
  #running = false;
  #connected = false;
  #sinceMs: number;
  #lastDown: DownCause | null = null;
  #nextValidator: number;
  #validatorCount: number;

  constructor(options: RegionLineOptions) {
    assert(options.entryPoints.length > 0, 'a line needs an entry point');
    for (const entry of options.entryPoints) {
      const scheme = isValidatorEntry(entry) ? /^https:\/\// : /^(mqtt|ws)s?:\/\//;
      assert(scheme.test(entry.url), `${entry.url} is no address of an entry point of its kind`);
    }
    assert(options.validatorCount > 0, 'a region has validators');
    this.#options = options;
    this.#validatorCount = options.validatorCount;
    this.#timing = { ...timingDefault, ...options.timing };
    this.#topics = topicsOf(options.chainId);
    this.#log = options.log.child({ part: 'line' });
    const { backOffBaseMs: baseMs, backOffMaxMs: maxMs } = this.#timing;
    this.#backOff = new BackOff({ baseMs, maxMs }, options.entropy);
    this.#versions = options.entryPoints.map((entry) => (!isValidatorEntry(entry) && entry.protocol === 4 ? 4 : 5));
    this.#sinceMs = options.clock.monotonicMs();
    // Terminals start with different validators, so that none has to answer all of them.
    this.#nextValidator = (options.entropy.bytes(1)[0] ?? 0) % options.validatorCount;
    const topics = this.#topics;
    this.#inbox = new LineInbox({
      ...options,
      topics,
      log: this.#log,
      onReply: (reply) => void this.#asks.take(reply),
      onHeard: () => {
        if (this.#connected) this.#watchSilence();
      },
    });
    this.#sideDoors = new SideDoors({
      ...options,
      topics,
      log: this.#log,
      entries: options.entryPoints.filter(isValidatorEntry),
      onMessage: (topic, payload) => {
        if (this.#running) this.#inbox.take(topic, payload);
      },
    });
  }

  /** Connects, and keeps connecting until `stop`. */
  start(): void {
    if (this.#running) return;
    this.#running = true;
    this.#sideDoors.open(this.#nextValidator);
    this.#connect();
  }

  /** Ends the connection and every wait. */
  async stop(): Promise<void> {
    this.#running = false;
    this.#retry?.cancel();
    const session = this.#session;
    if (session !== null) this.#leave({ code: 'STOPPED', detail: 'stopped' });
    await session?.end();
    this.#sideDoors.close();
  }

  /** Whether segments and questions can be sent now. */
  get connected(): boolean {
    return this.#connected;
  }

  state(): LineState {
    return {
      connected: this.#connected,
      sinceMs: this.#sinceMs,
      entryPoint: this.#entryPoint().url,
      protocolVersion: isValidatorEntry(this.#entryPoint()) ? null : (this.#versions[this.#at] ?? 5),
      lastDown: this.#lastDown,
      malformedCount: this.#inbox.malformedCount,
    };
  }

  on<E extends keyof LineEvents>(event: E, listener: LineEvents[E]): void {
    this.#inbox.on(event, listener);
  }

  /** Topic names of this region, for `subscribeDeltas`. */
  get topics(): Topics {
    return this.#topics;
  }

  /** Subscribes to delta topics from now on and on every later connection. */
  subscribeDeltas(topicFilters: readonly string[]): void {
    const added = topicFilters.filter((filter) => !this.#deltaFilters.has(filter));
    for (const filter of added) this.#deltaFilters.add(filter);
    if (this.#connected) this.#session?.subscribe(added);
  }

  /** Sends a segment. The answer says what the entry point did, never what the region did. */
  publishSegment(bytes: Uint8Array): Promise<Result<true, SendFault>> {
    if (bytes.length > segmentBytesMax) return Promise.resolve(bad('TOO_LARGE', `a segment of ${bytes.length} bytes`));
    return (
      this.#session?.publish(this.#topics.up(this.#options.account), bytes) ?? Promise.resolve(bad('NOT_CONNECTED'))
    );
  }

  /** Sends a segment again, and to f+1 validators directly, as far as the entry points allow: its receipt stays away. */
  resubmitSegment(bytes: Uint8Array): Promise<Result<true, SendFault>> {
    this.#sideDoors.submit(bytes, faultyMax(this.#validatorCount) + 1);
    return this.publishSegment(bytes);
  }

  /** The set of the present epoch: validators are asked by their place in it, and known by their keys there. */
  useValidators(validators: readonly ValidatorInfo[]): void {
    this.#validatorCount = validators.length;
    this.#sideDoors.useValidators(validators);
  }

  /**
   * Puts a question to one validator after the other until one answers, within `timeoutMs` altogether. The answer is as
   * given (`none` with a reason too) and proves nothing by itself. With `only`, as `askOne`. Never rejects.
   */
  async ask(query: GatewayQuery, timeoutMs: number, only?: number): Promise<Result<GatewayAnswer, AskFault>> {
    if (only !== undefined) return this.askOne(query, timeoutMs, only);
    const asked = await this.askAny(query, timeoutMs);
    return asked.ok ? ok(asked.value.answer) : asked;
  }

  /** As `ask`, and tells who answered. */
  async askAny(query: GatewayQuery, timeoutMs: number): Promise<Result<Answered, AskFault>> {
    const validatorCount = this.#validatorCount;
    const ways = Array.from({ length: validatorCount }, (_, validator) => validator).filter((v) => this.#reaches(v));
    const attempts = Math.max(1, Math.min(askAttemptsMax, ways.length));
    let last: Result<Answered, AskFault> = bad('TIMEOUT');
    for (let attempt = 0; attempt < attempts; attempt++) {
      const validator = ways.find((v) => v >= this.#nextValidator) ?? ways[0] ?? 0;
      this.#nextValidator = (validator + 1) % validatorCount;
      const asked = await this.askOne(query, timeoutMs / attempts, validator);
      last = asked.ok ? ok({ answer: asked.value, validator }) : asked;
      const busy = asked.ok && asked.value.kind === 'none' && asked.value.reason === 'BUSY';
      if (!busy && (asked.ok || asked.reason !== 'TIMEOUT')) break;
    }
    return last;
  }

  #reaches(validator: number): boolean {
    return this.#session?.reaches(validator) === true || this.#sideDoors.validators.includes(validator);
  }

  /** Puts a question to one validator: by the session, and when half the time is over by its side door too. */
  async askOne(query: GatewayQuery, timeoutMs: number, validator: number): Promise<Result<GatewayAnswer, AskFault>> {
    const { clock, entropy, clientName } = this.#options;
    const session = this.#session;
    if (session === null || !this.#connected) return bad('NOT_CONNECTED');
    if (this.#asks.full) return bad('TOO_MANY');
    const id = entropy.bytes(16);
    const bytes = encode(requestFormat, { id, replyTo: clientName, query });
    let aside: Timer | null = null;
    const answered = new Promise<Result<GatewayAnswer, AskFault>>((resolve) => {
      this.#asks.add(id, validator, (answer) => resolve(ok(answer)));
      const askAside = (): boolean => this.#sideDoors.ask(validator, bytes, timeoutMs);
      if (!session.reaches(validator)) {
        if (!askAside()) resolve(bad('NO_WAY', `validator ${validator}`));
        return;
      }
      aside = clock.setTimer(timeoutMs / 2, askAside);
      const expiryS = Math.max(1, Math.ceil(timeoutMs / 1_000));
      void session.publish(this.#topics.request(validator), bytes, expiryS).then((sent) => {
        if (!sent.ok) resolve(sent);
      });
    });
    const result = await withDeadline(clock, answered, timeoutMs);
    (aside as Timer | null)?.cancel();
    this.#asks.remove(id);
    return result.ok ? result.value : bad('TIMEOUT', `validator ${validator}`);
  }

  /** Leaves this entry point for the next one: it acknowledges but the region does not answer. */
  tryElsewhere(why: string): void {
    if (this.#options.entryPoints.length > 1 && this.#connected) this.#leave({ code: 'CLOSED', detail: why });
  }

  #entryPoint(): AnyEntryPoint {
    const entryPoint = this.#options.entryPoints[this.#at];
    assert(entryPoint !== undefined, 'an entry point at each index');
    return entryPoint;
  }

  #connect(): void {
    this.#retry = null;
    const { account, clientName, clock } = this.#options;
    const startedMs = clock.monotonicMs();
    const filters = [...this.#inbox.filters, ...this.#deltaFilters];
    const listener = {
      onUp: () => this.#onUp(),
      onDown: (cause: DownCause) => {
        if (clock.monotonicMs() - startedMs >= steadyMs && this.#connected) this.#backOff.reset();
        this.#leave(cause);
      },
      onMessage: (topic: string, payload: Uint8Array) => this.#inbox.take(topic, payload),
    };
    const entryPoint = this.#entryPoint();
    if (isValidatorEntry(entryPoint)) {
      const door = this.#sideDoors.doorOf(entryPoint);
      assert(door !== undefined, 'a door for each validator entry');
      const topics = this.#topics;
      this.#session = new HttpsSession({ ...listener, door, topics, account, clientName, clock, filters });
      return;
    }
    const protocolVersion = this.#versions[this.#at] ?? 5;
    this.#session = new LineSession({ ...listener, entryPoint, protocolVersion, clientId: clientName, clock, filters });
  }

  #onUp(): void {
    this.#versionFlips = 0;
    this.#spoken.add(this.#at);
    this.#setConnected(true);
    this.#watchSilence();
    this.#log.info({ entryPoint: this.#entryPoint().url, mqtt: this.#versions[this.#at] }, 'line up');
    this.#inbox.turned('up');
  }

  /** Ends the session, if there is one, and plans the next attempt. */
  #leave(cause: DownCause): void {
    const wasConnected = this.#connected;
    const session = this.#session;
    this.#session = null;
    this.#silence?.cancel();
    this.#setConnected(false);
    this.#lastDown = cause;
    void session?.end();
    const { url } = this.#entryPoint();
    this.#log[wasConnected ? 'warn' : 'debug']({ entryPoint: url, ...cause }, 'line down');
    if (this.#running) {
      const delayMs = this.#plan(cause);
      this.#retry = this.#options.clock.setTimer(delayMs, () => this.#connect());
    }
    if (wasConnected) this.#inbox.turned('down');
  }

  /** Chooses the next entry point and version; gives the wait before it, ms. */
  #plan(cause: DownCause): number {
    const entryPoint = this.#entryPoint();
    const auto = !isValidatorEntry(entryPoint) && (entryPoint.protocol ?? 'auto') === 'auto';
    const otherVersion = cause.code === 'VERSION' || (cause.code === 'UNCLEAR' && !this.#spoken.has(this.#at));
    if (auto && otherVersion) {
      this.#versions[this.#at] = this.#versions[this.#at] === 5 ? 4 : 5;
      // The other version at once, but only once: a broker that refuses both is like any other that refuses.
      if (this.#versionFlips++ % 2 === 0) return 0;
    }
    this.#at = (this.#at + 1) % this.#options.entryPoints.length;
    return this.#backOff.nextMs();
  }

  #setConnected(connected: boolean): void {
    if (this.#connected === connected) return;
    this.#connected = connected;
    this.#sinceMs = this.#options.clock.monotonicMs();
  }

  #watchSilence(): void {
    this.#silence?.cancel();
    const { silenceMsMax } = this.#timing;
    this.#silence = this.#options.clock.setTimer(silenceMsMax, () => {
      this.#leave({ code: 'TIMEOUT', detail: `nothing heard for ${silenceMsMax} ms` });
    });
  }
}
