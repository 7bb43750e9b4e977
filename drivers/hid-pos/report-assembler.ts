// Joins the reports of one scan, keeps answers to menu commands out, and ends scans whose last report stays away.

import { FrameBuffer } from '../framing/frame-buffer.ts';
import { SCAN_DATA_BYTES_MAX } from '../framing/framer.ts';
import type { ScannerFaultReason } from '../scanner.ts';
import { HID_REPORT_DATA_BYTES_MAX, parseHidReport } from './hid-report.ts';

/** What a report led to. */
export type AssemblerEvent =
  | { readonly kind: 'scan'; readonly data: Uint8Array; readonly aim: string | null }
  | { readonly kind: 'fault'; readonly reason: ScannerFaultReason; readonly detail: string };

// ]Z6 closes the answer to a menu command and ]X0 carries its text; neither is ever a scan on these devices.
const RESPONSE_AIMS: ReadonlySet<string> = new Set([']Z6', ']X0']);

/** Takes input reports in order; keeps at most one unfinished scan. */
export class ReportAssembler {
  readonly #continuationMs: number;
  readonly #buffer = new FrameBuffer(SCAN_DATA_BYTES_MAX);
  #aim: string | null = null;
  #open = false;
  #lastWasFull = false;
  #lastMs = 0;

  constructor(options: { readonly continuationMs: number }) {
    this.#continuationMs = options.continuationMs;
  }

  /** Takes one input report, report id included. */
  push(bytes: Uint8Array, nowMs: number): AssemblerEvent[] {
    const events = this.flush(nowMs);
    const parsed = parseHidReport(bytes);
    if (!parsed.ok) {
      this.#reset();
      return [...events, { kind: 'fault', reason: 'REPORT_MALFORMED', detail: `input report with ${parsed.detail}` }];
    }
    const report = parsed.value;
    if (report.aim !== null && RESPONSE_AIMS.has(report.aim)) return events;
    if (this.#open && report.aim !== this.#aim) events.push(this.#giveUp());
    this.#open = true;
    this.#aim = report.aim;
    this.#lastMs = nowMs;
    this.#lastWasFull = report.data.length === HID_REPORT_DATA_BYTES_MAX;
    this.#buffer.add(report.data, 0, report.data.length);
    if (!report.continued) events.push(this.#finish());
    return events;
  }

  /** Ends a scan whose next report has been due for too long; with Infinity any unfinished one. */
  flush(nowMs: number): AssemblerEvent[] {
    const deadline = this.deadlineMs();
    if (deadline === null || nowMs < deadline) return [];
    // Some firmware sets Continued on the last report when it is exactly full. A scan that ended on a full report is
    // therefore delivered (check digits tell if it is short); one that stopped elsewhere is not.
    return [this.#lastWasFull && nowMs !== Number.POSITIVE_INFINITY ? this.#finish() : this.#giveUp()];
  }

  /** When flush has something to do, or null while no scan is unfinished. */
  deadlineMs(): number | null {
    return this.#open ? this.#lastMs + this.#continuationMs : null;
  }

  #finish(): AssemblerEvent {
    if (this.#buffer.overflowed) {
      this.#reset();
      return { kind: 'fault', reason: 'FRAME_TOO_LONG', detail: 'more reports than a symbol holds data' };
    }
    const aim = this.#aim;
    const data = this.#buffer.take();
    this.#reset();
    return { kind: 'scan', data, aim };
  }

  #giveUp(): AssemblerEvent {
    this.#reset();
    return { kind: 'fault', reason: 'FRAME_TRUNCATED', detail: 'a scan lost one of its reports; scan again' };
  }

  #reset(): void {
    this.#buffer.clear();
    this.#aim = null;
    this.#open = false;
  }
}
