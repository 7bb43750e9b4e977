/**
 * What was published lately, for terminals that poll over HTTPS. One ring for all of them: a slow reader costs nothing, it
 * only loses what fell out. Nothing is kept while nobody has polled for a while.
 */
import { equalBytes } from '#core/bytes';
import type { Clock, Timer } from '#core/clock';
import type { Entropy } from '#core/entropy';
import { type FeedAnswer, type Poll, pollMessagesMax } from '../wire/https-message.ts';

const messagesKept = 4_096;
const bytesKept = 32 * 1024 * 1024;
/** Bytes of one answer, unless its first message is larger. */
const answerBytes = 1024 * 1024;
/** Polls that wait at a time. */
const waitingMax = 512;
const inUseMs = 60_000;

interface Published {
  readonly topic: string;
  readonly payload: Uint8Array;
}

type Wanted = (topic: string) => boolean;

interface Waiting {
  readonly wanted: Wanted;
  readonly wake: () => void;
}

function wantedOf(topics: readonly string[]): Wanted {
  const exact = new Set(topics);
  const prefixes = topics.filter((topic) => topic.endsWith('/#')).map((topic) => topic.slice(0, -1));
  return (topic) => exact.has(topic) || prefixes.some((prefix) => topic.startsWith(prefix));
}

/** What a feed needs. */
export interface FeedOptions {
  readonly clock: Clock;
  readonly entropy: Entropy;
  /** Place of this validator in the set of the epoch. */
  validator(): number;
  /** The topic of heads with the newest head message; null before the first block. */
  head(): { readonly topic: string; readonly payload: Uint8Array } | null;
}

/** See the file's head. */
export class Feed {
  readonly #options: FeedOptions;
  readonly #run: Uint8Array;
  #kept: Published[] = [];
  #bytes = 0;
  /** Place of the first message kept. */
  #first = 0;
  readonly #waiting = new Set<Waiting>();
  #usedMs = Number.NEGATIVE_INFINITY;

  constructor(options: FeedOptions) {
    this.#options = options;
    this.#run = options.entropy.bytes(8);
  }

  /** Whether anybody listens: otherwise messages need not even be made. */
  get inUse(): boolean {
    return this.#options.clock.monotonicMs() - this.#usedMs <= inUseMs;
  }

  /** Polls that wait. */
  get waitingCount(): number {
    return this.#waiting.size;
  }

  add(topic: string, payload: Uint8Array): void {
    if (!this.inUse) {
      this.#forget();
      return;
    }
    this.#kept.push({ topic, payload });
    this.#bytes += payload.length;
    while (this.#kept.length > messagesKept || this.#bytes > bytesKept) this.#dropOldest();
    for (const waiting of this.#waiting) {
      if (!waiting.wanted(topic)) continue;
      this.#waiting.delete(waiting);
      // After the block's other messages: one answer for all of them.
      queueMicrotask(waiting.wake);
    }
  }

  /** Answers a poll; null when too many wait already. `closed` ends the wait early. Never rejects. */
  async poll({ place, topics, waitMs }: Poll, closed: Promise<void>): Promise<FeedAnswer | null> {
    this.#usedMs = this.#options.clock.monotonicMs();
    const validator = this.#options.validator();
    const wanted = wantedOf(topics);
    const head = this.#options.head();
    const end = this.#first + this.#kept.length;
    const ofRun = place !== null && equalBytes(place.run, this.#run) && place.next <= end;
    if (!ofRun) {
      const messages = head !== null && wanted(head.topic) ? [head] : [];
      return { validator, place: { run: this.#run, next: end }, missed: place !== null, messages };
    }
    if (place.next < this.#first) {
      return { validator, place: { run: this.#run, next: end }, missed: true, messages: [] };
    }
    if (!this.#kept.slice(place.next - this.#first).some(({ topic }) => wanted(topic))) {
      if (this.#waiting.size >= waitingMax) return null;
      await this.#wait(wanted, waitMs, closed);
    }
    return this.#since(place.next, wanted);
  }

  /** Resolves when something is published on the topic, or when the wait is over; at once when too many wait. */
  async next(topic: string, waitMs: number, closed: Promise<void>): Promise<void> {
    this.#usedMs = this.#options.clock.monotonicMs();
    if (this.#waiting.size < waitingMax) await this.#wait((published) => published === topic, waitMs, closed);
  }

  #since(next: number, wanted: Wanted): FeedAnswer {
    const messages: Published[] = [];
    let bytes = 0;
    let at = Math.max(0, next - this.#first);
    for (; at < this.#kept.length && messages.length < pollMessagesMax; at++) {
      const message = this.#kept[at] as Published;
      if (!wanted(message.topic)) continue;
      if (messages.length > 0 && bytes + message.payload.length > answerBytes) break;
      messages.push(message);
      bytes += message.payload.length;
    }
    const place = { run: this.#run, next: this.#first + at };
    return { validator: this.#options.validator(), place, missed: next < this.#first, messages };
  }

  #wait(wanted: Wanted, waitMs: number, closed: Promise<void>): Promise<void> {
    return new Promise((resolve) => {
      const waiting: Waiting = {
        wanted,
        wake: () => {
          this.#waiting.delete(waiting);
          timer.cancel();
          resolve();
        },
      };
      this.#waiting.add(waiting);
      const timer: Timer = this.#options.clock.setTimer(waitMs, waiting.wake);
      void closed.then(waiting.wake);
    });
  }

  #dropOldest(): void {
    this.#bytes -= this.#kept.shift()?.payload.length ?? 0;
    this.#first++;
  }

  /** What was published unheard counts as missed. */
  #forget(): void {
    this.#first += this.#kept.length + 1;
    this.#kept = [];
    this.#bytes = 0;
  }
}
