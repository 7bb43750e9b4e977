/**
 * Where terminals meet a validator: segments come in by MQTT or HTTPS, heads, receipts and deltas go out after each block,
 * and questions are answered. Several brokers may be served; none is trusted.
 */

import { toHex } from '#core/bytes';
import type { Clock } from '#core/clock';
import type { Entropy } from '#core/entropy';
import { decode, encode, type Format } from '#core/format';
import type { Log } from '#core/log';
import { type Segment, segmentBytesMax } from '#ledger/journal/segment';
import type { LedgerState } from '#ledger/state/ledger-state';
import { faultyMax } from '#ledger/validators/quorum';
import { type Delivery, delivery } from '../wire/delivery.ts';
import {
  deltaMessageFormat,
  headMessageFormat,
  receiptsMessageFormat,
  replyFormat,
  requestFormat,
  turnedAwayFormat,
} from '../wire/gateway-message.ts';
import { topicsOf } from '../wire/topics.ts';
import type { TurnedAwayFor } from './admission.ts';
import { Allowance } from './allowance.ts';
import type { BlockStore } from './block-store.ts';
import { BrokerLink } from './broker-link.ts';
import type { Committed } from './chain-keeper.ts';
import { CheckpointDeltas } from './checkpoint-deltas.ts';
import { EntryPaths } from './entry-paths.ts';
import { Feed } from './feed.ts';
import { HttpsEntry, type HttpsEntryOptions } from './https-entry.ts';
import type { QueryDesk } from './query-desk.ts';
import type { ReceiptMessages } from './receipt-messages.ts';
import type { Seat } from './seat.ts';
import type { SegmentSender } from './segment-door.ts';

/** Receipts sent again for one duplicate segment. */
const repeatLimits = { messages: 16, receipts: 1_024 };
const questionsAllowed = { perSecond: 400, perSecondEach: 100, burstSeconds: 2 };
const noticesAllowed = { perSecond: 200, perSecondEach: 20, burstSeconds: 2 };

/** What the gateway needs. */
export interface GatewayOptions {
  readonly chainId: Uint8Array;
  /** Where this validator sits now. */
  seat(): Seat;
  readonly brokers: readonly {
    readonly url: string;
    readonly username?: string | undefined;
    readonly password?: string | undefined;
  }[];
  /** The entry for terminals that come by HTTPS; null where none is wanted. */
  readonly https: Pick<HttpsEntryOptions, 'listen' | 'key' | 'cert' | 'login'> | null;
  readonly clock: Clock;
  readonly entropy: Entropy;
  readonly log: Log;
  readonly state: LedgerState;
  readonly store: BlockStore;
  /** Where the chain stands at the start. */
  readonly chain: { readonly height: number; readonly timeMs: number };
  /** From checkpoint to checkpoint, ms of certificate time. */
  readonly checkpointMs: number;
  readonly desk: QueryDesk;
  readonly receipts: ReceiptMessages;
  /** Without a sender the author is told by the brokers. */
  onSegment(bytes: Uint8Array, sender?: SegmentSender): void;
}

/** What came through the gateway, for operators. */
export interface GatewayStatus {
  readonly brokersUp: number;
  /** Terminals that wait for news over HTTPS. */
  readonly polls: number;
  readonly segments: number;
  readonly questions: number;
  readonly refused: number;
  readonly dropped: number;
}

/** The gateway of one validator. */
export class Gateway {
  readonly #options: GatewayOptions;
  readonly #topics: ReturnType<typeof topicsOf>;
  readonly #links: readonly BrokerLink[];
  readonly #questionsAllowed: Allowance;
  readonly #noticesAllowed: Allowance;
  readonly #feed: Feed;
  readonly #entryPaths: EntryPaths;
  readonly #merged: CheckpointDeltas;
  readonly #entry: HttpsEntry | null;
  /** Tells authors by the brokers, and by the feed. */
  readonly sender: SegmentSender = {
    taken: () => undefined,
    ordered: (segment, justNow) => {
      if (!justNow) this.#repeatReceipts(segment);
    },
    turnedAway: (why, segment) => {
      if (segment !== null) this.#turnAway(segment, why);
    },
  };
  #httpsPort = 0;
  #segments = 0;
  #questions = 0;
  #refused = 0;
  #head: Uint8Array | null = null;
  /** The seat whose questions are subscribed to. */
  #seatIndex: number;

  constructor(options: GatewayOptions) {
    this.#options = options;
    this.#topics = topicsOf(options.chainId);
    this.#seatIndex = options.seat().index;
    this.#questionsAllowed = new Allowance(options.clock, questionsAllowed);
    this.#noticesAllowed = new Allowance(options.clock, noticesAllowed);
    this.#links = options.brokers.map((broker) => this.#link(broker));
    const { clock, entropy, log, https } = options;
    const head = () => (this.#head === null ? null : { topic: this.#topics.head, payload: this.#head });
    this.#feed = new Feed({ clock, entropy, validator: () => options.seat().index, head });
    this.#merged = this.#checkpointDeltas();
    this.#entryPaths = new EntryPaths({ ...options, feed: this.#feed });
    this.#entry = https === null ? null : new HttpsEntry({ ...https, paths: this.#entryPaths.paths, clock, log });
  }

  #checkpointDeltas(): CheckpointDeltas {
    return new CheckpointDeltas({
      ...this.#options,
      wanted: (height) => this.publishes(height) || this.#feed.inUse,
      send: (shard, payload, height) => {
        const topic = this.#topics.merged(shard);
        this.#feed.add(topic, payload);
        if (this.publishes(height)) this.#toBrokers(topic, payload, delivery.delta);
      },
    });
  }

  /** Port of the HTTPS entry; 0 where there is none. */
  get httpsPort(): number {
    return this.#httpsPort;
  }

  /** Resolves once terminals can come by HTTPS; brokers are connected to as they can be. Throws `HTTPS_PORT_TAKEN`. */
  async start(): Promise<void> {
    for (const link of this.#links) link.start();
    if (this.#entry !== null) this.#httpsPort = await this.#entry.start();
  }

  async stop(): Promise<void> {
    this.#merged.stop();
    await Promise.all([...this.#links.map((link) => link.stop()), this.#entry?.stop()]);
  }

  status(): GatewayStatus {
    return {
      brokersUp: this.#links.filter((link) => link.up).length,
      polls: this.#feed.waitingCount,
      segments: this.#segments + this.#entryPaths.segments,
      questions: this.#questions + this.#entryPaths.questions,
      refused: this.#refused + (this.#entry?.refusedCount ?? 0),
      dropped: this.#links.reduce((sum, link) => sum + link.droppedCount, 0),
    };
  }

  /** Whether this validator is one of the f+1 that publish a block: at least one of them works. */
  publishes(turn: number): boolean {
    const { index, count, isMember } = this.#options.seat();
    const place = (((index - turn) % count) + count) % count;
    return isMember && place <= faultyMax(count);
  }

  /** Tells the region of a block that has just been committed: receipts first, a till waits for them. */
  publish(committed: Committed): void {
    this.#merged.committed(committed);
    const { lightBlock, executed } = committed;
    this.#head = encode(headMessageFormat, { lightBlock });
    this.#takeSeat();
    const toBrokers = this.publishes(lightBlock.header.height);
    // Who polls hears of a block by this validator alone.
    if (!toBrokers && !this.#feed.inUse) return;
    const send = <T>(topic: string, format: Format<T>, message: T, how: Delivery): void => {
      const payload = encode(format, message);
      this.#feed.add(topic, payload);
      if (toBrokers) this.#toBrokers(topic, payload, how);
    };
    for (const { author, message } of this.#options.receipts.ofBlock(committed)) {
      send(this.#topics.receipts(author), receiptsMessageFormat, message, delivery.receipts);
    }
    this.#feed.add(this.#topics.head, this.#head);
    if (toBrokers) this.publishHead();
    for (const delta of executed.change.deltas) {
      const proof = this.#options.state.shardProof(delta.shard, executed.receiptsRoot);
      send(this.#topics.delta(delta.shard), deltaMessageFormat, { lightBlock, delta, proof }, delivery.delta);
    }
  }

  /** Takes note of a block that others have published long ago. */
  caughtUp(committed: Committed): void {
    this.#merged.committed(committed);
    this.#head = encode(headMessageFormat, { lightBlock: committed.lightBlock });
    this.#takeSeat();
  }

  /** Retains the newest head at the brokers. */
  publishHead(): void {
    if (this.#head === null) return;
    for (const link of this.#links) link.publish(this.#topics.head, this.#head, delivery.head);
  }

  /** Sends the receipts of a segment that was ordered before. */
  #repeatReceipts(segment: Segment): void {
    const { author, epoch, stream, firstSequence } = segment;
    const wanted = { author, epoch, stream, fromSequence: firstSequence };
    this.#notify(segment, (send) => {
      for (const message of this.#options.receipts.from(wanted, repeatLimits)) {
        send(this.#topics.receipts(author), encode(receiptsMessageFormat, message), delivery.receipts);
      }
    });
  }

  /** Tells a sender why its segment was not taken. Advice only. */
  #turnAway(segment: Segment, why: TurnedAwayFor): void {
    const { author, epoch, stream, firstSequence } = segment;
    const notice = { author, epoch, stream, firstSequence, ...why, validator: this.#options.seat().index };
    this.#notify(segment, (send) =>
      send(this.#topics.turnedAway(author), encode(turnedAwayFormat, notice), delivery.turnedAway),
    );
  }

  /**
   * All validators see a segment that comes by a broker: f+1 of them answer there. Who polls hears it of this one. No author
   * makes a validator answer without end.
   */
  #notify(segment: Segment, tell: (send: (topic: string, payload: Uint8Array, how: Delivery) => void) => void): void {
    const toBrokers = this.publishes((segment.signature[0] as number) + segment.firstSequence);
    if (!toBrokers && !this.#feed.inUse) return;
    if (!this.#noticesAllowed.take(segment.author)) return;
    tell((topic, payload, how) => {
      this.#feed.add(topic, payload);
      if (toBrokers) this.#toBrokers(topic, payload, how);
    });
  }

  /** With an epoch the seat may change, and with it whose questions are for this validator. */
  #takeSeat(): void {
    const { index } = this.#options.seat();
    if (index === this.#seatIndex) return;
    this.#seatIndex = index;
    for (const link of this.#links) link.renewSubscriptions();
  }

  #toBrokers(topic: string, payload: Uint8Array, how: Delivery): void {
    for (const link of this.#links) link.publish(topic, payload, how);
  }

  #link(broker: GatewayOptions['brokers'][number]): BrokerLink {
    const { chainId, clock, entropy, log } = this.#options;
    const link: BrokerLink = new BrokerLink({
      broker,
      clientId: `bizain-v-${toHex(chainId.subarray(0, 4))}-${toHex(entropy.bytes(8))}`,
      subscriptions: () => [this.#topics.upAll, this.#topics.request(this.#seatIndex)],
      bytesMax: segmentBytesMax,
      clock,
      entropy,
      log,
      onMessage: (topic, payload) => {
        // What comes late to a seat that was left is for somebody else.
        if (topic.startsWith(this.#topics.request(''))) {
          if (topic === this.#topics.request(this.#seatIndex)) this.#question(link, payload);
          return;
        }
        this.#segments++;
        this.#options.onSegment(payload);
      },
      onUp: () => this.publishHead(),
    });
    return link;
  }

  #question(link: BrokerLink, payload: Uint8Array): void {
    const decoded = payload.length <= requestFormat.bytesMax ? decode(requestFormat, payload) : null;
    if (decoded === null || !decoded.ok) {
      this.#refused++;
      return;
    }
    const { id, replyTo, query } = decoded.value;
    this.#questions++;
    const allowed = this.#questionsAllowed.take(replyTo);
    const answer = allowed ? this.#options.desk.answer(query) : ({ kind: 'none', reason: 'BUSY' } as const);
    const reply = encode(replyFormat, { id, validator: this.#seatIndex, answer });
    link.publish(this.#topics.reply(replyTo), reply, delivery.reply);
  }
}
