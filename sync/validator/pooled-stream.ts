/** Segments of one journal stream that wait to be ordered, by first sequence, and how many of them could go now. */

/** A segment that was admitted: genuine, of a known author, not yet ordered. */
export interface Pooled {
  readonly digest: Uint8Array;
  /** `digest` in hex. */
  readonly name: string;
  readonly bytes: Uint8Array;
  readonly author: string;
  readonly epoch: number;
  readonly stream: number;
  readonly first: number;
  readonly last: number;
  /** Since when it is known, monotonic ms. */
  readonly knownMs: number;
  /** Since when nothing is missing before it; null while something is. */
  readyMs: number | null;
  gossiped: boolean;
  /** Named by the admin to be salvaged: it has a place of its own beside its stream. */
  readonly salvaged: boolean;
}

/** The waiting segments of one stream. `next` is the sequence that the ledger expects. */
export class PooledStream {
  readonly #waiting: Pooled[] = [];
  #next: number;
  #readyCount = 0;
  /** The ledger waits for another journal before the next entry of this one. */
  held = false;

  constructor(next: number) {
    this.#next = next;
  }

  get count(): number {
    return this.#waiting.length;
  }

  /** Segments at the front that follow each other from `next` on. */
  get readyCount(): number {
    return this.#readyCount;
  }

  /** How many of them a block may take now. */
  get dueCount(): number {
    return this.held ? 0 : this.#readyCount;
  }

  /** The sequence up to which the stream is complete here. */
  get reach(): number {
    let reach = this.#next;
    for (let index = 0; index < this.#readyCount; index++)
      reach = Math.max(reach, (this.#waiting[index] as Pooled).last + 1);
    return reach;
  }

  all(): readonly Pooled[] {
    return this.#waiting;
  }

  add(segment: Pooled, nowMs: number): void {
    let at = this.#waiting.length;
    while (at > 0 && (this.#waiting[at - 1] as Pooled).first > segment.first) at--;
    this.#waiting.splice(at, 0, segment);
    this.#count(nowMs);
  }

  /** What was ordered and has to go into another block waits from now on. */
  renew(ordered: ReadonlySet<string>): void {
    for (const segment of this.#waiting) if (ordered.has(segment.name)) segment.readyMs = null;
  }

  /**
   * Moves the ledger's end on and drops what is behind it or was ordered; gives the dropped ones. What was ordered and waits stays: it
   * is ordered again.
   */
  advance(next: number, ordered: ReadonlySet<string>, nowMs: number): Pooled[] {
    this.#next = next;
    const dropped: Pooled[] = [];
    const kept = this.#waiting.filter((segment) => {
      const keep = segment.last >= next && !ordered.has(segment.name);
      if (!keep) dropped.push(segment);
      return keep;
    });
    if (dropped.length > 0) this.#waiting.splice(0, this.#waiting.length, ...kept);
    this.#count(nowMs);
    return dropped;
  }

  #count(nowMs: number): void {
    let reach = this.#next;
    let count = 0;
    for (const segment of this.#waiting) {
      if (segment.first > reach) break;
      segment.readyMs ??= nowMs;
      reach = Math.max(reach, segment.last + 1);
      count++;
    }
    this.#readyCount = count;
  }
}
