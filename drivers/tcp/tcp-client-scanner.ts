// A scanner that listens on TCP: we connect to it and read.

import { connect, type Socket } from 'node:net';
import { withDeadline } from '#core/clock';
import type { Link } from '../link-keeper.ts';
import { LinkedScanner } from '../linked-scanner.ts';
import type { LineSettings } from '../profiles/profile.ts';
import type { DriverContext, ScanOutlet } from '../scan-outlet.ts';
import { ScanStream } from '../scan-stream.ts';
import type { Scanner } from '../scanner.ts';

/** Longest wait for a connection. */
const CONNECT_MS_MAX = 3_000;

// Without traffic a pulled network cable would go unnoticed; the kernel then asks the peer.
const KEEP_ALIVE_MS = 10_000;

/** Where the device listens. */
export interface TcpEndpoint {
  readonly host: string;
  readonly port: number;
}

/** A scanner reached as a TCP client; re-connects by itself. */
export function createTcpClientScanner(
  name: string,
  endpoint: TcpEndpoint,
  settings: LineSettings,
  context: DriverContext,
): Scanner {
  return new LinkedScanner(name, context, (outlet, lost) => connectTo(endpoint, { settings, outlet, lost, context }));
}

interface Reading {
  readonly settings: LineSettings;
  readonly outlet: ScanOutlet;
  readonly lost: (why: string) => void;
  readonly context: DriverContext;
}

async function connectTo(endpoint: TcpEndpoint, reading: Reading): Promise<Link> {
  const where = `${endpoint.host}:${endpoint.port}`;
  const socket = connect({ ...endpoint, keepAlive: true, keepAliveInitialDelay: KEEP_ALIVE_MS, noDelay: true });
  const connected = new Promise<void>((resolve, reject) => {
    socket.once('connect', resolve);
    socket.on('error', (error) => reject(new Error(`Connecting to the scanner at ${where} failed: ${error.message}`)));
  });
  // The listeners stand before the first await, so that no byte and no end is missed.
  readSocket(socket, where, reading);
  const attempt = await withDeadline(reading.context.clock, connected, CONNECT_MS_MAX).catch((error: unknown) => {
    socket.destroy();
    throw error;
  });
  if (!attempt.ok) {
    socket.destroy();
    throw new Error(`The scanner at ${where} did not answer within ${CONNECT_MS_MAX} ms; is it switched on?`);
  }
  return { endpoint: where, close: () => closeSocket(socket) };
}

function readSocket(socket: Socket, where: string, { settings, outlet, lost, context }: Reading): void {
  const stream = new ScanStream(settings, outlet, context.clock);
  socket.on('data', (chunk) => stream.push(chunk));
  socket.once('close', () => {
    stream.end();
    lost(`the connection to ${where} ended`);
  });
}

/** Destroys a socket and waits until it is gone. */
export function closeSocket(socket: Socket): Promise<void> {
  return new Promise((resolve) => {
    if (socket.closed) return resolve();
    socket.once('close', () => resolve());
    socket.destroy();
  });
}
