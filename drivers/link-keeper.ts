// Keeps a link to a device up: opens it, notices when it is gone, opens it again with growing pauses.

import { assert } from '#core/assert';
import type { Clock, Timer } from '#core/clock';

/** An open link. */
export interface Link {
  /** Where it leads, for health(). */
  readonly endpoint: string;
  /** Gives the device free; resolves when that is done. */
  close(): Promise<void>;
}

/** Opens a link; rejects when the device is not there. `lost` is to be called once when an open link ends by itself. */
export type OpenLink = (lost: (why: string) => void) => Promise<Link>;

/** What the keeper tells about. */
export interface LinkListener {
  opened(endpoint: string): void;
  failed(why: string): void;
  lost(why: string): void;
}

/** First pause after a failure. */
export const REOPEN_DELAY_MS_MIN = 200;

/** Longest pause: each failure doubles it up to here. */
export const REOPEN_DELAY_MS_MAX = 10_000;

// A link that dies sooner counts as a failure, so that a flapping device is not opened five times a second.
const STEADY_MS = 1_000;

/** Opens and re-opens one link from start() to stop(). */
export class LinkKeeper {
  readonly #clock: Clock;
  readonly #openLink: OpenLink;
  readonly #listener: LinkListener;
  #running = false;
  #generation = 0;
  #link: Link | null = null;
  #attempt: Promise<void> = Promise.resolve();
  #timer: Timer | null = null;
  #delayMs = REOPEN_DELAY_MS_MIN;

  constructor(options: { readonly clock: Clock; readonly open: OpenLink; readonly listener: LinkListener }) {
    this.#clock = options.clock;
    this.#openLink = options.open;
    this.#listener = options.listener;
  }

  /** Starts; resolves after the first attempt, whatever came of it. */
  async start(): Promise<void> {
    assert(!this.#running, 'a link keeper is started once until it is stopped');
    this.#running = true;
    this.#delayMs = REOPEN_DELAY_MS_MIN;
    this.#attempt = this.#tryOpen();
    await this.#attempt;
  }

  /** Stops and closes the link; waits for an attempt under way. */
  async stop(): Promise<void> {
    this.#running = false;
    this.#timer?.cancel();
    this.#timer = null;
    await this.#attempt;
    const link = this.#link;
    this.#link = null;
    this.#generation++;
    await link?.close();
  }

  async #tryOpen(): Promise<void> {
    const generation = ++this.#generation;
    const startMs = this.#clock.monotonicMs();
    let lostWhy: string | null = null;
    const lost = (why: string): void => {
      lostWhy ??= why;
      if (this.#link !== null && generation === this.#generation) this.#onLost(why, startMs);
    };
    try {
      const link = await this.#openLink(lost);
      if (!this.#running) return await link.close();
      this.#link = link;
      this.#listener.opened(link.endpoint);
      if (lostWhy !== null) this.#onLost(lostWhy, startMs); // gone before it could be noted as open
    } catch (cause) {
      if (!this.#running) return;
      this.#listener.failed(cause instanceof Error ? cause.message : String(cause));
      this.#again();
    }
  }

  #onLost(why: string, startMs: number): void {
    this.#link = null;
    this.#generation++;
    if (!this.#running) return;
    if (this.#clock.monotonicMs() - startMs >= STEADY_MS) this.#delayMs = REOPEN_DELAY_MS_MIN;
    this.#listener.lost(why);
    this.#again();
  }

  #again(): void {
    this.#timer = this.#clock.setTimer(this.#delayMs, () => {
      this.#attempt = this.#tryOpen();
    });
    this.#delayMs = Math.min(this.#delayMs * 2, REOPEN_DELAY_MS_MAX);
  }
}
