/** Virtual time: events by moment, those of one moment in the order in which they were planned. */

interface Planned {
  readonly atMs: number;
  readonly order: number;
  readonly run: () => void;
}

function earlier(a: Planned, b: Planned): boolean {
  return a.atMs < b.atMs || (a.atMs === b.atMs && a.order < b.order);
}

/** More events than any schedule needs: messages that breed messages. */
const eventsMax = 400_000;

/** A binary heap of things to do. */
export class EventQueue {
  readonly #heap: Planned[] = [];
  #order = 0;
  #done = 0;
  nowMs = 0;

  plan(delayMs: number, run: () => void): void {
    const planned = { atMs: this.nowMs + Math.max(0, delayMs), order: this.#order++, run };
    let at = this.#heap.push(planned) - 1;
    while (at > 0) {
      const parent = (at - 1) >> 1;
      if (!earlier(planned, this.#heap[parent] as Planned)) break;
      this.#heap[at] = this.#heap[parent] as Planned;
      at = parent;
    }
    this.#heap[at] = planned;
  }

  /** Does the next thing, unless it lies after `untilMs`; false if nothing was done. */
  runNext(untilMs: number): boolean {
    const next = this.#heap[0];
    if (next === undefined || next.atMs > untilMs) return false;
    const last = this.#heap.pop() as Planned;
    if (this.#heap.length > 0) this.#sink(last);
    this.nowMs = next.atMs;
    if (++this.#done > eventsMax) throw new Error(`more than ${eventsMax} events: a storm`);
    next.run();
    return true;
  }

  #sink(planned: Planned): void {
    let at = 0;
    for (;;) {
      let child = 2 * at + 1;
      if (child >= this.#heap.length) break;
      if (child + 1 < this.#heap.length && earlier(this.#heap[child + 1] as Planned, this.#heap[child] as Planned))
        child++;
      if (!earlier(this.#heap[child] as Planned, planned)) break;
      this.#heap[at] = this.#heap[child] as Planned;
      at = child;
    }
    this.#heap[at] = planned;
  }
}
