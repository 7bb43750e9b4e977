// Scanners that connect to us over TCP: we listen, each connection is a line of its own.

import { createServer, type Server, type Socket } from 'node:net';
import type { Link } from '../link-keeper.ts';
import { LinkedScanner } from '../linked-scanner.ts';
import type { LineSettings } from '../profiles/profile.ts';
import type { DriverContext, ScanOutlet } from '../scan-outlet.ts';
import { ScanStream } from '../scan-stream.ts';
import type { Scanner } from '../scanner.ts';
import { closeSocket, type TcpEndpoint } from './tcp-client-scanner.ts';

/** Most scanners on one listening port; further connections are closed at once. */
const CONNECTIONS_MAX = 16;

/** A scanner that listens for devices; port 0 takes a free one, which health().endpoint names. */
export function createTcpServerScanner(
  name: string,
  endpoint: TcpEndpoint,
  settings: LineSettings,
  context: DriverContext,
): Scanner {
  return new LinkedScanner(name, context, (outlet, lost) => listenOn(endpoint, settings, { outlet, lost, context }));
}

interface Listening {
  readonly outlet: ScanOutlet;
  readonly lost: (why: string) => void;
  readonly context: DriverContext;
}

async function listenOn(endpoint: TcpEndpoint, settings: LineSettings, listening: Listening): Promise<Link> {
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    if (sockets.size >= CONNECTIONS_MAX) {
      socket.destroy();
      return;
    }
    sockets.add(socket);
    const stream = new ScanStream(settings, listening.outlet, listening.context.clock);
    socket.on('data', (chunk) => stream.push(chunk));
    socket.on('error', () => undefined); // 'close' follows and ends the stream
    socket.once('close', () => {
      sockets.delete(socket);
      stream.end();
    });
  });
  await listen(server, endpoint);
  server.on('error', (error) => listening.lost(`listening stopped: ${error.message}`));
  return { endpoint: addressOf(server, endpoint), close: () => closeServer(server, sockets) };
}

function listen(server: Server, { host, port }: TcpEndpoint): Promise<void> {
  return new Promise((resolve, reject) => {
    const fail = (error: Error): void =>
      reject(new Error(`Listening for scanners on ${host}:${port} failed: ${error.message}; is the port taken?`));
    server.once('error', fail);
    server.listen(port, host, () => {
      server.off('error', fail);
      resolve();
    });
  });
}

function addressOf(server: Server, endpoint: TcpEndpoint): string {
  const address = server.address();
  const port = typeof address === 'object' && address !== null ? address.port : endpoint.port;
  return `${endpoint.host}:${port}`;
}

async function closeServer(server: Server, sockets: ReadonlySet<Socket>): Promise<void> {
  const closed = new Promise<void>((resolve) => {
    server.close(() => resolve());
  });
  await Promise.all([...sockets].map(closeSocket));
  await closed;
}
