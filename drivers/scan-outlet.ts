// Where a driver hands over scans and faults: stamps them, counts them for health(), calls the listeners.

import type { Clock } from '#core/clock';
import type { Log } from '#core/log';
import type { Scan } from './scan.ts';
import type { ScannerFault, ScannerFaultReason, ScannerHealth, ScannerState } from './scanner.ts';

/** What every driver is given. */
export interface DriverContext {
  readonly clock: Clock;
  readonly log: Log;
}

/** The outgoing side of one scanner. */
export class ScanOutlet {
  readonly name: string;
  readonly #clock: Clock;
  readonly #log: Log;
  readonly #scanListeners: ((scan: Scan) => void)[] = [];
  readonly #faultListeners: ((fault: ScannerFault) => void)[] = [];
  #state: ScannerState = 'closed';
  #endpoint: string | null = null;
  #scans = 0;
  #faults = 0;
  #opens = 0;
  #lastScanMs: number | null = null;
  #lastFault: ScannerFault | null = null;

  constructor(name: string, context: DriverContext) {
    this.name = name;
    this.#clock = context.clock;
    this.#log = context.log.child({ scanner: name });
  }

  onScan(listener: (scan: Scan) => void): void {
    this.#scanListeners.push(listener);
  }

  onFault(listener: (fault: ScannerFault) => void): void {
    this.#faultListeners.push(listener);
  }

  /** Moves to a state; `endpoint` is kept when not given. */
  enter(state: ScannerState, endpoint?: string): void {
    if (state === 'open') this.#opens++;
    if (endpoint !== undefined) this.#endpoint = endpoint;
    if (state !== this.#state) this.#log.info({ state, endpoint: this.#endpoint }, 'scanner state');
    this.#state = state;
  }

  /** Hands over a scan; after close it is dropped. The log names length and symbology, never the content. */
  deliver(data: Uint8Array, aim: string | null): void {
    if (this.#state === 'closed') return;
    const scan: Scan = { data, aim, device: this.name, monotonicMs: this.#clock.monotonicMs() };
    this.#scans++;
    this.#lastScanMs = scan.monotonicMs;
    this.#log.debug({ bytes: data.length, aim }, 'scan');
    for (const listener of this.#scanListeners) listener(scan);
  }

  /** Hands over a fault; after close it is dropped. */
  fault(reason: ScannerFaultReason, detail: string): void {
    if (this.#state === 'closed') return;
    const fault: ScannerFault = { reason, detail, device: this.name, monotonicMs: this.#clock.monotonicMs() };
    this.#faults++;
    this.#lastFault = fault;
    this.#log.warn({ reason, detail }, 'scanner fault');
    for (const listener of this.#faultListeners) listener(fault);
  }

  health(): ScannerHealth {
    return {
      state: this.#state,
      endpoint: this.#endpoint,
      scans: this.#scans,
      faults: this.#faults,
      opens: this.#opens,
      lastScanMs: this.#lastScanMs,
      lastFault: this.#lastFault,
    };
  }
}
