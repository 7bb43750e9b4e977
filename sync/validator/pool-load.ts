/**
 * How much waits to be ordered, in all and of each author, and who may still bring more. What may wait is bounded by memory, and by
 * what the region has lately executed: more than it can order within a short time would only make everybody wait longer.
 */
import type { Clock } from '#core/clock';

/** Limits of what waits. Bytes are of encoded segments. */
export interface LoadLimits {
  readonly segmentsMax: number;
  readonly bytesMax: number;
  readonly segmentsMaxAuthor: number;
  readonly bytesMaxAuthor: number;
}

/** What one segment adds. */
export interface SegmentLoad {
  readonly author: string;
  readonly bytes: number;
  readonly entries: number;
}

interface Load {
  segments: number;
  bytes: number;
  work: number;
}

/** A segment's signature and handling cost about as much as the execution of this many entries. */
const segmentWork = 4;
/** What waits shall be ordered within this time at the rate of late. */
const backlogMsMax = 2_000;
/** Always admitted together, however slow the region seems: a few blocks. */
const backlogWorkMin = 16_384;
/** A rate is measured over stretches of at least this, and only while something waits. */
const rateMs = 1_000;
const rateKept = 0.7;
const retryMsMin = 100;
const retryMsMax = 5_000;

/** The units of work that a segment of this many entries is. */
export function workOf(entries: number): number {
  return entries + segmentWork;
}

/** See the file's head. */
export class PoolLoad {
  readonly #clock: Clock;
  readonly #limits: LoadLimits;
  readonly #total: Load = { segments: 0, bytes: 0, work: 0 };
  readonly #authors = new Map<string, Load>();
  /** Units of work a millisecond; 0 while none was measured. */
  #rate = 0;
  #doneWork = 0;
  #sinceMs: number | null = null;

  constructor(clock: Clock, limits: LoadLimits) {
    this.#clock = clock;
    this.#limits = limits;
  }

  /** Whether there is no room for another segment of its author. */
  isFull({ author, bytes, entries }: SegmentLoad): boolean {
    const { segmentsMax, bytesMax, segmentsMaxAuthor, bytesMaxAuthor } = this.#limits;
    const own = this.#authors.get(author);
    if (this.#total.segments >= segmentsMax || this.#total.bytes + bytes > bytesMax) return true;
    // Whoever has nothing here is let in: those who bring much must not keep out those who bring little.
    if (own === undefined) return false;
    if (own.segments >= segmentsMaxAuthor || own.bytes + bytes > bytesMaxAuthor) return true;
    const work = workOf(entries);
    const mayWait = this.#backlogMax();
    // An equal share for each, and one more, so that none takes all.
    const share = mayWait / (this.#authors.size + 1);
    return this.#total.work + work > mayWait / 2 && own.work + work > share;
  }

  /** When a segment that was turned away may have room, milliseconds from now: what waits has to be ordered first. */
  get retryAfterMs(): number {
    const waitMs = this.#rate === 0 ? retryMsMin : this.#total.work / this.#rate / 2;
    return Math.round(Math.min(retryMsMax, Math.max(retryMsMin, waitMs)));
  }

  add({ author, bytes, entries }: SegmentLoad): void {
    if (this.#total.segments === 0) this.#restartRate();
    const own = this.#authors.get(author) ?? { segments: 0, bytes: 0, work: 0 };
    this.#authors.set(author, own);
    for (const load of [this.#total, own]) {
      load.segments++;
      load.bytes += bytes;
      load.work += workOf(entries);
    }
  }

  remove({ author, bytes, entries }: SegmentLoad): void {
    const own = this.#authors.get(author);
    if (own === undefined) return;
    for (const load of [this.#total, own]) {
      load.segments--;
      load.bytes -= bytes;
      load.work -= workOf(entries);
    }
    if (own.segments === 0) this.#authors.delete(author);
  }

  /** Takes note of what a block has ordered. */
  ordered(work: number): void {
    if (this.#sinceMs === null) return;
    this.#doneWork += work;
    const nowMs = this.#clock.monotonicMs();
    const tookMs = nowMs - this.#sinceMs;
    if (tookMs >= rateMs) {
      const rate = this.#doneWork / tookMs;
      this.#rate = this.#rate === 0 ? rate : rateKept * this.#rate + (1 - rateKept) * rate;
      this.#doneWork = 0;
      this.#sinceMs = nowMs;
    }
    // What a region does that has little to do says nothing about what it could.
    if (this.#total.segments === 0) this.#sinceMs = null;
  }

  #restartRate(): void {
    this.#doneWork = 0;
    this.#sinceMs = this.#clock.monotonicMs();
  }

  #backlogMax(): number {
    return Math.max(backlogWorkMin, this.#rate * backlogMsMax);
  }
}
