// One line of bytes turned into scans: framing, silence timers, encoding, AIM identifier.

import { utf8 } from '#core/bytes';
import type { Clock, Timer } from '#core/clock';
import { createFramer } from './framing/create-framer.ts';
import { type FrameEvent, type Framer, SCAN_DATA_BYTES_MAX } from './framing/framer.ts';
import type { LineSettings } from './profiles/profile.ts';
import type { ScanOutlet } from './scan-outlet.ts';
import { AIM_LENGTH, isAim } from './symbology/aim.ts';

const FAULT_WORDS = {
  FRAME_TOO_LONG: 'more bytes than a symbol holds before the end of the scan; check the framing of the profile',
  FRAME_TRUNCATED: 'the line fell silent inside a scan; scan again, and check cable and framing if it repeats',
  FRAME_NOISE: 'bytes outside any scan; check the framing of the profile',
} as const;

/** Reads one connection of a device. Each connection takes its own, so that halves of scans never meet. */
export class ScanStream {
  readonly #framer: Framer;
  readonly #settings: LineSettings;
  readonly #outlet: ScanOutlet;
  readonly #clock: Clock;
  #timer: Timer | null = null;

  constructor(settings: LineSettings, outlet: ScanOutlet, clock: Clock) {
    const aimBytes = settings.aimPrefix === 'none' ? 0 : AIM_LENGTH;
    this.#framer = createFramer({
      mode: settings.framing,
      idleMs: settings.idleMs,
      dataBytesMax: SCAN_DATA_BYTES_MAX + aimBytes,
    });
    this.#settings = settings;
    this.#outlet = outlet;
    this.#clock = clock;
  }

  /** Takes the next bytes of the line. */
  push(chunk: Uint8Array): void {
    this.#emit(this.#framer.push(chunk, this.#clock.monotonicMs()));
    this.#arm();
  }

  /** The line is gone: what is unfinished becomes a fault (or, where silence ends a scan, a scan). */
  end(): void {
    this.#emit(this.#framer.flush(Number.POSITIVE_INFINITY));
    this.#arm();
  }

  #arm(): void {
    this.#timer?.cancel();
    this.#timer = null;
    const deadline = this.#framer.deadlineMs();
    if (deadline === null) return;
    const delayMs = Math.max(0, Math.ceil(deadline - this.#clock.monotonicMs()));
    this.#timer = this.#clock.setTimer(delayMs, () => {
      this.#emit(this.#framer.flush(this.#clock.monotonicMs()));
      this.#arm();
    });
  }

  #emit(events: readonly FrameEvent[]): void {
    for (const event of events) {
      if (event.kind === 'fault') this.#outlet.fault(event.reason, FAULT_WORDS[event.reason]);
      else this.#deliver(event.data);
    }
  }

  #deliver(frame: Uint8Array): void {
    const aim = this.#settings.aimPrefix === 'none' ? null : aimOf(frame);
    const raw = aim === null ? frame : frame.subarray(AIM_LENGTH);
    if (raw.length > SCAN_DATA_BYTES_MAX) {
      this.#outlet.fault('FRAME_TOO_LONG', FAULT_WORDS.FRAME_TOO_LONG);
      return;
    }
    this.#outlet.deliver(this.#settings.encoding === 'latin1' ? utf8(Buffer.from(raw).toString('latin1')) : raw, aim);
  }
}

/** The AIM identifier at the front of a frame, or null. */
export function aimOf(frame: Uint8Array): string | null {
  if (frame.length < AIM_LENGTH) return null;
  const text = String.fromCharCode(frame[0] ?? 0, frame[1] ?? 0, frame[2] ?? 0);
  return isAim(text) ? text : null;
}
