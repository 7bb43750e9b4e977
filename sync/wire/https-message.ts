/**
 * What passes over a validator's HTTPS entry beside the messages of MQTT, whose bytes are the same on both: POST bodies and
 * answers of media type `application/cbor`, on three paths below the root of the topics.
 */
import { bool, bytes, bytesOf, type Infer, list, optional, record, text, uint, variant, versioned } from '#core/format';
import { gatewayMessageBytesMax, receiptsMessageFormat, turnedAwayFormat } from './gateway-message.ts';
import { topicsOf } from './topics.ts';
import { validatorIndexFormat } from './vote.ts';

/** Media type of every body. */
export const httpsMediaType = 'application/cbor';
/** Longest wait of a poll, ms. */
export const pollMsMax = 25_000;
/** Topics of a poll, at most. */
export const pollTopicsMax = 64;
/** Messages in the answer to a poll, at most. */
export const pollMessagesMax = 256;

/** The paths of a chain: a segment goes to `up`, a request to `ask`, a poll to `feed`. */
export function httpsPathsOf(chainId: Uint8Array): {
  readonly up: string;
  readonly ask: string;
  readonly feed: string;
} {
  const { root } = topicsOf(chainId);
  return { up: `/${root}/up`, ask: `/${root}/ask`, feed: `/${root}/feed` };
}

/** What became of a segment so far. */
export const submitReplyFormat = versioned(
  'submit-reply',
  1,
  { bytesMax: gatewayMessageBytesMax },
  {
    validator: validatorIndexFormat,
    outcome: variant('submit-outcome', {
      /** Held to be ordered, or for its author to become known. It proves nothing. */
      taken: { tag: 1, format: record('segment-taken', {}) },
      /** It was ordered: its receipts, as far as one answer carries them. */
      settled: {
        tag: 2,
        format: record('segment-settled', { messages: list(receiptsMessageFormat, { min: 1, max: 64 }) }),
      },
      /** Not taken, and why. */
      away: { tag: 3, format: record('segment-away', { notice: turnedAwayFormat }) },
      /** Not even a segment. */
      unreadable: { tag: 4, format: record('segment-unreadable', { reason: text({ min: 1, max: 32 }) }) },
    }),
  },
);
/** A decoded answer to a segment. */
export type SubmitReply = Infer<typeof submitReplyFormat>;

/** Where a reader of the feed stands. */
export const feedPlaceFormat = record('feed-place', {
  /** Drawn by the validator at its start: places of one run mean nothing in another. */
  run: bytesOf(8),
  /** Messages before it have been seen. */
  next: uint(),
});
/** A decoded place. */
export type FeedPlace = Infer<typeof feedPlaceFormat>;

/** Asks for what is published on topics; answered as soon as there is something, or when the wait is over. */
export const pollFormat = versioned(
  'poll',
  1,
  { bytesMax: 16_384 },
  {
    /** Null for the first poll: answered at once, with the newest head. */
    place: optional(feedPlaceFormat),
    /** Topics as they are (topics.ts), or with `/#` at the end for all below. */
    topics: list(text({ min: 1, max: 250 }), { min: 1, max: pollTopicsMax }),
    waitMs: uint({ max: pollMsMax }),
  },
);
/** A decoded poll. */
export type Poll = Infer<typeof pollFormat>;

/** What was published since a place, oldest first. */
export const feedFormat = versioned(
  'feed',
  1,
  { bytesMax: gatewayMessageBytesMax + 64 * 1024 },
  {
    validator: validatorIndexFormat,
    place: feedPlaceFormat,
    /** Messages between the place that was named and these are lost to this reader. */
    missed: bool(),
    messages: list(
      record('feed-message', { topic: text({ min: 1, max: 250 }), payload: bytes({ max: gatewayMessageBytesMax }) }),
      { max: pollMessagesMax },
    ),
  },
);
/** A decoded answer to a poll. */
export type FeedAnswer = Infer<typeof feedFormat>;
