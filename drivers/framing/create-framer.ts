// From the framing a profile names to the framer that does it, and the other way round: the bytes of a frame.

import { unreachable } from '#core/assert';
import { concatBytes } from '#core/bytes';
import { type Framer, SCAN_DATA_BYTES_MAX } from './framer.ts';
import { IdleFramer } from './idle-framer.ts';
import { StxEtxFramer } from './stx-etx-framer.ts';
import { TerminatorFramer } from './terminator-framer.ts';

/** How a device marks the end of a scan; `crlf` accepts CR, LF and CR LF. */
export const FRAMING_MODES = ['cr', 'lf', 'crlf', 'stx-etx', 'idle'] as const;

/** One of the modes. */
export type FramingMode = (typeof FRAMING_MODES)[number];

/** `idleMs`: silence after which a frame is over (idle) or given up (all others). `dataBytesMax`: 1 to 7,092. */
export interface FramingConfig {
  readonly mode: FramingMode;
  readonly idleMs: number;
  readonly dataBytesMax?: number;
}

/** The framer for one line; framers keep state, so each line and each connection takes its own. */
export function createFramer(config: FramingConfig): Framer {
  const { mode, idleMs, dataBytesMax: bytesMax = SCAN_DATA_BYTES_MAX } = config;
  switch (mode) {
    case 'cr':
    case 'lf':
    case 'crlf':
      return new TerminatorFramer({ terminator: mode, idleMs, bytesMax });
    case 'stx-etx':
      return new StxEtxFramer({ idleMs, bytesMax });
    case 'idle':
      return new IdleFramer({ idleMs, bytesMax });
    default:
      return unreachable(mode);
  }
}

const MARKS: Readonly<Record<FramingMode, readonly [before: readonly number[], after: readonly number[]]>> = {
  cr: [[], [0x0d]],
  lf: [[], [0x0a]],
  crlf: [[], [0x0d, 0x0a]],
  'stx-etx': [[0x02], [0x03]],
  idle: [[], []],
};

/** The bytes that a device with this framing sends for `data`. */
export function frameBytes(mode: FramingMode, data: Uint8Array): Uint8Array {
  const [before, after] = MARKS[mode];
  return concatBytes(Uint8Array.from(before), data, Uint8Array.from(after));
}
