/** What the HTTPS entry answers: segments, requests and polls, with the same bytes as over MQTT. */
import { decode, encode } from '#core/format';
import { type Segment, segmentBytesMax, segmentFormat } from '#ledger/journal/segment';
import { replyFormat, requestFormat } from '../wire/gateway-message.ts';
import { feedFormat, httpsPathsOf, pollFormat, type SubmitReply, submitReplyFormat } from '../wire/https-message.ts';
import { topicsOf } from '../wire/topics.ts';
import { Allowance } from './allowance.ts';
import type { Feed } from './feed.ts';
import type { GatewayOptions } from './gateway.ts';
import type { EntryAnswer, EntryPath } from './https-entry.ts';

/** How long a segment that was taken waits for its receipts: most are there within a block. */
const receiptMsMax = 2_000;
/** A segment that is being verified is answered by then, whatever it is. */
const admissionMsMax = 5_000;
const receiptLimits = { messages: 16, receipts: 1_024 };
const questionsAllowed = { perSecond: 400, perSecondEach: 100, burstSeconds: 2 };

/** What the paths are made of. */
export type EntryPathsOptions = Pick<
  GatewayOptions,
  'chainId' | 'seat' | 'clock' | 'desk' | 'receipts' | 'onSegment'
> & {
  readonly feed: Feed;
};

type Outcome = SubmitReply['outcome'];

const unreadable: EntryAnswer = { status: 400, reason: 'UNREADABLE' };
const busy: EntryAnswer = { status: 503, reason: 'BUSY' };

/** The three paths of one validator. */
export class EntryPaths {
  readonly paths: ReadonlyMap<string, EntryPath>;
  readonly #options: EntryPathsOptions;
  readonly #questionsAllowed: Allowance;
  #segments = 0;
  #questions = 0;

  constructor(options: EntryPathsOptions) {
    this.#options = options;
    this.#questionsAllowed = new Allowance(options.clock, questionsAllowed);
    const { up, ask, feed } = httpsPathsOf(options.chainId);
    this.paths = new Map<string, EntryPath>([
      [up, { bytesMax: segmentBytesMax, answer: (body, _client, closed) => this.#segment(body, closed) }],
      [ask, { bytesMax: requestFormat.bytesMax, answer: (body, client) => this.#question(body, client) }],
      [feed, { bytesMax: pollFormat.bytesMax, answer: (body, _client, closed) => this.#poll(body, closed) }],
    ]);
  }

  get segments(): number {
    return this.#segments;
  }

  get questions(): number {
    return this.#questions;
  }

  async #segment(body: Uint8Array, closed: Promise<void>): Promise<EntryAnswer> {
    const decoded = decode(segmentFormat, body);
    this.#segments++;
    const outcome: Outcome = decoded.ok
      ? await this.#admitted(body, decoded.value, closed)
      : { kind: 'unreadable', reason: decoded.reason };
    return encode(submitReplyFormat, { validator: this.#options.seat().index, outcome });
  }

  async #admitted(body: Uint8Array, segment: Segment, closed: Promise<void>): Promise<Outcome> {
    const { clock, feed, seat, onSegment } = this.#options;
    const { author, epoch, stream, firstSequence } = segment;
    // Listens before the segment can be ordered.
    let give: () => void = () => undefined;
    const over = new Promise<void>((resolve) => {
      give = resolve;
    });
    const topic = topicsOf(this.#options.chainId).receipts(author);
    const ordered = feed.next(topic, receiptMsMax, Promise.race([closed, over]));
    const first = await new Promise<Outcome>((resolve) => {
      const timer = clock.setTimer(admissionMsMax, () => resolve({ kind: 'taken' }));
      const answer = (outcome: Outcome): void => {
        timer.cancel();
        resolve(outcome);
      };
      onSegment(body, {
        taken: () => answer({ kind: 'taken' }),
        ordered: () => answer(this.#settled(segment)),
        turnedAway: (why) =>
          answer({ kind: 'away', notice: { author, epoch, stream, firstSequence, ...why, validator: seat().index } }),
      });
    });
    if (first.kind !== 'taken') {
      give();
      return first;
    }
    await ordered;
    return this.#settled(segment);
  }

  #settled({ author, epoch, stream, firstSequence }: Segment): Outcome {
    const wanted = { author, epoch, stream, fromSequence: firstSequence };
    const messages = this.#options.receipts.from(wanted, receiptLimits);
    return messages.length === 0 ? { kind: 'taken' } : { kind: 'settled', messages };
  }

  async #question(body: Uint8Array, client: string): Promise<EntryAnswer> {
    const decoded = decode(requestFormat, body);
    if (!decoded.ok) return unreadable;
    this.#questions++;
    if (!this.#questionsAllowed.take(client)) return { status: 429, reason: 'TOO_MANY' };
    const { id, query } = decoded.value;
    return encode(replyFormat, { id, validator: this.#options.seat().index, answer: this.#options.desk.answer(query) });
  }

  async #poll(body: Uint8Array, closed: Promise<void>): Promise<EntryAnswer> {
    const decoded = decode(pollFormat, body);
    if (!decoded.ok) return unreadable;
    const answer = await this.#options.feed.poll(decoded.value, closed);
    return answer === null ? busy : encode(feedFormat, answer);
  }
}
