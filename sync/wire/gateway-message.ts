/** What validators publish to terminals and what terminals ask, over any MQTT 3.1.1 or 5 broker (topics.ts names the topics). */
import { bytes, bytesOf, type Infer, list, optional, record, text, uint, variant, versioned } from '#core/format';
import { accountIdFormat, epochFormat, hashFormat, heightFormat, sequenceFormat, shardIdFormat } from '#ledger/ids';
import { streamFormat } from '#ledger/journal/stream';
import { receiptFormat } from '#ledger/receipt';
import {
  leafKeyFormat,
  leafProofFormat,
  leafValueBytesMax,
  shardDeltaFormat,
  shardProofFormat,
  snapshotChunkFormat,
} from '#ledger/state/delta';
import { historyProofFormat } from '#ledger/state/history-proof';
import { absenceFormat } from './absence.ts';
import { headerFormat } from './block.ts';
import { certificateFormat, validatorIndexFormat } from './vote.ts';

/** Largest gateway message, bytes. */
export const gatewayMessageBytesMax = 9 * 1024 * 1024;

/** A header with its certificate of COMMIT: proves order and result of one block to who knows the validator set. */
export const lightBlockFormat = record('light-block', { header: headerFormat, certificate: certificateFormat });
export type LightBlock = Infer<typeof lightBlockFormat>;

/**
 * A light block with the bytes of the chain state (`sync/pbft/chain.ts`) that its header commits to: proves to who knows the
 * validators of its epoch those of the next.
 */
export const epochCertificateFormat = record('epoch-certificate', {
  lightBlock: lightBlockFormat,
  chainState: bytes({ max: 4_096 }),
});
export type EpochCertificate = Infer<typeof epochCertificateFormat>;

/** Most epoch certificates in an answer. */
export const epochCertificatesMax = 64;

/** Retained on the head topic after each block. */
export const headMessageFormat = versioned('head', 1, { bytesMax: 16_384 }, { lightBlock: lightBlockFormat });

/** One receipt with its place in the block. */
export const provedReceiptFormat = record('proved-receipt', {
  receipt: receiptFormat,
  index: uint({ max: 0xffff_ffff }),
  path: list(bytesOf(32), { max: 32 }),
});
export type ProvedReceipt = Infer<typeof provedReceiptFormat>;

/** The receipts of one author in one block. */
export const receiptsMessageFormat = versioned(
  'receipts',
  1,
  { bytesMax: 4 * 1024 * 1024 },
  {
    lightBlock: lightBlockFormat,
    /** State root after the block; with the receipts root it gives the certified result root. */
    stateRoot: hashFormat,
    receiptCount: uint({ max: 0xffff_ffff }),
    receipts: list(provedReceiptFormat, { min: 1, max: 4_096 }),
  },
);
export type ReceiptsMessage = Infer<typeof receiptsMessageFormat>;

/** What changed in one shard in one block. */
export const deltaMessageFormat = versioned(
  'delta-message',
  1,
  { bytesMax: gatewayMessageBytesMax },
  {
    lightBlock: lightBlockFormat,
    delta: shardDeltaFormat,
    proof: shardProofFormat,
  },
);
export type DeltaMessage = Infer<typeof deltaMessageFormat>;

/** A segment turned away at the door, before ordering. Advice only: it is not certified and settles nothing. */
export const turnedAwayFormat = versioned(
  'turned-away',
  1,
  { bytesMax: 1_024 },
  {
    author: accountIdFormat,
    epoch: epochFormat,
    stream: streamFormat,
    firstSequence: sequenceFormat,
    reason: text({ min: 1, max: 32 }),
    /** Where the validator stands with this stream; null if it does not know the author. */
    nextSequence: optional(sequenceFormat),
    /** `BUSY`: when there may be room again, milliseconds; null where coming again does not help. */
    retryAfterMs: optional(uint({ max: 60_000 })),
    validator: validatorIndexFormat,
  },
);
export type TurnedAway = Infer<typeof turnedAwayFormat>;

/** A question of a terminal to one validator. Id and reply address stand in the body, so that no MQTT 5 property is needed. */
export const requestFormat = versioned(
  'request',
  1,
  { bytesMax: 4_096 },
  {
    /** Drawn by the asker; the answer repeats it. */
    id: bytesOf(16),
    /** Client name the answer goes to (topics.ts). */
    replyTo: text({ min: 1, max: 64, pattern: /^[A-Za-z0-9._-]+$/ }),
    query: variant('query', {
      head: { tag: 1, format: record('head-query', {}) },
      /** Names of the shards that exist, `after` in order of creation. */
      directory: { tag: 2, format: record('directory-query', { afterIndex: optional(uint({ max: 0xffff_ffff })) }) },
      /** A shard at the newest checkpoint, chunk by chunk; a later chunk names the height of the first. */
      snapshot: {
        tag: 3,
        format: record('snapshot-query', {
          shard: shardIdFormat,
          height: optional(heightFormat),
          chunk: uint({ max: 0xffff_ffff }),
        }),
      },
      /** What changed in a shard since a height, merged, as of the newest block. */
      deltas: { tag: 4, format: record('deltas-query', { shard: shardIdFormat, afterHeight: heightFormat }) },
      /** Receipts of a stream from a sequence on. */
      receipts: {
        tag: 5,
        format: record('receipts-query', {
          author: accountIdFormat,
          epoch: epochFormat,
          stream: streamFormat,
          fromSequence: sequenceFormat,
        }),
      },
      /** One object as of the newest block, which must not lie before the named height. */
      leaf: {
        tag: 18,
        format: record('leaf-query', { shard: shardIdFormat, key: leafKeyFormat, atHeight: heightFormat }),
      },
      /** A block of any height, and its place in the history. */
      block: { tag: 19, format: record('block-query', { height: heightFormat }) },
      /** How the validator is, for operators. The nonce is drawn by the asker; the signed answer is bound to it. */
      status: { tag: 16, format: record('status-query', { nonce: bytesOf(16) }) },
      /** Certificates of the epochs after one, or of all, after which the validators change; the earliest first. */
      epochs: { tag: 17, format: record('epochs-query', { afterEpoch: optional(epochFormat) }) },
      /** The newest block with the chain state that its header commits to, for operators to sign. */
      checkpoint: { tag: 21, format: record('checkpoint-query', {}) },
    }),
  },
);
export type GatewayRequest = Infer<typeof requestFormat>;
export type GatewayQuery = GatewayRequest['query'];

/** The answer of one validator; it proves nothing by itself, what it carries does. */
export const replyFormat = versioned(
  'reply',
  1,
  { bytesMax: gatewayMessageBytesMax },
  {
    id: bytesOf(16),
    validator: validatorIndexFormat,
    answer: variant('answer', {
      head: { tag: 1, format: record('head-answer', { lightBlock: optional(lightBlockFormat) }) },
      directory: {
        tag: 2,
        format: record('directory-answer', {
          shards: list(record('directory-item', { index: uint({ max: 0xffff_ffff }), shard: shardIdFormat }), {
            max: 4_096,
          }),
          more: uint({ max: 1 }),
        }),
      },
      snapshot: {
        tag: 3,
        format: record('snapshot-answer', {
          lightBlock: lightBlockFormat,
          proof: shardProofFormat,
          chunk: snapshotChunkFormat,
          chunkCount: uint({ max: 0xffff_ffff }),
        }),
      },
      deltas: { tag: 4, format: record('deltas-answer', { message: deltaMessageFormat }) },
      receipts: { tag: 5, format: record('receipts-answer', { messages: list(receiptsMessageFormat, { max: 256 }) }) },
      leaf: {
        tag: 18,
        format: record('leaf-answer', {
          lightBlock: lightBlockFormat,
          value: bytes({ max: leafValueBytesMax }),
          proof: leafProofFormat,
        }),
      },
      block: {
        tag: 19,
        format: record('block-answer', {
          header: headerFormat,
          resultRoot: hashFormat,
          /** In the history that the header of `lightBlock` commits to; null where that is the block itself. */
          place: optional(historyProofFormat),
          lightBlock: lightBlockFormat,
        }),
      },
      /** The answer to `leaf` where there is no such object: one validator's word, of which f+1 prove it. */
      absent: { tag: 20, format: record('absent-answer', { absence: absenceFormat }) },
      /** The report as JSON (`sync/validator/validator-status.ts`), signed as `status-answer.ts` says. */
      status: {
        tag: 16,
        format: record('status-answer', { report: text({ min: 2, max: 65_536 }), signature: bytesOf(64) }),
      },
      epochs: {
        tag: 17,
        format: record('epochs-answer', {
          certificates: list(epochCertificateFormat, { max: epochCertificatesMax }),
          more: uint({ max: 1 }),
        }),
      },
      checkpoint: { tag: 21, format: record('checkpoint-answer', { certificate: epochCertificateFormat }) },
      /** Why there is no answer: NOT_FOUND, TOO_OLD (ask a snapshot), BEHIND (the named height is not there yet), BUSY. */
      none: { tag: 9, format: record('no-answer', { reason: text({ min: 1, max: 32 }) }) },
    }),
  },
);
export type GatewayReply = Infer<typeof replyFormat>;
export type GatewayAnswer = GatewayReply['answer'];
