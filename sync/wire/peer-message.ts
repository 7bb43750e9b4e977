/** What validators say to each other. One frame = u32 big-endian length, then one encoded peer message. */
import { encodeCbor } from '#core/codec';
import { bytes, bytesOf, type Infer, list, optional, record, uint, variant, versioned } from '#core/format';
import { hashFormat, heightFormat, signatureFormat } from '#ledger/ids';
import { segmentBytesMax } from '#ledger/journal/segment';
import { validatorsMax } from '#ledger/validators/validator-set';
import { blockBodiesMax, blockFormat } from './block.ts';
import { certificateFormat, timeoutFormat, validatorIndexFormat, viewFormat, voteFormat } from './vote.ts';

/** Largest frame, bytes. */
export const peerFrameBytesMax = 9 * 1024 * 1024;
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
export const proposalDomain = 'bizain/proposal/1';

/** The bytes a primary signs to propose. The timeouts of a NEW-VIEW are signed by those who sent them. */
export function proposalMessage(chainId: Uint8Array, height: number, view: number, hash: Uint8Array): Uint8Array {
  return encodeCbor([chainId, height, view, hash]);
}

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
      /** First frame on a connection: who connects, and a nonce to be signed by the other side. */
      hello: {
        tag: 1,
        format: record('hello', { chainId: hashFormat, validator: validatorIndexFormat, nonce: bytesOf(32) }),
      },
      /** Signature over (chain id, peer's nonce, own nonce, own index), domain `bizain/hello/1`. */
      'hello-proof': { tag: 2, format: record('hello-proof', { signature: signatureFormat }) },
      proposal: { tag: 10, format: record('proposal-message', { proposal: proposalFormat }) },
      vote: { tag: 11, format: record('vote-message', { vote: voteFormat }) },
      timeout: { tag: 12, format: record('timeout-message', { timeout: timeoutFormat }) },
      /** The height after which the sender wants to be sent blocks, and its view there. */
      status: { tag: 13, format: record('status', { committedHeight: heightFormat, view: viewFormat }) },
      /** An uncommitted block that the receiver may hold: asked for by a primary that must re-propose it. */
      'want-block': { tag: 14, format: record('want-block', { height: heightFormat, blockHash: hashFormat }) },
      block: { tag: 15, format: record('block-message', { block: blockFormat }) },
      'want-bodies': { tag: 20, format: record('want-bodies', { digests: list(bytesOf(32), { min: 1, max: 256 }) }) },
      body: { tag: 21, format: record('body', { segment: bytes({ min: 1, max: segmentBytesMax }) }) },
      'want-blocks': {
        tag: 22,
        format: record('want-blocks', { fromHeight: heightFormat, count: uint({ max: catchUpBlocksMax }) }),
      },
      blocks: { tag: 23, format: record('blocks', { blocks: list(committedBlockFormat, { max: catchUpBlocksMax }) }) },
    }),
  },
);
export type PeerMessage = Infer<typeof peerMessageFormat>['message'];
