/**
 * From journal to region: sends sealed segments within a window, sends them again when no receipt comes, and settles them
 * with certified receipts, the only acknowledgement there is. It holds no bytes: the journal is the queue.
 */
import { type Clock, type Timer, withDeadline } from '#core/clock';
import type { Log } from '#core/log';
import type { Receipt } from '#ledger/receipt';
import { faultyMax } from '#ledger/validators/quorum';
import type { LightClient } from '../light-client/light-client.ts';
import type { ReceiptsMessage, TurnedAway } from '../wire/gateway-message.ts';
import { FlightTable } from './flight-table.ts';
import type { OutboxSource, OutgoingSegment } from './outbox-source.ts';
import type { RegionLine } from './region-line.ts';

/** What an outbox uses of a line. */
export type OutboxLine = Pick<
  RegionLine,
  'connected' | 'on' | 'publishSegment' | 'resubmitSegment' | 'ask' | 'tryElsewhere'
>;

/** Limits and waiting times of an outbox. */
export interface OutboxLimits {
  /** Segments without receipt, at most; and their bytes. */
  readonly windowSegments: number;
  readonly windowBytes: number;
  /** First wait for a receipt before the same bytes are sent again; doubles up to the maximum. */
  readonly resendMs: number;
  readonly resendMsMax: number;
  /** Wait for the answer to a question. */
  readonly askMs: number;
  /** How long nothing is sent after f+1 validators turned segments away for good. */
  readonly alarmPauseMs: number;
}
const limitsDefault: OutboxLimits = {
  windowSegments: 8,
  windowBytes: 4 * 1024 * 1024,
  resendMs: 3_000,
  resendMsMax: 30_000,
  askMs: 3_000,
  alarmPauseMs: 15_000,
};
/** Sending waits so long at most for the receipts that were missed while the line was down. */
const recoveryMsMax = 1_500;
const recoveryRoundsMax = 512;
/** Least time between two reactions to notices of a gap in one stream. */
const gapReactionMs = 250;
/** A region that is busy is left alone for as long as f+1 validators ask for, within these bounds. */
const busyPauseMsMin = 100;
const busyPauseMsMax = 5_000;
/** Sendings without receipt after which another entry point is tried. */
const attemptsBeforeElsewhere = 3;

/** Why an outbox is stuck, for people: the reason of f+1 validators, `TOO_LARGE` for the broker, `FORKED_REGION`. */
export interface OutboxAlarm {
  readonly reason: string;
  readonly detail: string;
}

/** What an outbox needs. `onSettled` follows `source.settle`; `onAlarm(null)` tells that it is over. */
export interface OutboxOptions {
  readonly source: OutboxSource;
  readonly line: OutboxLine;
  readonly light: LightClient;
  /** Author and epoch of the journal: receipts of others are not settled. */
  readonly account: string;
  readonly epoch: number;
  readonly clock: Clock;
  readonly log: Log;
  readonly onSettled: (receipts: readonly Receipt[]) => void;
  readonly onAlarm?: (alarm: OutboxAlarm | null) => void;
  readonly limits?: Partial<OutboxLimits>;
}

/** How an outbox is, for the screen. */
export interface OutboxState {
  readonly inFlight: number;
  readonly alarm: OutboxAlarm | null;
  /** Receipts messages that were not believed. */
  readonly faultCount: number;
}

/** See the file's head. `start` once, after the line was made. */
export class Outbox {
  readonly #options: OutboxOptions;
  readonly #limits: OutboxLimits;
  readonly #log: Log;
  readonly #flights = new FlightTable();
  /** Which validators turned segments away for good since the last receipt, by reason. */
  readonly #refusals = new Map<string, Set<number>>();
  readonly #recovering = new Set<number>();
  readonly #gapReactedMs = new Map<number, number>();
  #timer: Timer | null = null;
  #timerDueMs = 0;
  #running = false;
  #listening = false;
  #kicked = false;
  #holding = false;
  #pausedUntilMs = 0;
  #alarm: OutboxAlarm | null = null;
  #faultCount = 0;

  constructor(options: OutboxOptions) {
    this.#options = options;
    this.#limits = { ...limitsDefault, ...options.limits };
    this.#log = options.log.child({ part: 'outbox' });
  }

  /** Sends whenever the line is up, until `stop`. */
  start(): void {
    this.#running = true;
    const { line } = this.#options;
    if (!this.#listening) {
      this.#listening = true;
      line.on('up', () => void this.#onUp());
      line.on('down', () => this.#flights.clear());
      line.on('receipts', (message) => {
        if (this.#running) this.#take(message);
      });
      line.on('turned-away', (notice) => this.#onTurnedAway(notice));
    }
    if (line.connected) void this.#onUp();
  }

  stop(): void {
    this.#running = false;
    this.#timer?.cancel();
    this.#timer = null;
    this.#flights.clear();
  }

  /** Tells that the journal has something new; cheap, and many in a row count as one. */
  kick(): void {
    if (this.#kicked || !this.#running) return;
    this.#kicked = true;
    queueMicrotask(() => {
      this.#kicked = false;
      this.#pump();
    });
  }

  state(): OutboxState {
    return { inFlight: this.#flights.size, alarm: this.#alarm, faultCount: this.#faultCount };
  }

  /** What was ordered while the line was down is asked for before anything is sent again. */
  async #onUp(): Promise<void> {
    if (!this.#running || this.#holding) return;
    this.#holding = true;
    const streams = new Set(this.#next().map(({ stream }) => stream));
    const recovered = Promise.all([...streams].map((stream) => this.#recover(stream)));
    await withDeadline(this.#options.clock, recovered, recoveryMsMax);
    this.#holding = false;
    this.#pump();
  }

  #next(): readonly OutgoingSegment[] {
    const { windowSegments: count, windowBytes: bytes } = this.#limits;
    return this.#options.source.nextSegments({ count, bytes });
  }

  #pump(): void {
    const { clock, line } = this.#options;
    if (!this.#running || this.#holding || !line.connected) return;
    const nowMs = clock.monotonicMs();
    if (nowMs < this.#pausedUntilMs) {
      this.#wakeAt(this.#pausedUntilMs);
      return;
    }
    const segments = this.#next();
    this.#flights.keepOnly(segments);
    for (const segment of segments) {
      const flight = this.#flights.of(segment);
      if (flight === undefined) this.#send(segment, 0);
      else if (flight.dueMs <= nowMs) {
        if (flight.attempts % attemptsBeforeElsewhere === 0) line.tryElsewhere('no receipt for what was sent');
        void this.#recover(segment.stream);
        this.#send(segment, flight.attempts);
      }
    }
    const dueMs = this.#flights.nextDueMs();
    if (dueMs !== undefined) this.#wakeAt(dueMs);
  }

  #send(segment: OutgoingSegment, attemptsBefore: number): void {
    const { clock, line } = this.#options;
    const { resendMs, resendMsMax } = this.#limits;
    const waitMs = Math.min(resendMs * 2 ** attemptsBefore, resendMsMax);
    const flight = this.#flights.set(segment, attemptsBefore + 1, clock.monotonicMs() + waitMs);
    const first = attemptsBefore === 0;
    void (first ? line.publishSegment(segment.bytes) : line.resubmitSegment(segment.bytes)).then((sent) => {
      if (sent.ok || this.#flights.of(segment) !== flight) return;
      if (sent.reason === 'TOO_LARGE') {
        this.#raise({ reason: 'TOO_LARGE', detail: `no entry point takes a segment of ${segment.bytes.length} bytes` });
        line.tryElsewhere('the broker does not take segments of this size');
        return;
      }
      // It did not leave: that is no reason to wait as long as for a receipt.
      flight.dueMs = Math.min(flight.dueMs, clock.monotonicMs() + resendMs / 4);
      this.#wakeAt(flight.dueMs);
    });
  }

  #wakeAt(dueMs: number): void {
    if (!this.#running || (this.#timer !== null && this.#timerDueMs <= dueMs)) return;
    this.#timer?.cancel();
    this.#timerDueMs = dueMs;
    const delayMs = Math.max(1, Math.ceil(dueMs - this.#options.clock.monotonicMs()));
    this.#timer = this.#options.clock.setTimer(delayMs, () => {
      this.#timer = null;
      this.#pump();
    });
  }

  /** Settles what a message proves; false when it proves nothing about this journal. */
  #take(message: ReceiptsMessage): boolean {
    const { account, epoch, light, source } = this.#options;
    if (!message.receipts.some(({ receipt }) => receipt.author === account)) return false;
    const checked = light.checkReceipts(message);
    if (!checked.ok) {
      this.#faultCount++;
      this.#log.warn({ fault: checked.reason, detail: checked.detail }, 'receipts that are not proved were dropped');
      if (checked.reason === 'FORKED_REGION') this.#raise({ reason: checked.reason, detail: checked.detail ?? '' });
      return false;
    }
    const own = checked.value.filter((receipt) => receipt.author === account && receipt.epoch === epoch);
    if (own.length === 0) return false;
    source.settle(own);
    this.#options.onSettled(own);
    this.#refusals.clear();
    if (this.#alarm !== null && this.#alarm.reason !== 'FORKED_REGION') this.#raise(null);
    const waitMs = this.#options.clock.monotonicMs() + this.#limits.resendMs;
    for (const stream of new Set(own.map((receipt) => receipt.stream))) this.#flights.postpone(stream, waitMs);
    this.kick();
    return true;
  }

  /** Asks for the receipts of a stream from its oldest unsettled entry on, until there are no more. Never rejects. */
  async #recover(stream: number): Promise<void> {
    if (this.#recovering.has(stream)) return;
    this.#recovering.add(stream);
    const { account: author, epoch, line } = this.#options;
    let fromSequence = -1;
    for (let round = 0; round < recoveryRoundsMax && this.#running; round++) {
      const oldest = this.#next().find((segment) => segment.stream === stream);
      if (oldest === undefined || oldest.firstSequence <= fromSequence) break;
      fromSequence = oldest.firstSequence;
      const asked = await line.ask({ kind: 'receipts', author, epoch, stream, fromSequence }, this.#limits.askMs);
      if (!asked.ok || asked.value.kind !== 'receipts' || !this.#running) break;
      if (!asked.value.messages.some((message) => this.#take(message))) break;
    }
    this.#recovering.delete(stream);
  }

  /** Advice of one validator, or of whoever speaks for it: it may speed things up, never settle or give up an entry. */
  #onTurnedAway(notice: TurnedAway): void {
    const { account, clock, epoch, light } = this.#options;
    if (!this.#running || notice.author !== account || notice.epoch !== epoch) return;
    const { reason, stream, validator, nextSequence, retryAfterMs } = notice;
    if (reason === 'GAP' || reason === 'DUPLICATE') {
      const nowMs = clock.monotonicMs();
      if (nowMs - (this.#gapReactedMs.get(stream) ?? -gapReactionMs) < gapReactionMs) return;
      this.#gapReactedMs.set(stream, nowMs);
      if (reason === 'GAP') this.#flights.makeDue(stream, nextSequence ?? 0, nowMs);
      else void this.#recover(stream);
      this.kick();
      return;
    }
    const by = this.#refusals.get(reason) ?? new Set<number>();
    // The reason is text from outside: only so many different ones are counted.
    if (this.#refusals.size < 16) this.#refusals.set(reason, by.add(validator));
    if (by.size <= faultyMax(light.validators.length)) return;
    this.#refusals.clear();
    const nowMs = clock.monotonicMs();
    if (reason === 'BUSY') {
      // Nobody's fault: the region has more to do than it can, and says when to come again.
      this.#pausedUntilMs = nowMs + Math.min(busyPauseMsMax, Math.max(busyPauseMsMin, retryAfterMs ?? 0));
      this.#flights.makeDue(stream, nextSequence ?? 0, this.#pausedUntilMs);
      this.kick();
      return;
    }
    this.#pausedUntilMs = nowMs + this.#limits.alarmPauseMs;
    this.#raise({ reason, detail: `${by.size} validators turned segments away; entries are kept and tried again` });
  }

  #raise(alarm: OutboxAlarm | null): void {
    if (alarm?.reason === this.#alarm?.reason) return;
    this.#alarm = alarm;
    if (alarm === null) this.#log.info({}, 'the region takes segments again');
    else this.#log.error({ ...alarm }, 'the region does not take segments');
    this.#options.onAlarm?.(alarm);
  }
}
