// The seam between bytes on a line and scans: what every framer takes and gives, and the limits they share.

/** Most bytes of data in one scan: a QR code of version 40 holds 7,089 digits. */
export const SCAN_DATA_BYTES_MAX = 7_089;

/** Why bytes did not become a frame. */
export const FRAME_FAULTS = [
  /** More data than any symbol holds; everything up to the terminator was discarded. */
  'FRAME_TOO_LONG',
  /** The line fell silent, closed or started anew before the frame was complete; its bytes were discarded. */
  'FRAME_TRUNCATED',
  /** Bytes outside any frame were discarded. */
  'FRAME_NOISE',
] as const;

/** One reason from the list. */
export type FrameFault = (typeof FRAME_FAULTS)[number];

/** A complete frame without its marks, or a fault; `data` is a copy that the receiver may keep. */
export type FrameEvent =
  | { readonly kind: 'frame'; readonly data: Uint8Array }
  | { readonly kind: 'fault'; readonly reason: FrameFault };

/**
 * Cuts a stream of bytes into frames. Chunks may break anywhere and hold several frames. State is bounded by the
 * longest frame. Times are milliseconds of Clock.monotonicMs() and never go back.
 */
export interface Framer {
  /** Takes the next bytes of the line. */
  push(chunk: Uint8Array, nowMs: number): FrameEvent[];
  /** Ends what has been silent for too long by `nowMs`; with Infinity (line closed) whatever is unfinished. */
  flush(nowMs: number): FrameEvent[];
  /** When flush has something to do at the latest, or null while nothing is unfinished. */
  deadlineMs(): number | null;
}
