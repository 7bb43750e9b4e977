// The one interface of every scanner, whatever cable or camera it hangs on.

import { FRAME_FAULTS } from './framing/framer.ts';
import type { Scan } from './scan.ts';

/** Why something a scanner did gave no scan. The list is closed; README.md of this folder says what each means. */
export const SCANNER_FAULT_REASONS = [
  ...FRAME_FAULTS,
  'OPEN_FAILED',
  'LINK_LOST',
  'LINE_NOT_JSON',
  'REPORT_MALFORMED',
  'NO_SYMBOL',
  'PICTURE_REFUSED',
] as const;

/** One reason from the list. */
export type ScannerFaultReason = (typeof SCANNER_FAULT_REASONS)[number];

/** One fault; `detail` says what was seen and what to do, without the data of a scan. */
export interface ScannerFault {
  readonly reason: ScannerFaultReason;
  readonly detail: string;
  readonly device: string;
  readonly monotonicMs: number;
}

/** `closed`: not opened. `waiting`: opened, device absent, being tried again. `open`: reading. */
export type ScannerState = 'closed' | 'waiting' | 'open';

/** What a store manager sees of a scanner. Counts since creation; times are Clock.monotonicMs(). */
export interface ScannerHealth {
  readonly state: ScannerState;
  /** Where it reads from: `127.0.0.1:4711`, `/dev/ttyACM0`; null while not known. */
  readonly endpoint: string | null;
  readonly scans: number;
  readonly faults: number;
  readonly opens: number;
  readonly lastScanMs: number | null;
  readonly lastFault: ScannerFault | null;
}

/** A source of scans. Listeners are called in the order of the scans, one at a time, on the main thread. */
export interface Scanner {
  readonly name: string;
  /**
   * Starts reading. Resolves after the first attempt to open the device, whether it succeeded or not: a till starts
   * without its scanner, health() tells, and the device is tried again until close().
   */
  open(): Promise<void>;
  /** Stops reading and gives the device free. No listener is called afterwards. A closed scanner may be opened again. */
  close(): Promise<void>;
  /** Adds a listener for scans. */
  onScan(listener: (scan: Scan) => void): void;
  /** Adds a listener for faults. */
  onFault(listener: (fault: ScannerFault) => void): void;
  health(): ScannerHealth;
}
