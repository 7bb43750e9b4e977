// A scanner in USB HID POS mode, read through the kernel's hidraw by node-hid.

import type { Timer } from '#core/clock';
import { DriverError } from '../errors.ts';
import type { Link } from '../link-keeper.ts';
import { LinkedScanner } from '../linked-scanner.ts';
import type { HidPosSettings } from '../profiles/profile.ts';
import type { DriverContext, ScanOutlet } from '../scan-outlet.ts';
import type { Scanner } from '../scanner.ts';
import { type AssemblerEvent, ReportAssembler } from './report-assembler.ts';

/** Usage page "Bar Code Scanner" (USB-IF HID Point of Sale Usage Tables). */
const BAR_CODE_SCANNER_PAGE = 0x8c;

/** Which device: vendor and product id as numbers. */
export interface UsbIdentity {
  readonly vendorId: number;
  readonly productId: number;
}

/** The scanner with these ids; of its interfaces only the one on page 8C is opened. */
export function createHidPosScanner(
  name: string,
  identity: UsbIdentity,
  settings: HidPosSettings,
  context: DriverContext,
): Scanner {
  return new LinkedScanner(name, context, (outlet, lost) => openDevice(identity, settings, { outlet, lost, context }));
}

interface Reading {
  readonly outlet: ScanOutlet;
  readonly lost: (why: string) => void;
  readonly context: DriverContext;
}

async function openDevice(identity: UsbIdentity, settings: HidPosSettings, reading: Reading): Promise<Link> {
  // Loaded on first use: the native part needs system libraries that a till without such a scanner may lack.
  const { devicesAsync, HIDAsync } = await import('node-hid');
  const { vendorId, productId } = identity;
  const devices = await devicesAsync(vendorId, productId);
  const path = devices.find((device) => device.usagePage === BAR_CODE_SCANNER_PAGE)?.path;
  if (path === undefined) {
    const seen =
      devices.length === 0 ? 'it is not plugged in' : 'it is in another mode; scan its set-up code for HID POS';
    throw new DriverError({
      code: 'SCANNER_DEVICE_MISSING',
      message: `No HID POS scanner ${hex(vendorId)}:${hex(productId)}: ${seen}.`,
      retryable: true,
      context: { vendorId, productId },
    });
  }
  const device = await HIDAsync.open(path);
  const reports = new ReportReading(settings, reading);
  device.on('data', (report: Buffer) => reports.push(report));
  // Unplugging shows as an 'error' (its payload is a string) and never as a 'close'.
  device.on('error', (error: unknown) => {
    reports.end();
    void device.close().catch(() => undefined);
    reading.lost(`${path} was unplugged: ${String(error)}`);
  });
  return { endpoint: path, close: () => device.close() };
}

/** The assembler of one opened device with its timer. */
class ReportReading {
  readonly #assembler: ReportAssembler;
  readonly #reading: Reading;
  #timer: Timer | null = null;

  constructor(settings: HidPosSettings, reading: Reading) {
    this.#assembler = new ReportAssembler(settings);
    this.#reading = reading;
  }

  push(report: Uint8Array): void {
    this.#emit(this.#assembler.push(report, this.#reading.context.clock.monotonicMs()));
  }

  end(): void {
    this.#emit(this.#assembler.flush(Number.POSITIVE_INFINITY));
  }

  #emit(events: readonly AssemblerEvent[]): void {
    for (const event of events) {
      if (event.kind === 'scan') this.#reading.outlet.deliver(event.data, event.aim);
      else this.#reading.outlet.fault(event.reason, event.detail);
    }
    this.#timer?.cancel();
    this.#timer = null;
    const deadline = this.#assembler.deadlineMs();
    if (deadline === null) return;
    const { clock } = this.#reading.context;
    this.#timer = clock.setTimer(Math.max(0, Math.ceil(deadline - clock.monotonicMs())), () => {
      this.#emit(this.#assembler.flush(clock.monotonicMs()));
    });
  }
}

function hex(id: number): string {
  return id.toString(16).padStart(4, '0');
}
