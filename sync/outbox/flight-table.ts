/** Which segments are on their way, since when, and when they are due to be sent again. */
import type { OutgoingSegment } from './outbox-source.ts';

/** One segment on its way. Times are monotonic ms. */
export interface Flight {
  readonly stream: number;
  readonly lastSequence: number;
  readonly attempts: number;
  dueMs: number;
}

type SegmentPlace = Pick<OutgoingSegment, 'stream' | 'firstSequence' | 'lastSequence'>;

function nameOf({ stream, firstSequence }: SegmentPlace): string {
  return `${stream}/${firstSequence}`;
}

/** Bounded by the window of its owner. */
export class FlightTable {
  readonly #flights = new Map<string, Flight>();

  get size(): number {
    return this.#flights.size;
  }

  of(segment: SegmentPlace): Flight | undefined {
    return this.#flights.get(nameOf(segment));
  }

  set(segment: SegmentPlace, attempts: number, dueMs: number): Flight {
    const { stream, lastSequence } = segment;
    const flight: Flight = { stream, lastSequence, attempts, dueMs };
    this.#flights.set(nameOf(segment), flight);
    return flight;
  }

  /** Forgets the flights of segments that are not among these: they are settled. */
  keepOnly(segments: readonly SegmentPlace[]): void {
    const names = new Set(segments.map(nameOf));
    for (const name of this.#flights.keys()) if (!names.has(name)) this.#flights.delete(name);
  }

  /** Gives a stream that moves more time: nothing in it is due before `dueMs`. */
  postpone(stream: number, dueMs: number): void {
    for (const flight of this.#flights.values())
      if (flight.stream === stream) flight.dueMs = Math.max(flight.dueMs, dueMs);
  }

  /** Makes what holds entries from a sequence on due at once. */
  makeDue(stream: number, fromSequence: number, nowMs: number): void {
    for (const flight of this.#flights.values()) {
      if (flight.stream === stream && flight.lastSequence >= fromSequence) flight.dueMs = nowMs;
    }
  }

  nextDueMs(): number | undefined {
    let next: number | undefined;
    for (const { dueMs } of this.#flights.values()) if (next === undefined || dueMs < next) next = dueMs;
    return next;
  }

  clear(): void {
    this.#flights.clear();
  }
}
