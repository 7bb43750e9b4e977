/** The local HTTP API of one terminal and its screen: for the POS program, the command line and the browser on this machine. */
import { type FastifyError, type FastifyInstance, type FastifyReply, type FastifyRequest, fastify } from 'fastify';
import type { z } from 'zod';
import { assert } from '#core/assert';
import { fromUtf8 } from '#core/bytes';
import type { Clock } from '#core/clock';
import type { Entropy } from '#core/entropy';
import { BizainError } from '#core/errors';
import type { Log } from '#core/log';
import type { BasketAnswer } from '../events.ts';
import type { BasketClosing, ScanInput, Terminal } from '../terminal-face.ts';
import { basketParamsSchema, bodyBytesMax, closeBodySchema, codeBodySchema, releaseBodySchema } from './api-schemas.ts';
import type { ApiErrorCode, ApiRefusalCode } from './errors.ts';
import { EventFeed } from './event-feed.ts';
import { openApiDocument } from './openapi.ts';
import { guardedRequest, isLoopback, RequestGuard, sendRefusal } from './request-guard.ts';
import { packageVersion, readScreenFiles } from './screen-files.ts';
import { readOrMakeToken } from './token-file.ts';

/** Where the API listens and what it needs. `port` 0 takes a free one. */
export interface LocalApiOptions {
  readonly host: string;
  readonly port: number;
  readonly tokenFile: string;
  readonly terminal: Terminal;
  readonly clock: Clock;
  readonly entropy: Entropy;
  readonly log: Log;
}

/** A listening API. `url` has the real port and no slash at its end. */
export interface LocalApi {
  readonly url: string;
  readonly port: number;
  readonly tokenFile: string;
  close(): Promise<void>;
}

const portTaken: ApiErrorCode = 'API_PORT_TAKEN';
const connectionsMax = 64;
const requestMsMax = 10_000;
const headerBytesMax = 8_192;
const idleMs = 5_000;

const pageHeaders = {
  'content-security-policy':
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
  'x-frame-options': 'DENY',
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-resource-policy': 'same-origin',
  'permissions-policy': 'camera=(), microphone=(), geolocation=()',
  'referrer-policy': 'no-referrer',
  'x-content-type-options': 'nosniff',
  'cache-control': 'no-store',
};

/** The body by its schema, or a refusal that names each key that is wrong. */
function checked<T>(schema: z.ZodType<T>, value: unknown): T {
  const parsed = schema.safeParse(value ?? {});
  if (parsed.success) return parsed.data;
  const faults = parsed.error.issues.map((issue) => `${issue.path.join('.') || 'body'}: ${issue.message}`);
  throw Object.assign(new Error(faults.slice(0, 5).join('; ')), { statusCode: 400, code: 'BODY_INVALID' });
}

function scanInput(body: unknown): ScanInput {
  const { code, aim, device, basket, purchase, holder } = checked(codeBodySchema, body);
  return {
    data: code,
    aim: aim ?? null,
    device: device ?? 'api',
    ...(basket === undefined ? {} : { basket }),
    ...(purchase === undefined ? {} : { purchase: { ...purchase, spend: BigInt(purchase.spend) } }),
    ...(holder === undefined ? {} : { holder }),
  };
}

function basketClosing(body: unknown): BasketClosing {
  const { basketHash, lines } = checked(closeBodySchema, body);
  const priced = lines?.map(({ line, amount, product }) => ({
    line,
    amount: BigInt(amount),
    product: product ?? null,
  }));
  return {
    ...(basketHash === undefined ? {} : { basketHash }),
    ...(priced === undefined ? {} : { lines: priced }),
  };
}

function sendBasket(reply: FastifyReply, answer: BasketAnswer): FastifyReply {
  return reply.code(answer.done ? 200 : 409).send(answer);
}

function addCalls(app: FastifyInstance, terminal: Terminal, feed: EventFeed): void {
  app.post('/v1/scan', (request) => terminal.scan(scanInput(request.body)));
  app.post('/v1/verify', (request) => terminal.verify(scanInput(request.body)));
  app.post('/v1/redeem', (request) => terminal.redeem(scanInput(request.body)));
  app.post('/v1/baskets/:id/close', async (request, reply) => {
    const { id } = checked(basketParamsSchema, request.params);
    return sendBasket(reply, await terminal.closeBasket(id, basketClosing(request.body)));
  });
  app.post('/v1/baskets/:id/release', async (request, reply) => {
    const { id } = checked(basketParamsSchema, request.params);
    checked(releaseBodySchema, request.body);
    return sendBasket(reply, await terminal.releaseBasket(id));
  });
  app.get('/v1/status', () => Promise.resolve(terminal.status()));
  app.get('/v1/queue', () => Promise.resolve({ entries: terminal.queue() }));
  app.get('/v1/books', () => Promise.resolve(terminal.books()));
  app.get('/v1/rehearsal', () => Promise.resolve(terminal.rehearse()));
  app.get('/v1/events', (request, reply) => {
    const afterId = Number(request.headers['last-event-id'] ?? 0);
    reply.hijack();
    if (feed.attach(reply.raw, Number.isSafeInteger(afterId) ? afterId : 0)) return;
    const refusal = { error: 'TOO_MANY_LISTENERS', message: 'Too many listeners. Close another screen first.' };
    reply.raw.writeHead(503, { 'content-type': 'application/json; charset=utf-8' }).end(JSON.stringify(refusal));
  });
}

function addScreen(app: FastifyInstance, token: string): void {
  for (const { path, contentType, bytes } of readScreenFiles()) {
    app.get(path, (_, reply) => reply.headers(pageHeaders).type(contentType).send(bytes));
  }
  // How the screen opened on this very machine gets its token: browsers set Sec-Fetch-Site themselves and no page of
  // another origin can say same-origin. Other programs of this machine are as close to the till as its browser is.
  app.get('/screen-token', (request, reply) => {
    const near = isLoopback(request.socket.remoteAddress ?? '');
    if (near && request.headers['sec-fetch-site'] === 'same-origin') {
      return reply.headers(pageHeaders).send({ token });
    }
    const message = 'Only the screen on this machine gets the token. From elsewhere open /?token=<token>.';
    return sendRefusal(reply, { status: 403, error: 'NOT_ON_LOOPBACK', message });
  });
}

function codeOfFault(error: FastifyError): { status: number; error: ApiRefusalCode; message: string } {
  const status = error.statusCode ?? 500;
  if (status === 413) return { status, error: 'BODY_TOO_LARGE', message: `Send at most ${bodyBytesMax} bytes.` };
  if (status === 415)
    return { status, error: 'CONTENT_TYPE_NOT_JSON', message: 'Send content-type: application/json.' };
  if (error.code === 'BODY_INVALID') return { status, error: 'BODY_INVALID', message: error.message };
  if (error.code === 'NOT_JSON') return { status, error: 'NOT_JSON', message: error.message };
  if (status >= 400 && status < 500) return { status, error: 'BAD_REQUEST', message: 'This request makes no sense.' };
  return { status: 500, error: 'INTERNAL', message: 'The agent failed to answer; its log says why.' };
}

function addAnswersToFaults(app: FastifyInstance, log: Log): void {
  app.setErrorHandler((error: FastifyError, _request, reply) => {
    const refusal = codeOfFault(error);
    if (refusal.status >= 500) log.error({ error }, 'A call of the local API failed.');
    return sendRefusal(reply, refusal);
  });
  app.setNotFoundHandler((_request, reply) =>
    sendRefusal(reply, { status: 404, error: 'NOT_FOUND', message: 'There is no such call. See /v1/openapi.json.' }),
  );
}

function parseBody(_: FastifyRequest, body: Buffer, done: (error: Error | null, value?: unknown) => void): void {
  const text = fromUtf8(body);
  try {
    if (text === undefined) throw new SyntaxError('not UTF-8');
    done(null, JSON.parse(text));
  } catch {
    done(Object.assign(new Error('The body is not JSON in UTF-8.'), { statusCode: 400, code: 'NOT_JSON' }));
  }
}

function createServer(log: Log): FastifyInstance {
  const app = fastify({
    logger: false,
    bodyLimit: bodyBytesMax,
    requestTimeout: requestMsMax,
    keepAliveTimeout: idleMs,
    routerOptions: { maxParamLength: 64 },
    http: { maxHeaderSize: headerBytesMax, headersTimeout: requestMsMax },
    forceCloseConnections: true,
  });
  app.server.maxConnections = connectionsMax;
  app.removeAllContentTypeParsers();
  app.addContentTypeParser('application/json', { parseAs: 'buffer' }, parseBody);
  addAnswersToFaults(app, log);
  return app;
}

/**
 * Opens the API. Every event of the terminal from now on is kept for listeners (the last 100).
 * @throws BizainError `API_PORT_TAKEN`, `TOKEN_FILE_UNUSABLE`, `SCREEN_FILES_MISSING`.
 */
export async function startLocalApi(options: LocalApiOptions): Promise<LocalApi> {
  const { host, terminal, tokenFile, clock, log } = options;
  const token = readOrMakeToken(tokenFile, options.entropy);
  const app = createServer(log);
  const feed = new EventFeed(clock);
  let guard: RequestGuard | null = null;
  app.addHook('onRequest', async (request, reply) => {
    void reply.header('x-content-type-options', 'nosniff').header('cache-control', 'no-store');
    assert(guard !== null, 'no request is read before the guard knows its port');
    const refusal = guard.refusalOf(guardedRequest(request));
    return refusal === null ? undefined : sendRefusal(reply, refusal);
  });
  addCalls(app, terminal, feed);
  addScreen(app, token);
  let url = '';
  app.get('/v1/openapi.json', () => Promise.resolve(openApiDocument(packageVersion(), url)));
  await app.ready();
  const port = await listen(app, host, options.port, (port) => {
    guard = new RequestGuard({ host, port, token, clock });
  });
  const shown = host === '0.0.0.0' || host === '::' ? '127.0.0.1' : host;
  url = `http://${shown.includes(':') ? `[${shown}]` : shown}:${port}`;
  const unsubscribe = terminal.subscribe((event) => feed.publish(event));
  return {
    url,
    port,
    tokenFile,
    async close() {
      unsubscribe();
      feed.close();
      await app.close();
    },
  };
}

async function listen(
  app: FastifyInstance,
  host: string,
  port: number,
  onPort: (port: number) => void,
): Promise<number> {
  // The guard must know the port before the first connection is read: 'listening' comes first.
  let actual = port;
  app.server.once('listening', () => {
    const address = app.server.address();
    actual = typeof address === 'object' && address !== null ? address.port : port;
    onPort(actual);
  });
  try {
    await app.listen({ host, port });
    return actual;
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    const message = `Opening the local API on ${host}:${port} failed: ${reason}. Choose another api.port or stop the other program.`;
    throw new BizainError({ code: portTaken, message, context: { host, port }, cause });
  }
}
