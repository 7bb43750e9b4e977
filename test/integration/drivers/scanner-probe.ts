// Listens to a scanner in a test: waits for scans, faults and states without sleeping.

import { systemClock, withDeadline } from '#core/clock';
import { createLog } from '#core/log';
import type { ScannerContext } from '#drivers/create-scanner';
import type { Scanner, ScannerFault } from '#drivers/scanner';

/** Real clock, silent log. */
export const testContext: ScannerContext = {
  clock: systemClock,
  log: createLog({ level: 'silent', name: 'test', destination: 'silent' }),
};

const WAIT_MS_MAX = 15_000;
const LOOK_MS = 10;

/** What a scanner gave so far. */
export class ScannerProbe {
  readonly scans: string[] = [];
  readonly faults: ScannerFault[] = [];
  readonly scanner: Scanner;

  constructor(scanner: Scanner) {
    this.scanner = scanner;
    scanner.onScan((scan) => this.scans.push(`${scan.aim ?? ''}${Buffer.from(scan.data).toString()}`));
    scanner.onFault((fault) => this.faults.push(fault));
  }

  /** Resolves with all scans once there are `count`. */
  async scansOf(count: number): Promise<string[]> {
    await until(() => this.scans.length >= count, `${count} scans, have ${this.scans.length}`);
    return this.scans;
  }

  /** Resolves once a fault with this reason came. */
  async fault(reason: ScannerFault['reason']): Promise<void> {
    await until(() => this.faults.some((fault) => fault.reason === reason), `fault ${reason}`);
  }

  /** Resolves once the device has been opened `count` times. */
  async opens(count: number): Promise<void> {
    await until(() => this.scanner.health().opens >= count, `${count} opens`);
  }
}

/** Resolves once the condition holds; rejects with `what` after a generous time. */
export async function until(holds: () => boolean, what: string): Promise<void> {
  let over = false;
  const met = new Promise<void>((resolve) => {
    const look = (): void => {
      if (holds()) resolve();
      else if (!over) systemClock.setTimer(LOOK_MS, look);
    };
    look();
  });
  const waited = await withDeadline(systemClock, met, WAIT_MS_MAX);
  over = true;
  if (!waited.ok) throw new Error(`waited in vain for ${what}`);
}
