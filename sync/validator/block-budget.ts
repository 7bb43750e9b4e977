/**
 * How much an own block takes from the pool: as much as this validator handles in a moment, so that the event loop is never silent for
 * long and a block is decided far within a view's time-out, on a small machine and on a large one.
 */
import { segmentBytesMax } from '#ledger/journal/segment';
import type { GatherLimits } from './segment-pool.ts';

/** Time that executing, storing and telling of a block may take. */
const targetMs = 120;
const entriesMin = 512;
const entriesMax = 8_192;
/** What is taken before anything was measured. */
const entriesAtFirst = 2_048;
/** Blocks of fewer say more about what a block costs than about what an entry does. */
const entriesTelling = 128;
/** Of the older measurements. */
const weightKept = 0.7;
/** Their signatures can be checked in a tenth of a second. */
const segmentsMax = 1_024;
const bytesMax = 4 * 1024 * 1024;

/** What a block is made of. */
export interface BlockSize {
  readonly segments: number;
  readonly bytes: number;
  readonly entries: number;
}

/** Follows what entries cost here. */
export class BlockBudget {
  /** Milliseconds an entry; 0 while none was measured. */
  #costMs = 0;

  /** Takes note of what a block took. */
  note(entries: number, tookMs: number): void {
    if (entries < entriesTelling) return;
    const costMs = tookMs / entries;
    this.#costMs = this.#costMs === 0 ? costMs : weightKept * this.#costMs + (1 - weightKept) * costMs;
  }

  limits(): GatherLimits {
    const affordable = this.#costMs === 0 ? entriesAtFirst : Math.floor(targetMs / this.#costMs);
    const entries = Math.min(entriesMax, Math.max(entriesMin, affordable));
    return { segments: segmentsMax, bytes: bytesMax, entries };
  }

  /** Whether a block, of anybody's, is as large as its primary could fairly make it: others may be half as fast as this validator. */
  isFull({ segments, bytes, entries }: BlockSize): boolean {
    const limits = this.limits();
    return segments >= limits.segments || bytes + segmentBytesMax > limits.bytes || entries >= limits.entries / 2;
  }
}
