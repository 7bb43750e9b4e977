// Frames between STX (0x02) and ETX (0x03).

import { FrameBuffer } from './frame-buffer.ts';
import type { FrameEvent, FrameFault, Framer } from './framer.ts';

const STX = 0x02;
const ETX = 0x03;
const EOT = 0x04;
const CR = 0x0d;
const LF = 0x0a;

// Some devices add CR, LF or EOT behind ETX; that is no noise.
const PADDING: readonly number[] = [CR, LF, EOT];

/**
 * Cuts between STX and ETX. A second STX starts anew (the frame before it is a `FRAME_TRUNCATED`); bytes outside
 * frames are one `FRAME_NOISE` a run; silence of `idleMs` inside a frame is a `FRAME_TRUNCATED`.
 */
export class StxEtxFramer implements Framer {
  readonly #idleMs: number;
  readonly #buffer: FrameBuffer;
  #inside = false;
  #noisy = false;
  #lastMs = 0;

  constructor(options: { readonly idleMs: number; readonly bytesMax: number }) {
    this.#idleMs = options.idleMs;
    this.#buffer = new FrameBuffer(options.bytesMax);
  }

  push(chunk: Uint8Array, nowMs: number): FrameEvent[] {
    const events = this.flush(nowMs);
    this.#lastMs = nowMs;
    let start = 0;
    for (let index = 0; index < chunk.length; index++) {
      const byte = chunk[index] ?? 0;
      if (byte === STX) {
        if (this.#inside) this.#drop('FRAME_TRUNCATED', events);
        this.#inside = true;
        this.#noisy = false;
        start = index + 1;
      } else if (byte === ETX && this.#inside) {
        this.#buffer.add(chunk, start, index);
        this.#finish(events);
      } else if (!this.#inside && !this.#noisy && !PADDING.includes(byte)) {
        this.#noisy = true;
        events.push({ kind: 'fault', reason: 'FRAME_NOISE' });
      }
    }
    if (this.#inside) this.#buffer.add(chunk, start, chunk.length);
    return events;
  }

  flush(nowMs: number): FrameEvent[] {
    const deadline = this.deadlineMs();
    if (deadline === null || nowMs < deadline) return [];
    const events: FrameEvent[] = [];
    this.#drop('FRAME_TRUNCATED', events);
    return events;
  }

  deadlineMs(): number | null {
    return this.#inside ? this.#lastMs + this.#idleMs : null;
  }

  #finish(events: FrameEvent[]): void {
    if (this.#buffer.overflowed) this.#drop('FRAME_TOO_LONG', events);
    else if (!this.#buffer.empty) events.push({ kind: 'frame', data: this.#buffer.take() });
    this.#inside = false;
  }

  #drop(reason: FrameFault, events: FrameEvent[]): void {
    events.push({ kind: 'fault', reason: this.#buffer.overflowed ? 'FRAME_TOO_LONG' : reason });
    this.#buffer.clear();
    this.#inside = false;
  }
}
