/**
 * What validators say to each other. One frame = u32 big-endian length, then one encoded peer message. Who speaks, on
 * which chain and lane, is settled by TLS before the first frame.
 */
import { toHex } from '#core/bytes';
import { bytes, bytesOf, type Infer, list, optional, record, uint, variant, versioned } from '#core/format';
import { hashFormat, heightFormat, signatureFormat } from '#ledger/ids';
import { segmentBytesMax } from '#ledger/journal/segment';
import { viewFormat } from '#ledger/validators/signed-statement';
import { validatorsMax } from '#ledger/validators/validator-set';
import { blockBodiesMax, blockFormat } from './block.ts';
import {
  chunksFormat,
  snapshotHeadFormat,
  snapshotShardsFormat,
  wantChunksFormat,
  wantShardsFormat,
  wantSnapshotFormat,
} from './snapshot-message.ts';
import { certificateFormat, timeoutFormat, validatorIndexFormat, voteFormat } from './vote.ts';

/** Largest frame, bytes. */
export const peerFrameBytesMax = 9 * 1024 * 1024;
/** Largest frame on the urgent lane: a proposal with its envelope. */
export const urgentFrameBytesMax = 576 * 1024;
/** Most digests in one `want-bodies` or `have-bodies`. */
export const digestsMax = 256;
/** Most blocks in one catch-up answer. */
export const catchUpBlocksMax = 64;

/** PRE-PREPARE, or NEW-VIEW when `timeouts` is given (view > 0). */
export const proposalFormat = versioned(
  'proposal',
  1,
  { bytesMax: 512 * 1024 },
  {
    view: viewFormat,
    block: blockFormat,
    /** A quorum of timeouts for `view`, by ascending validator; null in view 0. */
    timeouts: optional(list(timeoutFormat, { min: 1, max: validatorsMax })),
    validator: validatorIndexFormat,
    /** Over (chain id, height, view, block hash), domain `bizain/proposal/1`. */
    signature: signatureFormat,
  },
);
export type Proposal = Infer<typeof proposalFormat>;

/** A committed block as it is handed to a peer that lags. */
export const committedBlockFormat = record('committed-block', {
  block: blockFormat,
  certificate: certificateFormat,
  bodies: list(bytes({ min: 1, max: segmentBytesMax }), { max: blockBodiesMax }),
});
export type CommittedBlock = Infer<typeof committedBlockFormat>;

/** One message between validators. */
export const peerMessageFormat = versioned(
  'peer-message',
  1,
  { bytesMax: peerFrameBytesMax },
  {
    message: variant('peer', {
      proposal: { tag: 10, format: record('proposal-message', { proposal: proposalFormat }) },
      vote: { tag: 11, format: record('vote-message', { vote: voteFormat }) },
      timeout: { tag: 12, format: record('timeout-message', { timeout: timeoutFormat }) },
      /** The height after which the sender wants to be sent blocks, and its view there. */
      status: { tag: 13, format: record('status', { committedHeight: heightFormat, view: viewFormat }) },
      /** An uncommitted block that the receiver may hold: asked for by a primary that must re-propose it. */
      'want-block': { tag: 14, format: record('want-block', { height: heightFormat, blockHash: hashFormat }) },
      block: { tag: 15, format: record('block-message', { block: blockFormat }) },
      'want-bodies': {
        tag: 20,
        format: record('want-bodies', { digests: list(bytesOf(32), { min: 1, max: digestsMax }) }),
      },
      body: { tag: 21, format: record('body', { segment: bytes({ min: 1, max: segmentBytesMax }) }) },
      'want-blocks': {
        tag: 22,
        format: record('want-blocks', { fromHeight: heightFormat, count: uint({ max: catchUpBlocksMax }) }),
      },
      blocks: { tag: 23, format: record('blocks', { blocks: list(committedBlockFormat, { max: catchUpBlocksMax }) }) },
      /** Segments that the sender has held for a while and that were not ordered. */
      'have-bodies': {
        tag: 24,
        format: record('have-bodies', { digests: list(bytesOf(32), { min: 1, max: digestsMax }) }),
      },
      /** Said on a lane where nothing else was said for a while. */
      alive: { tag: 25, format: record('alive', {}) },
      /** The state at a checkpoint, for a validator to begin with: see snapshot-message.ts. */
      'want-snapshot': { tag: 26, format: wantSnapshotFormat },
      'snapshot-head': { tag: 27, format: snapshotHeadFormat },
      'want-shards': { tag: 28, format: wantShardsFormat },
      shards: { tag: 29, format: snapshotShardsFormat },
      'want-chunks': { tag: 30, format: wantChunksFormat },
      chunks: { tag: 31, format: chunksFormat },
    }),
  },
);
export type PeerMessage = Infer<typeof peerMessageFormat>['message'];

/** The two connections of a pair of validators. */
export type LaneName = 'urgent' | 'bulk';

/** The lane that a kind of message travels on; `alive` travels on either. */
export const laneOfKind: Readonly<Record<PeerMessage['kind'], LaneName | null>> = {
  proposal: 'urgent',
  vote: 'urgent',
  timeout: 'urgent',
  status: 'urgent',
  'want-block': 'urgent',
  'want-bodies': 'urgent',
  'want-blocks': 'urgent',
  // Small, yet asked for as an answer may be asked for: a flood of answers must not meet votes.
  block: 'bulk',
  body: 'bulk',
  blocks: 'bulk',
  'have-bodies': 'bulk',
  'want-snapshot': 'bulk',
  'snapshot-head': 'bulk',
  'want-shards': 'bulk',
  shards: 'bulk',
  'want-chunks': 'bulk',
  chunks: 'bulk',
  alive: null,
};

/**
 * The application protocol (ALPN, RFC 7301) of a lane: version, lane, chain. Both sides name exactly the same text or
 * there is no connection, and TLS covers it by the handshake's transcript.
 */
export function peerProtocol(chainId: Uint8Array, lane: LaneName): string {
  return `bizain-peer/1/${lane}/${toHex(chainId)}`;
}
