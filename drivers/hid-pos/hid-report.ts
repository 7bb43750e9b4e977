// Input reports of a USB HID POS scanner, layout A (Hand Held Products, Honeywell, Datalogic and others), as pure data.
// Sources: USB-IF "HID Point of Sale Usage Tables" 1.02 (usages FB to FF of page 8C); Hand Held Products "USB
// Interfaces User's Guide" p. 1-11 for the places of the bytes.

import { bad, ok, type Result } from '#core/result';
import { isAim } from '../symbology/aim.ts';

const REPORT_ID = 0x02;
const REPORT_BYTES = 64;
const LENGTH_AT = 1;
const AIM_AT = 2;
const DATA_AT = 5;
const CODE_ID_AT = 61;
const FLAGS_AT = 63;
const CONTINUED = 0x01;

/** Most bytes of data in one report. */
export const HID_REPORT_DATA_BYTES_MAX = 56;

/**
 * One report. `aim`: null where the device sent none. `codeId`: the maker's own letter for the symbology (0 = none).
 * `continued`: the next report goes on with the same scan.
 */
export interface HidReport {
  readonly data: Uint8Array;
  readonly aim: string | null;
  readonly codeId: number;
  readonly continued: boolean;
}

/** Reads one input report, report id included. Short, foreign and inconsistent reports are refused. */
export function parseHidReport(report: Uint8Array): Result<HidReport, 'REPORT_MALFORMED'> {
  if (report[0] !== REPORT_ID) return bad('REPORT_MALFORMED', `report id ${report[0] ?? 'none'}, not ${REPORT_ID}`);
  if (report.length !== REPORT_BYTES) return bad('REPORT_MALFORMED', `${report.length} bytes, not ${REPORT_BYTES}`);
  const length = report[LENGTH_AT] ?? 0;
  if (length > HID_REPORT_DATA_BYTES_MAX) return bad('REPORT_MALFORMED', `a length of ${length} bytes`);
  const aimText = String.fromCharCode(...report.subarray(AIM_AT, DATA_AT));
  return ok({
    // The length byte decides: data may hold NUL, and padding is not data.
    data: Uint8Array.from(report.subarray(DATA_AT, DATA_AT + length)),
    aim: isAim(aimText) ? aimText : null,
    codeId: report[CODE_ID_AT] ?? 0,
    continued: ((report[FLAGS_AT] ?? 0) & CONTINUED) !== 0,
  });
}
