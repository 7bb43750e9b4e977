/**
 * Who may talk to the local API: exact Host, no foreign Origin, JSON on writes, a bearer token on every /v1 call, a
 * rate for each client. A page in a browser on this machine must not be able to spend a coupon (OWASP IoT I3).
 */
import { networkInterfaces } from 'node:os';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { Clock } from '#core/clock';
import type { ApiRefusalCode } from './errors.ts';
import { RateLimit } from './rate-limit.ts';
import { isToken } from './token-file.ts';

/** A refusal: HTTP status, code and a text that says what to do. */
export interface Refusal {
  readonly status: number;
  readonly error: ApiRefusalCode;
  readonly message: string;
}

/** What of a request the guard looks at. */
export interface GuardedRequest {
  readonly method: string;
  /** Pattern of the matched route; '' where none matches. */
  readonly path: string;
  readonly host: string | undefined;
  readonly origin: string | undefined;
  readonly authorization: string | undefined;
  readonly contentType: string | undefined;
  readonly client: string;
}

const callsOfToken = { perSecond: 400, burst: 800, clientsMax: 256 };
const callsOfStrangers = { perSecond: 20, burst: 60, clientsMax: 256 };

function bracketed(address: string): string {
  return address.includes(':') ? `[${address}]` : address;
}

/** Whether the address is this machine talking to itself. */
export function isLoopback(address: string): boolean {
  return address === '::1' || /^(::ffff:)?127(\.[0-9]{1,3}){3}$/.test(address);
}

/**
 * The exact Host values that are served. A page that rebinds its own name to 127.0.0.1 keeps that name in Host and is
 * refused. A wildcard address stands for every address of this machine.
 */
export function allowedHosts(host: string, port: number): ReadonlySet<string> {
  const names = new Set(['127.0.0.1', 'localhost', '::1']);
  if (host !== '0.0.0.0' && host !== '::') names.add(host);
  else for (const list of Object.values(networkInterfaces())) for (const { address } of list ?? []) names.add(address);
  return new Set([...names].map((name) => `${bracketed(name).toLowerCase()}:${port}`));
}

/** Judges requests. One a server. */
export class RequestGuard {
  readonly #hosts: ReadonlySet<string>;
  readonly #token: string;
  readonly #known: RateLimit;
  readonly #strangers: RateLimit;

  constructor(options: {
    readonly host: string;
    readonly port: number;
    readonly token: string;
    readonly clock: Clock;
  }) {
    this.#hosts = allowedHosts(options.host, options.port);
    this.#token = options.token;
    this.#known = new RateLimit(callsOfToken, options.clock);
    this.#strangers = new RateLimit(callsOfStrangers, options.clock);
  }

  /** Null when the request may go on. */
  refusalOf(request: GuardedRequest): Refusal | null {
    const { host, origin } = request;
    if (host === undefined || !this.#hosts.has(host.toLowerCase())) {
      return refuse(403, 'HOST_NOT_ALLOWED', 'This address is not served. Use the address that the agent printed.');
    }
    const own = origin?.startsWith('http://') === true && this.#hosts.has(origin.slice(7).toLowerCase());
    if (origin !== undefined && !own) {
      return refuse(403, 'ORIGIN_NOT_ALLOWED', 'Pages of other origins may not use this API.');
    }
    const isCall = request.path === '/v1' || request.path.startsWith('/v1/');
    const fault = isCall ? this.#tokenFault(request.authorization) : null;
    // A stranger's flood must not use up what the till's own program may ask.
    const limit = isCall && fault === null ? this.#known : this.#strangers;
    if (!limit.take(request.client)) {
      return refuse(429, 'TOO_MANY_REQUESTS', 'Too many requests. Wait a second.');
    }
    if (fault !== null) return fault;
    const writes = request.method !== 'GET' && request.method !== 'HEAD';
    if (writes && !isJson(request.contentType)) {
      return refuse(415, 'CONTENT_TYPE_NOT_JSON', 'Send content-type: application/json.');
    }
    return null;
  }

  #tokenFault(authorization: string | undefined): Refusal | null {
    const presented = /^Bearer ([\x21-\x7e]{1,256})$/i.exec(authorization ?? '')?.[1];
    if (presented === undefined) {
      return refuse(401, 'TOKEN_MISSING', 'Send authorization: Bearer <token>; the token is in the token file.');
    }
    return isToken(presented, this.#token) ? null : refuse(401, 'TOKEN_WRONG', 'This is not the token of this agent.');
  }
}

function refuse(status: number, error: ApiRefusalCode, message: string): Refusal {
  return { status, error, message };
}

function isJson(contentType: string | undefined): boolean {
  return /^application\/json\s*(;|$)/i.test(contentType ?? '');
}

/** The guard's view of a fastify request. */
export function guardedRequest(request: FastifyRequest): GuardedRequest {
  const { headers } = request;
  return {
    method: request.method,
    // The route that was matched, not the text that was sent: /%761/status is /v1/status too.
    path: request.routeOptions.url ?? '',
    host: headers.host,
    origin: headers.origin,
    authorization: headers.authorization,
    contentType: headers['content-type'],
    client: request.socket.remoteAddress ?? '',
  };
}

/** Writes a refusal as the answer. */
export function sendRefusal(reply: FastifyReply, refusal: Refusal): FastifyReply {
  if (refusal.status === 401) void reply.header('www-authenticate', 'Bearer');
  if (refusal.status === 429) void reply.header('retry-after', '1');
  return reply.code(refusal.status).send({ error: refusal.error, message: refusal.message });
}
