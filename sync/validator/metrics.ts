/** A validator's numbers over HTTP: Prometheus text at /metrics, its status as JSON at /status. Read only. */
import { createServer } from 'node:http';
import { BizainError } from '#core/errors';
import type { ValidatorErrorCode } from './errors.ts';
import type { ValidatorStatus } from './validator-face.ts';

/** A running listener. */
export interface Metrics {
  readonly port: number;
  stop(): Promise<void>;
}

/** The status as Prometheus text exposition format 0.0.4. */
export function metricsText(status: ValidatorStatus): string {
  const gauges: readonly (readonly [string, string, number])[] = [
    ['bizain_validator_height', 'Last committed height', status.height],
    ['bizain_validator_block_time_seconds', 'Time of the last committed block', status.timeMs / 1_000],
    ['bizain_validator_view', 'View of the height in work', status.view],
    ['bizain_validator_peers', 'Validators connected', status.peers.length],
    ['bizain_validator_brokers_up', 'Brokers connected', status.brokersUp],
    ['bizain_validator_pool_segments', 'Segments waiting', status.poolSegments],
    ['bizain_validator_shards', 'Shards of the ledger', status.shards],
    ['bizain_validator_evidence', 'Equivocations seen since the start', status.evidence],
    ['bizain_validator_peers_cut', 'Connections cut because of what came through them', status.peersCut],
    ['bizain_validator_messages_dropped', 'Messages to brokers not sent', status.messagesDropped],
  ];
  const lines = gauges.flatMap(([name, help, value]) => [
    `# HELP ${name} ${help}`,
    `# TYPE ${name} gauge`,
    `${name} ${value}`,
  ]);
  const away = Object.entries(status.turnedAway).map(
    ([reason, count]) => `bizain_validator_turned_away{reason="${reason}"} ${count}`,
  );
  return `${[...lines, '# TYPE bizain_validator_turned_away counter', ...away].join('\n')}\n`;
}

/** Starts the listener; port 0 takes any free port. Throws `METRICS_PORT_TAKEN`. */
export async function startMetrics(
  listen: { readonly host: string; readonly port: number },
  status: () => ValidatorStatus,
): Promise<Metrics> {
  const server = createServer(
    { requestTimeout: 5_000, headersTimeout: 5_000, maxHeaderSize: 8_192 },
    (request, response) => {
      const known = request.method === 'GET' && (request.url === '/metrics' || request.url === '/status');
      if (!known) {
        response.writeHead(404).end();
        return;
      }
      const json = request.url === '/status';
      response.writeHead(200, { 'content-type': json ? 'application/json' : 'text/plain; version=0.0.4' });
      response.end(json ? `${JSON.stringify(status())}\n` : metricsText(status()));
    },
  );
  await new Promise<void>((resolve, reject) => {
    server.once('error', (cause) => {
      const code: ValidatorErrorCode = 'METRICS_PORT_TAKEN';
      const message = `Could not serve metrics on ${listen.host}:${listen.port}: ${cause.message}. Choose another port.`;
      reject(new BizainError({ code, message, cause }));
    });
    server.listen(listen.port, listen.host, resolve);
  });
  const address = server.address();
  return {
    port: typeof address === 'object' && address !== null ? address.port : listen.port,
    stop: () =>
      new Promise<void>((resolve) => {
        server.closeAllConnections();
        server.close(() => resolve());
      }),
  };
}
