/** One validator's HTTPS entry, from the terminal's side: one request, one answer, within a time and a size. */
import { request } from 'node:https';
import type { Clock } from '#core/clock';
import { decode, encode, type Format } from '#core/format';
import { bad, ok, type Result } from '#core/result';
import { type GatewayReply, replyFormat } from '../wire/gateway-message.ts';
import {
  type FeedAnswer,
  feedFormat,
  httpsMediaType,
  httpsPathsOf,
  type Poll,
  pollFormat,
  type SubmitReply,
  submitReplyFormat,
} from '../wire/https-message.ts';
import type { ValidatorEntry } from './entry-point.ts';
import { OtherKeyError, PinnedAgent } from './pinned-agent.ts';

/**
 * Why there is no answer. `OTHER_KEY`: somebody else answers at the address. `BUSY`: the validator, or this client's
 * allowance there. `REFUSED`: an HTTP status that asking again does not change. `BAD_ANSWER`: not what was asked for.
 */
export type DoorFault = 'UNREACHABLE' | 'OTHER_KEY' | 'BUSY' | 'REFUSED' | 'TIMEOUT' | 'BAD_ANSWER';

interface Exchange {
  readonly path: string;
  readonly body: Uint8Array;
  readonly bytesMax: number;
  readonly timeoutMs: number;
  readonly signal: AbortSignal;
}

/** See the file's head. */
export class HttpsDoor {
  readonly entry: ValidatorEntry;
  readonly #clock: Clock;
  readonly #paths: ReturnType<typeof httpsPathsOf>;
  readonly #agent: PinnedAgent;
  readonly #address: { readonly host: string; readonly port: number };
  readonly #closing = new AbortController();

  constructor(entry: ValidatorEntry, chainId: Uint8Array, clock: Clock) {
    this.entry = entry;
    this.#clock = clock;
    this.#paths = httpsPathsOf(chainId);
    const { hostname, port } = new URL(entry.url);
    this.#address = { host: hostname.replace(/^\[|\]$/g, ''), port: port === '' ? 443 : Number(port) };
    this.#agent = new PinnedAgent(this.#address, entry.publicKey);
  }

  /** Hands over a segment. */
  submit(segment: Uint8Array, timeoutMs: number): Promise<Result<SubmitReply, DoorFault>> {
    return this.#exchange(submitReplyFormat, { path: this.#paths.up, body: segment, timeoutMs });
  }

  /** Puts an encoded request. */
  ask(encodedRequest: Uint8Array, timeoutMs: number): Promise<Result<GatewayReply, DoorFault>> {
    return this.#exchange(replyFormat, { path: this.#paths.ask, body: encodedRequest, timeoutMs });
  }

  /** Waits for what is published, `poll.waitMs` at most and what the way takes. */
  poll(poll: Poll, timeoutMs: number, signal: AbortSignal): Promise<Result<FeedAnswer, DoorFault>> {
    const body = encode(pollFormat, poll);
    return this.#exchange(feedFormat, { path: this.#paths.feed, body, timeoutMs, signal });
  }

  /** Ends what is under way as `UNREACHABLE`. */
  close(): void {
    this.#closing.abort();
    this.#agent.destroy();
  }

  async #exchange<T extends { readonly validator: number }>(
    format: Format<T>,
    asked: Pick<Exchange, 'path' | 'body' | 'timeoutMs'> & { readonly signal?: AbortSignal },
  ): Promise<Result<T, DoorFault>> {
    const closing = this.#closing.signal;
    const signal = asked.signal === undefined ? closing : AbortSignal.any([closing, asked.signal]);
    if (signal.aborted) return bad('UNREACHABLE', 'closed');
    const exchange = { ...asked, bytesMax: format.limits.bytesMax, signal };
    const first = await this.#post(exchange);
    // A connection that the validator closed as idle, at the moment when it was used again.
    const answered = first === 'stale' ? await this.#post(exchange) : first;
    if (answered === 'stale') return bad('UNREACHABLE', 'the connection was reset');
    if (!answered.ok) return answered;
    const decoded = decode(format, answered.value);
    if (!decoded.ok) return bad('BAD_ANSWER', decoded.reason);
    const { validator } = decoded.value;
    return validator === this.entry.validator ? ok(decoded.value) : bad('BAD_ANSWER', `of validator ${validator}`);
  }

  /** Never rejects. */
  #post(exchange: Exchange): Promise<Result<Uint8Array, DoorFault> | 'stale'> {
    const { path, body, bytesMax, timeoutMs, signal } = exchange;
    const { username, password = '' } = this.entry;
    return new Promise((resolve) => {
      const outgoing = request({
        ...this.#address,
        agent: this.#agent,
        path,
        method: 'POST',
        headers: { 'content-type': httpsMediaType, 'content-length': body.length },
        signal,
        ...(username === undefined ? {} : { auth: `${username}:${password}` }),
      });
      const end = (result: Result<Uint8Array, DoorFault> | 'stale'): void => {
        timer.cancel();
        resolve(result);
        if (result === 'stale' || !result.ok) outgoing.destroy();
      };
      const timer = this.#clock.setTimer(timeoutMs, () => end(bad('TIMEOUT', `no answer within ${timeoutMs} ms`)));
      outgoing.on('error', (error: Error & { readonly code?: string }) => {
        if (outgoing.reusedSocket && error.code === 'ECONNRESET') end('stale');
        else end(bad(error instanceof OtherKeyError ? 'OTHER_KEY' : 'UNREACHABLE', error.message));
      });
      outgoing.on('response', (response) => {
        const { statusCode = 0 } = response;
        if (statusCode !== 200) {
          end(bad(statusCode === 429 || statusCode === 503 ? 'BUSY' : 'REFUSED', `status ${statusCode}`));
          return;
        }
        const parts: Uint8Array[] = [];
        let length = 0;
        response.on('data', (part: Uint8Array) => {
          length += part.length;
          if (length > bytesMax) end(bad('BAD_ANSWER', `more than ${bytesMax} bytes`));
          else parts.push(part);
        });
        response.on('end', () => end(ok(Uint8Array.from(Buffer.concat(parts)))));
        response.on('error', (error) => end(bad('UNREACHABLE', error.message)));
        response.on('aborted', () => end(bad('UNREACHABLE', 'cut in the middle of an answer')));
      });
      outgoing.end(body);
    });
  }
}
