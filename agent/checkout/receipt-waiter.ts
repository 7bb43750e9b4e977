/** Waits for the certified answer to one entry, with a deadline. */

import type { EntryPlace } from '#agent/journal/entry-state';
import type { SettledEntry } from '#agent/journal/settlement';
import type { Clock } from '#core/clock';

const nameOf = ({ epoch, stream, sequence }: EntryPlace): string => `${epoch}/${stream}/${sequence}`;

/** Entries somebody stands at the till for. */
export class ReceiptWaiter {
  readonly #clock: Clock;
  readonly #waiting = new Map<string, (entry: SettledEntry | null) => void>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** The entry once it has settled, or null when the deadline passes first. */
  wait(place: EntryPlace, deadlineMs: number): Promise<SettledEntry | null> {
    return new Promise((resolve) => {
      const name = nameOf(place);
      const timer = this.#clock.setTimer(deadlineMs, () => {
        this.#waiting.delete(name);
        resolve(null);
      });
      this.#waiting.set(name, (entry) => {
        timer.cancel();
        this.#waiting.delete(name);
        resolve(entry);
      });
    });
  }

  /** Passes on what has settled. */
  settled(entries: readonly SettledEntry[]): void {
    for (const entry of entries) this.#waiting.get(nameOf(entry.place))?.(entry);
  }

  /** Ends every wait without an answer. */
  giveUp(): void {
    for (const resolve of [...this.#waiting.values()]) resolve(null);
  }
}
