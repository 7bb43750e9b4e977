/**
 * A validator's own door for terminals, beside the brokers: HTTP/1.1 over TLS 1.3, three paths, POST only. It knows what a
 * request may cost (size, count, time, for each client and in all) and nothing of what it means.
 */
import type { IncomingMessage, ServerResponse } from 'node:http';
import { createServer, type Server } from 'node:https';
import type { Socket } from 'node:net';
import type { Clock } from '#core/clock';
import { BizainError } from '#core/errors';
import type { Log } from '#core/log';
import { httpsMediaType } from '../wire/https-message.ts';
import { Allowance } from './allowance.ts';
import { basicPasses, clientOf, type EntryLogin } from './entry-client.ts';
import type { ValidatorErrorCode } from './errors.ts';
import { readBody } from './request-body.ts';

const connectionsMax = 512;
const connectionsMaxEach = 64;
/** A client that has not sent its whole request by then is cut; so is one that has not taken its answer. */
const requestMsMax = 10_000;
const answerMsMax = 60_000;
const idleMsMax = 45_000;
const headerBytesMax = 4_096;
/** Answers on their way, together: what slow readers may make a validator hold. */
const answerBytesMax = 64 * 1024 * 1024;
const requestsAllowed = { perSecond: 1_000, perSecondEach: 200, burstSeconds: 2 };

/** What an exchange ends with: a body, or why there is none (an HTTP status and a word). */
export type EntryAnswer = Uint8Array | { readonly status: 400 | 429 | 503; readonly reason: string };

/** One path. `closed` resolves when the client is gone. Must not reject. */
export interface EntryPath {
  readonly bytesMax: number;
  answer(body: Uint8Array, client: string, closed: Promise<void>): Promise<EntryAnswer>;
}

/** What an entry needs. `key` and `cert` are PEM texts. */
export interface HttpsEntryOptions {
  readonly listen: { readonly host: string; readonly port: number };
  readonly key: string;
  readonly cert: string;
  /** Asked of every client, if set. */
  readonly login: EntryLogin | null;
  readonly paths: ReadonlyMap<string, EntryPath>;
  readonly clock: Clock;
  readonly log: Log;
}

/** See the file's head. */
export class HttpsEntry {
  readonly #options: HttpsEntryOptions;
  readonly #server: Server;
  readonly #allowance: Allowance;
  readonly #connections = new Map<string, number>();
  readonly #busy = new WeakSet<Socket>();
  #answerBytes = 0;
  #refused = 0;

  constructor(options: HttpsEntryOptions) {
    this.#options = options;
    this.#allowance = new Allowance(options.clock, requestsAllowed);
    const { key, cert } = options;
    this.#server = createServer(
      {
        key,
        cert,
        minVersion: 'TLSv1.3',
        handshakeTimeout: 5_000,
        requestTimeout: requestMsMax,
        headersTimeout: requestMsMax / 2,
        keepAliveTimeout: idleMsMax,
        // How often Node looks for the two above; its default is 30 s.
        connectionsCheckingInterval: 1_000,
        maxHeaderSize: headerBytesMax,
      },
      (request, response) => void this.#serve(request, response),
    );
    this.#server.maxConnections = connectionsMax;
    this.#server.maxHeadersCount = 32;
    this.#server.setTimeout(idleMsMax);
    // Before TLS: a handshake costs more than the count.
    this.#server.prependListener('connection', (socket: Socket) => this.#count(socket));
    this.#server.on('tlsClientError', (_error, socket) => socket.destroy());
  }

  /** Requests that were not served, for operators. */
  get refusedCount(): number {
    return this.#refused;
  }

  /** Opens the listener and gives its port. Throws `HTTPS_PORT_TAKEN`. */
  async start(): Promise<number> {
    const { host, port } = this.#options.listen;
    await new Promise<void>((resolve, reject) => {
      this.#server.once('error', (cause) => {
        const code: ValidatorErrorCode = 'HTTPS_PORT_TAKEN';
        const message = `Could not serve terminals on ${host}:${port}: ${cause.message}. Choose another port.`;
        reject(new BizainError({ code, message, cause }));
      });
      this.#server.listen(port, host, resolve);
    });
    const address = this.#server.address();
    return typeof address === 'object' && address !== null ? address.port : port;
  }

  /** Cuts every connection. */
  stop(): Promise<void> {
    return new Promise((resolve) => {
      this.#server.close(() => resolve());
      this.#server.closeAllConnections();
    });
  }

  #count(socket: Socket): void {
    const client = clientOf(socket.remoteAddress);
    const count = this.#connections.get(client) ?? 0;
    if (count >= connectionsMaxEach) {
      this.#refused++;
      socket.destroy();
      return;
    }
    this.#connections.set(client, count + 1);
    socket.once('close', () => {
      const left = (this.#connections.get(client) ?? 1) - 1;
      if (left === 0) this.#connections.delete(client);
      else this.#connections.set(client, left);
    });
  }

  async #serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { socket } = request;
    // Pipelining would let one connection queue work without limit.
    if (this.#busy.has(socket)) {
      this.#refused++;
      socket.destroy();
      return;
    }
    this.#busy.add(socket);
    const closed = new Promise<void>((resolve) => response.once('close', resolve));
    const answer = await this.#answerOf(request, closed);
    this.#busy.delete(socket);
    if (answer instanceof Uint8Array) this.#send(response, answer);
    else this.#refuse(request, response, answer.status, answer.reason);
  }

  async #answerOf(
    request: IncomingMessage,
    closed: Promise<void>,
  ): Promise<EntryAnswer | { readonly status: number; readonly reason: string }> {
    const { login, paths } = this.#options;
    const client = clientOf(request.socket.remoteAddress);
    const path = paths.get(request.url ?? '');
    if (path === undefined) return { status: 404, reason: 'NO_SUCH_PATH' };
    if (request.method !== 'POST') return { status: 405, reason: 'POST_ONLY' };
    if (login !== null && !basicPasses(request.headers.authorization, login)) {
      return { status: 401, reason: 'LOGIN_NEEDED' };
    }
    if (request.headers['content-type'] !== httpsMediaType || request.headers['content-encoding'] !== undefined) {
      return { status: 415, reason: 'CBOR_ONLY' };
    }
    if (!this.#allowance.take(client)) return { status: 429, reason: 'TOO_MANY' };
    const body = await readBody(request, path.bytesMax);
    if (body === null) return { status: 413, reason: 'TOO_LARGE' };
    return path.answer(body, client, closed);
  }

  #send(response: ServerResponse, body: Uint8Array): void {
    if (response.destroyed) return;
    if (this.#answerBytes > 0 && this.#answerBytes + body.length > answerBytesMax) {
      this.#refuse(response.req, response, 503, 'BUSY');
      return;
    }
    this.#answerBytes += body.length;
    const timer = this.#options.clock.setTimer(answerMsMax, () => response.destroy());
    response.once('close', () => {
      timer.cancel();
      this.#answerBytes -= body.length;
    });
    response.writeHead(200, {
      'content-type': httpsMediaType,
      'content-length': body.length,
      'cache-control': 'no-store',
    });
    response.end(body);
  }

  #refuse(request: IncomingMessage, response: ServerResponse, status: number, reason: string): void {
    this.#refused++;
    if (response.destroyed) return;
    const headers: Record<string, string> = { 'content-type': 'text/plain', 'cache-control': 'no-store' };
    if (status === 401) headers['www-authenticate'] = 'Basic realm="bizain"';
    if (status === 405) headers['allow'] = 'POST';
    // What was not read of the body would otherwise have to be read to the end.
    if (!request.complete) headers['connection'] = 'close';
    response.writeHead(status, headers);
    response.end(`${reason}\n`);
    if (!request.complete) response.once('finish', () => request.socket.destroySoon());
  }
}
