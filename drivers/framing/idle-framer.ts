// Frames that nothing marks: a scan ends when the line has been silent.

import { FrameBuffer } from './frame-buffer.ts';
import type { FrameEvent, Framer } from './framer.ts';

/** Takes everything up to a silence of `idleMs` as one frame; too much of it is one `FRAME_TOO_LONG`. */
export class IdleFramer implements Framer {
  readonly #idleMs: number;
  readonly #buffer: FrameBuffer;
  #lastMs = 0;

  constructor(options: { readonly idleMs: number; readonly bytesMax: number }) {
    this.#idleMs = options.idleMs;
    this.#buffer = new FrameBuffer(options.bytesMax);
  }

  push(chunk: Uint8Array, nowMs: number): FrameEvent[] {
    const events = this.flush(nowMs);
    this.#lastMs = nowMs;
    this.#buffer.add(chunk, 0, chunk.length);
    return events;
  }

  flush(nowMs: number): FrameEvent[] {
    const deadline = this.deadlineMs();
    if (deadline === null || nowMs < deadline) return [];
    const tooLong = this.#buffer.overflowed;
    const data = this.#buffer.take();
    return [tooLong ? { kind: 'fault', reason: 'FRAME_TOO_LONG' } : { kind: 'frame', data }];
  }

  deadlineMs(): number | null {
    return this.#buffer.empty ? null : this.#lastMs + this.#idleMs;
  }
}
