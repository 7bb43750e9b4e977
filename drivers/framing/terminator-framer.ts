// Frames that end in CR, in LF, or in any of CR, LF and CR LF: the default of most serial and TCP scanners.

import { FrameBuffer } from './frame-buffer.ts';
import type { FrameEvent, Framer } from './framer.ts';

const CR = 0x0d;
const LF = 0x0a;

/** Which bytes end a frame. */
export type Terminator = 'cr' | 'lf' | 'crlf';

const ENDS: Readonly<Record<Terminator, readonly number[]>> = { cr: [CR], lf: [LF], crlf: [CR, LF] };

/**
 * Cuts at terminators. Empty frames (the LF of a CR LF, a lone Enter) are passed over. A frame that stays unfinished
 * for `idleMs` is a `FRAME_TRUNCATED`: half a code must never be completed by the next scan.
 */
export class TerminatorFramer implements Framer {
  readonly #ends: readonly number[];
  readonly #idleMs: number;
  readonly #buffer: FrameBuffer;
  #lastMs = 0;

  constructor(options: { readonly terminator: Terminator; readonly idleMs: number; readonly bytesMax: number }) {
    this.#ends = ENDS[options.terminator];
    this.#idleMs = options.idleMs;
    this.#buffer = new FrameBuffer(options.bytesMax);
  }

  push(chunk: Uint8Array, nowMs: number): FrameEvent[] {
    const events = this.flush(nowMs);
    this.#lastMs = nowMs;
    let start = 0;
    for (let index = 0; index < chunk.length; index++) {
      if (!this.#ends.includes(chunk[index] ?? -1)) continue;
      this.#buffer.add(chunk, start, index);
      start = index + 1;
      if (this.#buffer.overflowed) events.push({ kind: 'fault', reason: 'FRAME_TOO_LONG' });
      else if (!this.#buffer.empty) events.push({ kind: 'frame', data: this.#buffer.take() });
      this.#buffer.clear();
    }
    this.#buffer.add(chunk, start, chunk.length);
    return events;
  }

  flush(nowMs: number): FrameEvent[] {
    const deadline = this.deadlineMs();
    if (deadline === null || nowMs < deadline) return [];
    const reason = this.#buffer.overflowed ? 'FRAME_TOO_LONG' : 'FRAME_TRUNCATED';
    this.#buffer.clear();
    return [{ kind: 'fault', reason }];
  }

  deadlineMs(): number | null {
    return this.#buffer.empty ? null : this.#lastMs + this.#idleMs;
  }
}
