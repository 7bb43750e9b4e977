/**
 * A line's session with one validator over HTTPS: long polls bring what a broker would deliver, segments and questions are
 * posted, and their answers come as the messages that they stand for. So a line need not know which kind it has.
 */
import { type Clock, sleep } from '#core/clock';
import { encode } from '#core/format';
import { bad, ok, type Result } from '#core/result';
import { receiptsMessageFormat, replyFormat, turnedAwayFormat } from '../wire/gateway-message.ts';
import { type FeedPlace, pollMsMax, pollTopicsMax, type SubmitReply } from '../wire/https-message.ts';
import type { Topics } from '../wire/topics.ts';
import type { DownCause, EntrySession, SessionListener } from './entry-session.ts';
import type { DoorFault, HttpsDoor } from './https-door.ts';

import type { SendFault } from './send-window.ts';

const postMs = 10_000;
/** What a poll may take beyond its wait. */
const pollExtraMs = 10_000;
/** Posts under way: as many as a broker gets without PUBACK. */
const postsMax = 16;

/** Least time between two polls that bring nothing: a validator that answers at once must not keep a till busy. */
const emptyPollMs = 250;

/** What a session needs. */
export interface HttpsSessionOptions extends SessionListener {
  readonly door: HttpsDoor;
  readonly topics: Topics;
  readonly account: string;
  readonly clientName: string;
  readonly filters: readonly string[];
  readonly clock: Clock;
}

/** Hands what an answer to a segment says to who listens for it, as the messages of the brokers. */
export function tellOutcome(
  { outcome }: SubmitReply,
  { topics, account }: Pick<HttpsSessionOptions, 'topics' | 'account'>,
  onMessage: HttpsSessionOptions['onMessage'],
): void {
  if (outcome.kind === 'away') onMessage(topics.turnedAway(account), encode(turnedAwayFormat, outcome.notice));
  if (outcome.kind !== 'settled') return;
  for (const message of outcome.messages) onMessage(topics.receipts(account), encode(receiptsMessageFormat, message));
}

function faultOf(reason: DoorFault): SendFault {
  if (reason === 'BUSY') return 'BUSY';
  return reason === 'TIMEOUT' ? 'NO_ACK' : 'LINE_LOST';
}

/** See the file's head. */
export class HttpsSession implements EntrySession {
  readonly #options: HttpsSessionOptions;
  readonly #topics: string[];
  readonly #polling = new AbortController();
  #up = false;
  #over = false;
  #posts = 0;

  constructor(options: HttpsSessionOptions) {
    this.#options = options;
    this.#topics = options.filters.slice(0, pollTopicsMax);
    void this.#follow();
  }

  reaches(validator: number): boolean {
    return validator === this.#options.door.entry.validator;
  }

  async publish(topic: string, payload: Uint8Array): Promise<Result<true, SendFault>> {
    const { door, topics } = this.#options;
    if (!this.#up) return bad('NOT_CONNECTED');
    const isSegment = topic === topics.up(this.#options.account);
    if (!isSegment && topic !== topics.request(door.entry.validator)) return bad('NOT_CONNECTED', 'another validator');
    if (this.#posts >= postsMax) return bad('BUSY');
    this.#posts++;
    const sent = await (isSegment ? this.#submit(payload) : this.#ask(payload));
    this.#posts--;
    if (!sent.ok && sent.reason === 'LINE_LOST') this.#down({ code: 'UNREACHABLE', detail: sent.detail ?? '' });
    return sent;
  }

  /** Topics beyond what one poll may name are left out: who follows shards asks for what it does not hear of. */
  subscribe(filters: readonly string[]): void {
    this.#topics.push(...filters.slice(0, Math.max(0, pollTopicsMax - this.#topics.length)));
  }

  /** Without `onDown`. The door stays open: it is the line's. */
  end(): Promise<void> {
    this.#over = true;
    this.#up = false;
    this.#polling.abort();
    return Promise.resolve();
  }

  async #submit(payload: Uint8Array): Promise<Result<true, SendFault>> {
    const answered = await this.#options.door.submit(payload, postMs);
    if (!answered.ok) return bad(faultOf(answered.reason), answered.detail);
    if (!this.#over) tellOutcome(answered.value, this.#options, this.#options.onMessage);
    return ok(true);
  }

  async #ask(payload: Uint8Array): Promise<Result<true, SendFault>> {
    const { clientName, door, onMessage, topics } = this.#options;
    const answered = await door.ask(payload, postMs);
    if (!answered.ok) return bad(faultOf(answered.reason), answered.detail);
    if (!this.#over) onMessage(topics.reply(clientName), encode(replyFormat, answered.value));
    return ok(true);
  }

  /** Polls until the session is over. */
  async #follow(): Promise<void> {
    const { clock, door, onMessage, onUp } = this.#options;
    let place: FeedPlace | null = null;
    while (!this.#over) {
      const poll = { place, topics: this.#topics, waitMs: pollMsMax };
      const answered = await door.poll(poll, pollMsMax + pollExtraMs, this.#polling.signal);
      if (this.#over) return;
      if (!answered.ok) {
        const code = answered.reason === 'TIMEOUT' ? 'TIMEOUT' : this.#up ? 'CLOSED' : 'UNREACHABLE';
        this.#down({ code, detail: `${answered.reason} ${answered.detail ?? ''}`.trim() });
        return;
      }
      // What was published in between is lost: a new session begins with asking for it.
      if (answered.value.missed) {
        this.#down({ code: 'CLOSED', detail: 'messages were missed' });
        return;
      }
      if (!this.#up) {
        this.#up = true;
        onUp();
      }
      place = answered.value.place;
      for (const { topic, payload } of answered.value.messages) {
        if (!this.#over) onMessage(topic, payload);
      }
      if (answered.value.messages.length === 0) await sleep(clock, emptyPollMs);
    }
  }

  #down(cause: DownCause): void {
    if (this.#over) return;
    void this.end();
    this.#options.onDown(cause);
  }
}
