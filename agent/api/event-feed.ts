/** The event stream of the local API (server-sent events, WHATWG HTML section 9.2): replay of the last events, bounded clients. */
import type { ServerResponse } from 'node:http';
import type { Clock, Timer } from '#core/clock';
import type { TerminalEvent } from '../events.ts';

/** Events that a new listener is told first. */
export const replayedEventsMax = 100;
/** Listeners at once. */
export const listenersMax = 16;
/** Bytes that may wait for a slow listener before it is cut. */
export const pendingBytesMax = 1_048_576;
const heartbeatMs = 15_000;

interface NumberedEvent {
  readonly id: number;
  readonly frame: string;
}

/** Numbers events in the order in which they happened and writes them to every listener in that order. */
export class EventFeed {
  readonly #clock: Clock;
  readonly #recent: NumberedEvent[] = [];
  readonly #listeners = new Set<ServerResponse>();
  #nextId = 1;
  #heartbeat: Timer | null = null;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Listeners connected now. */
  get listenerCount(): number {
    return this.#listeners.size;
  }

  /** Tells everybody, now and later listeners (as long as it is among the last `replayedEventsMax`). */
  publish(event: TerminalEvent): void {
    const id = this.#nextId++;
    // JSON has no raw line break, so one data line holds it.
    const frame = `id: ${id}\nevent: ${event.type}\ndata: ${JSON.stringify(event)}\n\n`;
    this.#recent.push({ id, frame });
    if (this.#recent.length > replayedEventsMax) this.#recent.shift();
    for (const listener of this.#listeners) this.#write(listener, frame);
  }

  /**
   * Replays what came after `afterId` (of what is still known), then goes on live. False when there are too many
   * listeners already; nothing was written then.
   */
  attach(listener: ServerResponse, afterId: number): boolean {
    if (this.#listeners.size >= listenersMax) return false;
    listener.writeHead(200, {
      'content-type': 'text/event-stream; charset=utf-8',
      'cache-control': 'no-store',
      'x-content-type-options': 'nosniff',
      'x-accel-buffering': 'no',
    });
    listener.write(`retry: 1000\n\n`);
    // Ids begin anew with the process: an id from before a restart is no reason to leave events out.
    const from = afterId < this.#nextId ? afterId : 0;
    for (const { id, frame } of this.#recent) if (id > from) this.#write(listener, frame);
    this.#listeners.add(listener);
    const forget = (): void => this.#forget(listener);
    listener.on('close', forget);
    listener.on('error', forget);
    this.#heartbeat ??= this.#clock.setTimer(heartbeatMs, () => this.#beat());
    return true;
  }

  /** Ends every stream. */
  close(): void {
    this.#heartbeat?.cancel();
    this.#heartbeat = null;
    for (const listener of this.#listeners) listener.end();
    this.#listeners.clear();
  }

  #beat(): void {
    this.#heartbeat = null;
    if (this.#listeners.size === 0) return;
    for (const listener of this.#listeners) this.#write(listener, ': still here\n\n');
    this.#heartbeat = this.#clock.setTimer(heartbeatMs, () => this.#beat());
  }

  #forget(listener: ServerResponse): void {
    this.#listeners.delete(listener);
    if (this.#listeners.size > 0) return;
    this.#heartbeat?.cancel();
    this.#heartbeat = null;
  }

  #write(listener: ServerResponse, frame: string): void {
    if (listener.writableLength > pendingBytesMax) {
      this.#forget(listener);
      listener.destroy();
      return;
    }
    listener.write(frame);
  }
}
