/** What a lane and its hub say to each other over the shop's LAN. Both sides sign; a session and a counter stand in for a clock. */
import { signMessage, verifySignature } from '#core/ed25519';
import { bytesOf, encode, type Infer, list, optional, record, text, variant, versioned } from '#core/format';
import { taggedHash } from '#core/hash';
import {
  accountIdFormat,
  amountFormat,
  couponSerialFormat,
  epochFormat,
  gcnFormat,
  hashFormat,
  heightFormat,
  rightIdFormat,
  sequenceFormat,
  signatureFormat,
  timeMsFormat,
} from '#ledger/ids';
import { streamFormat } from '#ledger/journal/stream';
import { allocationFormat } from '#ledger/rights/allocation';

/** A used-set key: `255/<gcn>/<serial>` or `01/<gtin>/21/<serial>`. */
export const unitFormat = text({ min: 1, max: 96, pattern: /^[!-~]+$/ });

/** Where a lane's stream stands: the hub keeps it as an anchor against a journal that lost its end (ARCHITECTURE D6). */
export const laneHeadFormat = record('lane-head', {
  epoch: epochFormat,
  stream: streamFormat,
  nextSequence: sequenceFormat,
  headHash: hashFormat,
});
export type LaneHead = Infer<typeof laneHeadFormat>;

/** What a lane asks of its hub, or tells it. */
export const hubActionFormat = variant('hub-action', {
  /** Opens a session; asks what the hub holds for the lane. */
  hello: { tag: 0, format: record('hub-hello', {}) },
  /** "May I take this unit?" The answer is `used`, `clear`, `allocated`, `granted` or `refused`. */
  claim: {
    tag: 1,
    format: record('hub-claim', {
      unit: unitFormat,
      timeLowMs: timeMsFormat,
      timeHighMs: timeMsFormat,
      want: variant('hub-want', {
        unowned: { tag: 0, format: record('want-unowned', {}) },
        owned: {
          tag: 1,
          format: record('want-owned', { rightId: rightIdFormat, gcn: gcnFormat, serial: couponSerialFormat }),
        },
        budget: { tag: 2, format: record('want-budget', { rightId: rightIdFormat, value: amountFormat }) },
      }),
    }),
  },
  /** The lane gave the unit back or never took it. */
  release: { tag: 2, format: record('hub-release', { unit: unitFormat }) },
  /** The lane's yes is in its journal; also told afterwards of units taken while the hub was away. */
  captured: {
    tag: 3,
    format: record('hub-captured', { unit: unitFormat, timeLowMs: timeMsFormat, timeHighMs: timeMsFormat }),
  },
  /** The region has answered for a unit of the budget pool: it is free again, at once or when the loss is booked. */
  settled: {
    tag: 4,
    format: record('hub-settled', {
      unit: unitFormat,
      rightId: rightIdFormat,
      /** Block that called it conflicted: from there on the right itself counts the loss. Null: nothing was lost. */
      lostAtHeight: optional(heightFormat),
    }),
  },
  /** Nothing but the heads that every request carries. */
  heads: { tag: 5, format: record('hub-heads', {}) },
  /** "Who used this unit?" The answer is `used` or `clear`; nothing is claimed. */
  look: { tag: 6, format: record('hub-look', { unit: unitFormat }) },
});
export type HubAction = Infer<typeof hubActionFormat>;
export type HubClaim = Extract<HubAction, { kind: 'claim' }>;

/** A lane's signed request. */
export const hubRequestFormat = versioned(
  'hub-request',
  1,
  { bytesMax: 4_096 },
  {
    lane: accountIdFormat,
    laneEpoch: epochFormat,
    /** From the hub's last `welcome`; zeros in a `hello`. */
    session: bytesOf(16),
    /** Rises with every request of a session; in a `hello` a fresh random number that the answer is bound to. */
    counter: sequenceFormat,
    heads: list(laneHeadFormat, { max: 2 }),
    action: hubActionFormat,
    signature: signatureFormat,
  },
);
export type HubRequest = Infer<typeof hubRequestFormat>;

/** Most claims that a `welcome` names. */
export const welcomeUnitsMax = 512;

/** What the hub says to a request. */
export const hubAnswerFormat = variant('hub-answer', {
  welcome: {
    tag: 0,
    format: record('hub-welcome', {
      session: bytesOf(16),
      hubEpoch: epochFormat,
      /** Heads of this lane that the hub had before this request. */
      heads: list(laneHeadFormat, { max: 8 }),
      /** Units that the hub holds as reserved for this lane. */
      reserved: list(unitFormat, { max: welcomeUnitsMax }),
    }),
  },
  used: {
    tag: 1,
    format: record('hub-used', { terminal: accountIdFormat, atLowMs: timeMsFormat, atHighMs: timeMsFormat }),
  },
  clear: { tag: 2, format: record('hub-clear', {}) },
  allocated: { tag: 3, format: record('hub-allocated', { allocation: allocationFormat }) },
  /** A unit of the budget pool is the lane's. */
  granted: { tag: 4, format: record('hub-granted', {}) },
  done: { tag: 5, format: record('hub-done', {}) },
  /** NOT_HUB, STALE_SESSION, OVERTAKEN, BUDGET_EXHAUSTED, RIGHT_CLOSED, RIGHT_DOES_NOT_COVER, UNANCHORED, JOURNAL_FULL. */
  refused: { tag: 9, format: record('hub-refused', { reason: text({ min: 1, max: 32 }) }) },
});
export type HubAnswer = Infer<typeof hubAnswerFormat>;

/** The hub's signed reply to one request. */
export const hubReplyFormat = versioned(
  'hub-reply',
  1,
  { bytesMax: 96 * 1_024 },
  {
    hub: accountIdFormat,
    answer: hubAnswerFormat,
    signature: signatureFormat,
  },
);
export type HubReply = Infer<typeof hubReplyFormat>;

/** What a lane signs. */
const requestMessageFormat = record('hub-request-message', {
  chainId: hashFormat,
  lane: accountIdFormat,
  laneEpoch: epochFormat,
  session: bytesOf(16),
  counter: sequenceFormat,
  heads: list(laneHeadFormat, { max: 2 }),
  action: hubActionFormat,
});
/** What the hub signs. */
const replyMessageFormat = record('hub-reply-message', {
  chainId: hashFormat,
  asked: hashFormat,
  hub: accountIdFormat,
  answer: hubAnswerFormat,
});

const requestDomain = 'bizain/hub-request/1';
const replyDomain = 'bizain/hub-reply/1';

function requestMessage(chainId: Uint8Array, request: Omit<HubRequest, 'signature'>): Uint8Array {
  return encode(requestMessageFormat, { ...request, chainId });
}

function replyMessage(chainId: Uint8Array, requestBytes: Uint8Array, reply: Omit<HubReply, 'signature'>): Uint8Array {
  const asked = taggedHash('bizain/hub-asked/1', requestBytes);
  return encode(replyMessageFormat, { chainId, asked, hub: reply.hub, answer: reply.answer });
}

/** Signs and encodes a request with the lane's terminal key. */
export function signRequest(chainId: Uint8Array, request: Omit<HubRequest, 'signature'>, seed: Uint8Array): Uint8Array {
  const signature = signMessage(seed, requestDomain, requestMessage(chainId, request));
  return encode(hubRequestFormat, { ...request, signature });
}

/** Whether the lane's key signed the request for this chain. */
export function verifyRequest(chainId: Uint8Array, request: HubRequest, publicKey: Uint8Array): boolean {
  const message = requestMessage(chainId, request);
  return verifySignature({ publicKey, domain: requestDomain, message, signature: request.signature });
}

/** Signs and encodes the reply to exactly these request bytes with the hub's terminal key. */
export function signReply(
  chainId: Uint8Array,
  requestBytes: Uint8Array,
  reply: Omit<HubReply, 'signature'>,
  seed: Uint8Array,
): Uint8Array {
  const signature = signMessage(seed, replyDomain, replyMessage(chainId, requestBytes, reply));
  return encode(hubReplyFormat, { ...reply, signature });
}

/** Whether the hub's key signed the reply to exactly these request bytes. */
export function verifyReply(
  chainId: Uint8Array,
  requestBytes: Uint8Array,
  reply: HubReply,
  publicKey: Uint8Array,
): boolean {
  const message = replyMessage(chainId, requestBytes, reply);
  return verifySignature({ publicKey, domain: replyDomain, message, signature: reply.signature });
}
