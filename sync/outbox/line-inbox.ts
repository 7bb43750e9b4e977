/** What arrives on a line: decoded within each format's limits, handed to who listens, believed by nobody yet. */
import { decode, type Format } from '#core/format';
import type { Log } from '#core/log';
import {
  type DeltaMessage,
  deltaMessageFormat,
  type GatewayReply,
  headMessageFormat,
  type LightBlock,
  type ReceiptsMessage,
  receiptsMessageFormat,
  replyFormat,
  type TurnedAway,
  turnedAwayFormat,
} from '../wire/gateway-message.ts';
import type { Topics } from '../wire/topics.ts';

/** What a line tells. `up`: subscribed and ready to send. Messages are decoded, and verified by nobody yet. */
export interface LineEvents {
  readonly up: () => void;
  readonly down: () => void;
  readonly head: (lightBlock: LightBlock) => void;
  readonly receipts: (message: ReceiptsMessage) => void;
  readonly 'turned-away': (notice: TurnedAway) => void;
  readonly delta: (message: DeltaMessage) => void;
}

type Listeners = { [E in keyof LineEvents]: Set<LineEvents[E]> };

/** What an inbox needs. */
export interface LineInboxOptions {
  readonly topics: Topics;
  readonly account: string;
  readonly clientName: string;
  readonly log: Log;
  readonly onReply: (reply: GatewayReply) => void;
  /** A message that is one was heard. */
  readonly onHeard: () => void;
}

/** See the file's head. */
export class LineInbox {
  readonly #options: LineInboxOptions;
  readonly #listeners: Listeners = {
    up: new Set(),
    down: new Set(),
    head: new Set(),
    receipts: new Set(),
    'turned-away': new Set(),
    delta: new Set(),
  };
  #malformedCount = 0;

  constructor(options: LineInboxOptions) {
    this.#options = options;
  }

  /** Messages that were dropped because they were no such message. */
  get malformedCount(): number {
    return this.#malformedCount;
  }

  on<E extends keyof LineEvents>(event: E, listener: LineEvents[E]): void {
    (this.#listeners[event] as Set<LineEvents[E]>).add(listener);
  }

  /** Tells that the line came up or went down. */
  turned(event: 'up' | 'down'): void {
    for (const listener of this.#listeners[event]) listener();
  }

  /** The topics that a line always listens to. */
  get filters(): string[] {
    const { account, clientName, topics } = this.#options;
    return [topics.head, topics.receipts(account), topics.turnedAway(account), topics.reply(clientName)];
  }

  take(topic: string, payload: Uint8Array): void {
    const { account, clientName, onReply, topics } = this.#options;
    const { head, receipts, turnedAway, reply, root } = topics;
    let known = true;
    if (topic === head) this.#hand(headMessageFormat, payload, ({ lightBlock }) => this.#tell('head', lightBlock));
    else if (topic === receipts(account)) this.#hand(receiptsMessageFormat, payload, (m) => this.#tell('receipts', m));
    else if (topic === turnedAway(account)) this.#hand(turnedAwayFormat, payload, (m) => this.#tell('turned-away', m));
    else if (topic === reply(clientName)) this.#hand(replyFormat, payload, onReply);
    else if (topic.startsWith(`${root}/delta/`) || topic.startsWith(`${root}/merged/`))
      this.#hand(deltaMessageFormat, payload, (m) => this.#tell('delta', m));
    else known = false;
    if (!known) this.#malformed(topic, 'UNKNOWN_TOPIC');
  }

  /** What is malformed is counted and dropped, and does not count as heard. */
  #hand<T>(format: Format<T>, payload: Uint8Array, take: (message: T) => void): void {
    const decoded = decode(format, payload);
    if (!decoded.ok) {
      this.#malformed(format.shape.type, decoded.reason);
      return;
    }
    this.#options.onHeard();
    take(decoded.value);
  }

  #malformed(what: string, reason: string): void {
    this.#malformedCount++;
    const { malformedCount } = this;
    this.#options.log.debug({ what, reason, malformedCount }, 'malformed message dropped');
  }

  #tell<E extends 'head' | 'receipts' | 'turned-away' | 'delta'>(
    event: E,
    message: Parameters<LineEvents[E]>[0],
  ): void {
    for (const listener of this.#listeners[event]) (listener as (m: typeof message) => void)(message);
  }
}
