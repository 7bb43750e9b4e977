/** A broker in this process (aedes, MQTT 3.1.1), for the demo and for trying things without installing one. */
import { createServer, type Socket } from 'node:net';
import { Aedes } from 'aedes';
import { BizainError } from '#core/errors';
import type { DemoErrorCode } from './errors.ts';

/** A running embedded broker. */
export interface EmbeddedBroker {
  readonly port: number;
  /** `mqtt://host:port` */
  readonly url: string;
  /** Ends every connection and stops listening. */
  close(): Promise<void>;
}

/**
 * Starts the broker; port 0 takes any free port. Sessions and retained messages live in memory only.
 * @throws BizainError `BROKER_PORT_TAKEN` when the address cannot be had.
 */
export async function startEmbeddedBroker(options: {
  readonly host: string;
  readonly port: number;
}): Promise<EmbeddedBroker> {
  const broker = await Aedes.createBroker({ concurrency: 1_000, heartbeatInterval: 30_000 });
  const server = createServer(broker.handle);
  const sockets = new Set<Socket>();
  server.on('connection', (socket) => {
    socket.setNoDelay(true);
    sockets.add(socket);
    socket.once('close', () => sockets.delete(socket));
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', (cause) =>
      reject(
        new BizainError({
          code: 'BROKER_PORT_TAKEN' satisfies DemoErrorCode,
          message: `Could not listen on ${options.host}:${options.port}: ${cause.message}. Choose another port or stop what uses it.`,
          cause,
        }),
      ),
    );
    server.listen(options.port, options.host, resolve);
  });
  const address = server.address();
  const port = typeof address === 'object' && address !== null ? address.port : options.port;
  return {
    port,
    url: `mqtt://${options.host}:${port}`,
    async close() {
      for (const socket of sockets) socket.destroy();
      await new Promise<void>((resolve) => server.close(() => resolve()));
      await new Promise<void>((resolve) => broker.close(() => resolve()));
    },
  };
}
