/** One HTTP POST to the hub, over kept connections, with a deadline of the caller's clock. */
import { Agent, request } from 'node:http';
import { type Clock, withDeadline } from '#core/clock';
import { bad, ok, type Result } from '#core/result';
import { hubMediaType, hubPath } from './hub-path.ts';

const replyBytesMax = 96 * 1_024;

/** Why there is no reply. */
export type PostFault = 'UNREACHABLE' | 'DEADLINE' | 'FORBIDDEN' | 'TOO_LONG';

/** Posts to one hub. */
export class HubPost {
  readonly #url: URL;
  readonly #clock: Clock;
  readonly #agent = new Agent({ keepAlive: true, maxSockets: 4, noDelay: true });

  constructor(url: string, clock: Clock) {
    this.#url = new URL(hubPath, url);
    this.#clock = clock;
  }

  /** Sends the bytes; the reply's bytes, or why there are none within `deadlineMs`. */
  async send(body: Uint8Array, deadlineMs: number): Promise<Result<Uint8Array, PostFault>> {
    const controller = new AbortController();
    const answered = await withDeadline(this.#clock, this.#post(body, controller.signal), deadlineMs);
    if (answered.ok) return answered.value;
    controller.abort();
    return bad('DEADLINE', `no reply within ${deadlineMs} ms`);
  }

  /** Closes kept connections. */
  close(): void {
    this.#agent.destroy();
  }

  #post(body: Uint8Array, signal: AbortSignal): Promise<Result<Uint8Array, PostFault>> {
    return new Promise((resolve) => {
      const headers = { 'content-type': hubMediaType, 'content-length': body.length };
      const outgoing = request(this.#url, { method: 'POST', agent: this.#agent, headers, signal }, (response) => {
        const chunks: Buffer[] = [];
        let size = 0;
        response.on('data', (chunk: Buffer) => {
          size += chunk.length;
          if (size <= replyBytesMax) chunks.push(chunk);
        });
        response.on('error', (error) => resolve(bad('UNREACHABLE', error.message)));
        response.on('end', () => {
          if (response.statusCode !== 200) resolve(bad('FORBIDDEN', `status ${response.statusCode}`));
          else if (size > replyBytesMax) resolve(bad('TOO_LONG'));
          else resolve(ok(new Uint8Array(Buffer.concat(chunks))));
        });
      });
      outgoing.on('error', (error) => resolve(bad('UNREACHABLE', error.message)));
      outgoing.end(body);
    });
  }
}
