/** A validator's numbers over HTTP: read only, for a private network (they are not signed). */
import { createServer } from 'node:http';
import { BizainError } from '#core/errors';
import type { ValidatorErrorCode } from './errors.ts';
import { isReady, StatusMetrics } from './status-metrics.ts';
import type { Validator } from './validator-face.ts';

/** A running listener. */
export interface Metrics {
  readonly port: number;
  stop(): Promise<void>;
}

/** What a page of this listener shows. */
interface Page {
  readonly code: number;
  readonly type: string;
  readonly text: string;
}

const json = (code: number, value: unknown): Page => ({
  code,
  type: 'application/json',
  text: `${JSON.stringify(value)}\n`,
});

/**
 * Starts the listener; port 0 takes any free port. `/metrics`: Prometheus text; `/status`: the report; `/ready`: 200 once the
 * validator takes part, 503 before. Throws `METRICS_PORT_TAKEN`.
 */
export async function startMetrics(
  listen: { readonly host: string; readonly port: number },
  validator: Pick<Validator, 'status' | 'meter'>,
): Promise<Metrics> {
  const metrics = new StatusMetrics(validator.meter.registry);
  const pageAt = async (path: string | undefined): Promise<Page | null> => {
    const status = validator.status();
    switch (path) {
      case '/metrics':
        return { code: 200, type: 'text/plain; version=0.0.4; charset=utf-8', text: await metrics.text(status) };
      case '/status':
        return json(200, status);
      case '/ready':
        return json(isReady(status) ? 200 : 503, { ready: isReady(status), height: status.height });
      default:
        return null;
    }
  };
  const server = createServer(
    { requestTimeout: 5_000, headersTimeout: 5_000, maxHeaderSize: 8_192 },
    (request, response) => {
      const answered = request.method === 'GET' ? pageAt(request.url) : Promise.resolve(null);
      answered.then(
        (page) => {
          if (page === null) response.writeHead(404).end();
          else response.writeHead(page.code, { 'content-type': page.type }).end(page.text);
        },
        () => response.writeHead(500).end(),
      );
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
