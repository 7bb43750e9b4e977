/**
 * What a validator tells its operator, as JSON: at `GET /status`, in `status.json`, and signed over the broker. Readers take
 * what they know and leave the rest out, so that validators of two versions can be looked at side by side during an upgrade.
 */
import { z } from 'zod';

/** Blocks that a report names, the newest last: enough to compare validators that were asked one after the other. */
export const reportedBlocksMax = 16;

const name = z.string().min(1).max(32);
const hash = z.string().regex(/^[0-9a-f]{64}$/);
const count = z.int().min(0);
const ms = z.number().min(0);
const counts = z.record(z.string().max(64), count).refine((map) => Object.keys(map).length <= 256);
const names = z.array(name).max(64);
const quantiles = z.object({ p50: ms, p99: ms, max: ms }).nullable();

/** Schema of a report. Times in milliseconds, sizes in bytes. */
export const validatorStatusSchema = z.object({
  version: z.string().max(64).describe('Version of the program.'),
  region: name,
  validator: name,
  index: count.max(255).describe('Place in the set of the epoch; 15 where it has none.'),
  votes: z.boolean().default(true).describe('Whether it is a member of the epoch and may vote.'),
  members: names.describe('The validators of this epoch, by index.'),
  startedMs: z.int().describe("Start of the process, by this machine's clock."),
  wallMs: z.int().describe("This machine's clock when the report was made."),
  height: count,
  blockHash: hash,
  stateRoot: hash,
  timeMs: z.int().describe('Time of the last committed block.'),
  sinceBlockMs: ms.describe('Since the last commit, or since the start.'),
  heartbeatMs: count,
  view: count,
  primary: name,
  epoch: count,
  epochTurns: count,
  chainState: z
    .string()
    .regex(/^[0-9a-f]*$/)
    .max(16_384)
    .describe('Encoded chain state, hex: what the schedule is made from.'),
  failedPrimaries: names,
  viewChanges: count.describe('Views given up before a block was decided, since the start.'),
  recentBlocks: z
    .array(z.object({ height: count, blockHash: hash, resultRoot: hash, proposer: name, view: count }))
    .max(reportedBlocksMax),
  ledBlocks: counts.describe('Proposers of the last blocks that this process saw.'),
  peers: names,
  brokersUp: count,
  brokers: count,
  httpsPolls: count.describe('Terminals that wait for news over HTTPS.'),
  catchingUp: z.boolean(),
  poolSegments: count,
  poolSegmentsMax: count,
  entries: z.object({ applied: count, other: count }).describe('Entries of committed blocks, since the start.'),
  shards: count,
  evidence: count,
  journal: z
    .object({ inFlight: count, applied: count, refused: count, lost: count })
    .describe('Of its own journal: segments on their way, and entries since the start.'),
  calls: z
    .object({ kept: count, executed: count, gaveUp: count })
    .describe('Contract calls kept here, those with a result, and runs that gave none since the start.'),
  peersCut: count,
  turnedAway: counts,
  strangers: counts.describe('Connections to the peer port that did not become a lane, by reason, since the start.'),
  peerQueueBytes: counts.describe('What waits for each peer to read.'),
  peerFramesDropped: counts.describe('Messages to each peer let go or refused because it did not read.'),
  refusedStatements: counts,
  questions: count,
  messagesDropped: count,
  certificateMs: quantiles.describe('From a proposal to its certificate, over the last blocks.'),
  submitMs: quantiles.describe('From the arrival of a segment to the certificate of its block, over the last blocks.'),
  fsyncMs: quantiles,
  executionMs: quantiles,
  eventLoopDelayMs: quantiles.describe('How late the process got to what was due, over the last minute or two.'),
  silentUpTo: count.describe(
    'Height up to which it follows without voting because it has lost the record of its votes; 0: none.',
  ),
  damagedBlocks: count.describe('Blocks whose rows have rotted and that are being fetched again.'),
  healedBlocks: count.describe('Blocks fetched again because their rows had rotted, since the start.'),
  storeBytes: count,
  diskFreeBytes: count,
});

/** A report. */
export type ValidatorStatus = z.output<typeof validatorStatusSchema>;

/** The other members of the epoch, by name. */
export function otherMembers({ members, validator }: ValidatorStatus): string[] {
  return members.filter((name) => name !== validator);
}

/** Those of them that the validator hears. It may hear some besides that are no members as yet, or any more. */
export function membersHeard(status: ValidatorStatus): string[] {
  return otherMembers(status).filter((name) => status.peers.includes(name));
}
