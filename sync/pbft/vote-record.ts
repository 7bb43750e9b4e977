/** What a replica has bound itself to at one height: on disk before anything that rests on it is sent (SPEC R10, R11). */

import { type Infer, optional, record, versioned } from '#core/format';
import { hashFormat, heightFormat } from '#ledger/ids';
import { viewFormat } from '#ledger/validators/signed-statement';
import { certificateFormat } from '../wire/vote.ts';

const boundVoteFormat = record('bound-vote', { view: viewFormat, blockHash: hashFormat, resultRoot: hashFormat });
export type BoundVote = Infer<typeof boundVoteFormat>;

/** A whole statement, not a change: each record replaces the one before. At most a few kilobytes. */
export const voteRecordFormat = versioned(
  'vote-record',
  1,
  { bytesMax: 8_192 },
  {
    height: heightFormat,
    /** The highest view entered or asked for; no vote in a lower one any more. */
    view: viewFormat,
    /** The last block proposed by this replica, and in which view. */
    proposed: optional(record('bound-proposal', { view: viewFormat, blockHash: hashFormat })),
    /** The last PREPARE and the last COMMIT given. */
    prepare: optional(boundVoteFormat),
    commit: optional(boundVoteFormat),
    /** The highest prepared certificate seen; its block is stored. */
    prepared: optional(certificateFormat),
  },
);
export type VoteRecord = Infer<typeof voteRecordFormat>;
