// A scanner on a serial port, a USB-COM device or a pseudo-terminal.

import type { SerialPort } from 'serialport';
import type { Link } from '../link-keeper.ts';
import { LinkedScanner } from '../linked-scanner.ts';
import type { LineSettings } from '../profiles/profile.ts';
import type { DriverContext, ScanOutlet } from '../scan-outlet.ts';
import { ScanStream } from '../scan-stream.ts';
import type { Scanner } from '../scanner.ts';

/** Which port, at which speed in baud (8 data bits, no parity, 1 stop bit). */
export interface SerialPortChoice {
  readonly path: string;
  readonly baudRate: number;
}

/** A scanner on a port that is locked while open: a second reader would take half of every scan. */
export function createSerialScanner(
  name: string,
  choice: SerialPortChoice,
  settings: LineSettings,
  context: DriverContext,
): Scanner {
  return new LinkedScanner(name, context, (outlet, lost) => openPort(choice, settings, { outlet, lost, context }));
}

interface Reading {
  readonly outlet: ScanOutlet;
  readonly lost: (why: string) => void;
  readonly context: DriverContext;
}

async function openPort(choice: SerialPortChoice, settings: LineSettings, reading: Reading): Promise<Link> {
  // Loaded on first use: tills without a serial scanner do without its native part.
  const { SerialPort } = await import('serialport');
  const port = new SerialPort({ ...choice, autoOpen: false, lock: true });
  await new Promise<void>((resolve, reject) => {
    port.open((error) => {
      if (error === null) return resolve();
      const hint = 'check that it is plugged in, that no other program has it open, and the permissions';
      reject(new Error(`Opening the scanner at ${choice.path} failed: ${error.message}; ${hint}.`));
    });
  });
  const stream = new ScanStream(settings, reading.outlet, reading.context.clock);
  // An unplugged device is only noticed while something reads the port.
  port.on('data', (chunk: Buffer) => stream.push(chunk));
  port.on('error', () => undefined); // 'close' follows and ends the link
  port.once('close', () => {
    stream.end();
    reading.lost(`${choice.path} was unplugged or closed`);
  });
  return { endpoint: choice.path, close: () => closePort(port) };
}

function closePort(port: SerialPort): Promise<void> {
  return new Promise((resolve) => {
    if (!port.isOpen) return resolve();
    port.close(() => resolve());
  });
}
