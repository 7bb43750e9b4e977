// A TCP scanner without the hardware, for the demo and the tests: real socket, real framing, real AIM identifiers.

import { createServer, type Server, type Socket } from 'node:net';
import { assert } from '#core/assert';
import { concatBytes, utf8 } from '#core/bytes';
import { DriverError } from './errors.ts';
import { type FramingMode, frameBytes } from './framing/create-framer.ts';
import { closeSocket } from './tcp/tcp-client-scanner.ts';

/** Where it listens and how it frames; `port` 0 or left out takes a free one. */
export interface SimulatedScannerOptions {
  readonly host: string;
  readonly framing: FramingMode;
  readonly port?: number;
}

/** A running simulated scanner. */
export interface SimulatedScanner {
  readonly port: number;
  /** Sends one scan to every connected reader; resolves when the kernel has taken it, false when nobody is connected. */
  scan(data: string | Uint8Array, aim?: string): Promise<boolean>;
  /** Sends bytes as they are, for noise and broken frames. */
  send(bytes: Uint8Array): Promise<boolean>;
  /** Resolves when at least one reader is connected. */
  connected(): Promise<void>;
  /** Cuts all connections, as a pulled cable would; the scanner goes on listening. */
  drop(): Promise<void>;
  close(): Promise<void>;
}

/** Starts a scanner that listens on TCP. Error: SIMULATED_SCANNER_FAILED when the port cannot be had. */
export async function startSimulatedScanner(options: SimulatedScannerOptions): Promise<SimulatedScanner> {
  const readers = new Set<Socket>();
  let waiting: (() => void)[] = [];
  const server = createServer({ noDelay: true }, (socket) => {
    readers.add(socket);
    socket.on('error', () => undefined); // 'close' follows
    socket.once('close', () => readers.delete(socket));
    socket.resume();
    for (const resolve of waiting) resolve();
    waiting = [];
  });
  const port = await listen(server, options);
  const send = async (bytes: Uint8Array): Promise<boolean> => {
    const results = await Promise.all([...readers].map((socket) => write(socket, bytes)));
    return results.some(Boolean);
  };
  const drop = async (): Promise<void> => {
    await Promise.all([...readers].map(closeSocket));
  };
  return {
    port,
    send,
    drop,
    scan: (data, aim = '') =>
      send(frameBytes(options.framing, concatBytes(utf8(aim), typeof data === 'string' ? utf8(data) : data))),
    connected: () =>
      readers.size > 0
        ? Promise.resolve()
        : new Promise((resolve) => {
            waiting.push(resolve);
          }),
    close: async () => {
      const closed = new Promise<void>((resolve) => {
        server.close(() => resolve());
      });
      await drop();
      await closed;
    },
  };
}

function write(socket: Socket, bytes: Uint8Array): Promise<boolean> {
  return new Promise((resolve) => {
    socket.write(bytes, (error) => resolve(error === null || error === undefined));
  });
}

function listen(server: Server, { host, port = 0 }: SimulatedScannerOptions): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once('error', (cause) => {
      reject(
        new DriverError({
          code: 'SIMULATED_SCANNER_FAILED',
          message: `The simulated scanner could not listen on ${host}:${port}: ${cause.message}. Choose another port.`,
          retryable: true,
          cause,
        }),
      );
    });
    server.listen(port, host, () => {
      const address = server.address();
      assert(typeof address === 'object' && address !== null, 'a listening TCP server has an address');
      resolve(address.port);
    });
  });
}
