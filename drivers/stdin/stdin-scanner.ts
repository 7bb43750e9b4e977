// Standard input as a scanner: one scan a line, typed, pasted or piped; raw text or {"data":"...","aim":"]d2"}.

import type { Readable } from 'node:stream';
import { fromUtf8, utf8 } from '#core/bytes';
import type { FrameEvent } from '../framing/framer.ts';
import { TerminatorFramer } from '../framing/terminator-framer.ts';
import type { Scan } from '../scan.ts';
import { type DriverContext, ScanOutlet } from '../scan-outlet.ts';
import type { Scanner, ScannerFault, ScannerHealth } from '../scanner.ts';
import { isAim, splitAim } from '../symbology/aim.ts';

// A JSON escape takes up to six characters for one of data.
const LINE_BYTES_MAX = 64 * 1_024;

// People pause while they type; a line is over when they say so.
const LINE_IDLE_MS = 24 * 3_600_000;

/** Reads lines from a stream. The stream's end closes nothing: the scanner just stays silent. */
export class StdinScanner implements Scanner {
  readonly name: string;
  readonly #input: Readable;
  readonly #context: DriverContext;
  readonly #outlet: ScanOutlet;
  #framer = newFramer();
  readonly #onData = (chunk: Buffer | string): void => this.#push(typeof chunk === 'string' ? utf8(chunk) : chunk);
  readonly #onEnd = (): void => {
    // The last line of a file often has no line break.
    this.#emit(this.#framer.push(Uint8Array.of(0x0a), this.#context.clock.monotonicMs()));
  };

  constructor(name: string, input: Readable, context: DriverContext) {
    this.name = name;
    this.#input = input;
    this.#context = context;
    this.#outlet = new ScanOutlet(name, context);
  }

  async open(): Promise<void> {
    this.#framer = newFramer();
    this.#outlet.enter('open', 'stdin');
    this.#input.on('data', this.#onData);
    this.#input.on('end', this.#onEnd);
  }

  async close(): Promise<void> {
    this.#outlet.enter('closed');
    this.#input.off('data', this.#onData);
    this.#input.off('end', this.#onEnd);
    this.#input.pause(); // an unread terminal must not keep the process alive
  }

  onScan(listener: (scan: Scan) => void): void {
    this.#outlet.onScan(listener);
  }

  onFault(listener: (fault: ScannerFault) => void): void {
    this.#outlet.onFault(listener);
  }

  health(): ScannerHealth {
    return this.#outlet.health();
  }

  #push(chunk: Uint8Array): void {
    this.#emit(this.#framer.push(chunk, this.#context.clock.monotonicMs()));
  }

  #emit(events: readonly FrameEvent[]): void {
    for (const event of events) {
      if (event.kind === 'fault') this.#outlet.fault(event.reason, `a line of more than ${LINE_BYTES_MAX} bytes`);
      else this.#deliver(event.data);
    }
  }

  #deliver(line: Uint8Array): void {
    const scan = scanOfLine(line);
    if (scan === null)
      this.#outlet.fault('LINE_NOT_JSON', 'a line that starts with { must be {"data":"...","aim":"]d2"}');
    else this.#outlet.deliver(scan.data, scan.aim);
  }
}

/** The scan in a line; null for what starts like JSON and is no scan. */
function scanOfLine(line: Uint8Array): { data: Uint8Array; aim: string | null } | null {
  const text = fromUtf8(line);
  if (text === undefined) return { data: line, aim: null }; // refused as NOT_UTF8 where it is parsed
  const scan = text.startsWith('{') ? scanOfJson(text) : splitAim(text, null);
  return scan === null ? null : { data: utf8(scan.data), aim: scan.aim };
}

function newFramer(): TerminatorFramer {
  return new TerminatorFramer({ terminator: 'crlf', idleMs: LINE_IDLE_MS, bytesMax: LINE_BYTES_MAX });
}

function scanOfJson(text: string): { data: string; aim: string | null } | null {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return null; // answered with a fault by the caller
  }
  if (typeof value !== 'object' || value === null || !('data' in value) || typeof value.data !== 'string') return null;
  const aim = 'aim' in value ? value.aim : null;
  if (aim !== null && (typeof aim !== 'string' || !isAim(aim))) return null;
  return splitAim(value.data, aim);
}
