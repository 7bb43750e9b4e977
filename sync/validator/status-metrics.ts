/**
 * A validator's report as Prometheus text exposition format 0.0.4, together with what its meter has measured. Labels take
 * names of validators, reasons of the code and kinds of messages only: their number is bounded by the code and the genesis.
 */
import { Counter, Gauge, type Registry } from 'prom-client';
import { quorum } from '#ledger/validators/quorum';
import { membersHeard, type ValidatorStatus } from './validator-status.ts';

type Single = readonly [name: string, help: string, read: (status: ValidatorStatus) => number];
type ByLabel = readonly [
  name: string,
  label: string,
  help: string,
  readAll: (status: ValidatorStatus) => Readonly<Record<string, number>>,
];

const truth = (value: boolean): number => (value ? 1 : 0);
const seconds = (ms: number): number => ms / 1_000;

const gauges: readonly Single[] = [
  ['height', 'Last committed height', (s) => s.height],
  ['block_time_seconds', 'Time of the last committed block, seconds since 1970', (s) => seconds(s.timeMs)],
  [
    'block_age_seconds',
    'Since the last commit here; beyond three heartbeats the region stands',
    (s) => seconds(s.sinceBlockMs),
  ],
  ['view', 'View of the height in work; 0 while nothing is wrong', (s) => s.view],
  ['epoch', 'Epoch of the height in work', (s) => s.epoch],
  ['ready', 'Whether it has caught up and hears a quorum', (s) => truth(isReady(s))],
  ['catching_up', 'Whether it fetches blocks that the others have', (s) => truth(s.catchingUp)],
  ['members', 'Validators of the epoch, this one included', (s) => s.members.length],
  ['peers', 'Validators connected', (s) => s.peers.length],
  ['brokers', 'Brokers configured', (s) => s.brokers],
  ['brokers_up', 'Brokers connected', (s) => s.brokersUp],
  ['pool_segments', 'Segments waiting', (s) => s.poolSegments],
  ['pool_segments_max', 'Segments that may wait; beyond, terminals are told BUSY', (s) => s.poolSegmentsMax],
  ['damaged_blocks', 'Blocks whose rows have rotted', (s) => s.damagedBlocks],
  ['shards', 'Shards of the ledger', (s) => s.shards],
  ['journal_in_flight', 'Segments of the own journal that the ledger has not taken', (s) => s.journal.inFlight],
  ['calls_kept', 'Contract calls that are open and kept here', (s) => s.calls.kept],
  ['store_bytes', 'Size of the store on disk', (s) => s.storeBytes],
  ['disk_free_bytes', 'Free on the file system of the store', (s) => s.diskFreeBytes],
  ['start_time_seconds', 'Start of the process, seconds since 1970', (s) => seconds(s.startedMs)],
];

const counters: readonly Single[] = [
  ['view_changes_total', 'Views given up before a block was decided', (s) => s.viewChanges],
  ['healed_blocks_total', 'Blocks fetched again because their rows had rotted', (s) => s.healedBlocks],
  ['evidence_total', 'Equivocations seen: a validator signed two statements for one place', (s) => s.evidence],
  ['journal_refused_total', 'Entries of the own journal that the ledger refused', (s) => s.journal.refused],
  ['journal_lost_total', 'Own operations whose place another life of this validator has taken', (s) => s.journal.lost],
  ['calls_gave_up_total', 'Runs of contract calls without a result: out of time or dead', (s) => s.calls.gaveUp],
  ['peers_cut_total', 'Connections cut because of what came through them', (s) => s.peersCut],
  ['questions_total', 'Questions of terminals', (s) => s.questions],
  ['messages_dropped_total', 'Messages to brokers not sent', (s) => s.messagesDropped],
];

const gaugesByLabel: readonly ByLabel[] = [
  ['info', 'version', 'Always 1; the label is the version of the program', (s) => ({ [s.version]: 1 })],
  ['led_blocks', 'proposer', 'Who proposed how many of the last 256 blocks', (s) => ofMembers(s, s.ledBlocks)],
  [
    'failed_primary',
    'member',
    'Whether the validator is passed over because it lately failed as primary',
    (s) => ofMembers(s, Object.fromEntries(s.failedPrimaries.map((name) => [name, 1]))),
  ],
  ['peer_queue_bytes', 'member', 'What waits for the validator to read', (s) => ofMembers(s, s.peerQueueBytes)],
  [
    'peer_connected',
    'member',
    'Whether the other validator is connected',
    (s) => {
      const connected = ofMembers(s, Object.fromEntries(s.peers.map((name) => [name, 1])));
      return Object.fromEntries(Object.entries(connected).filter(([name]) => name !== s.validator));
    },
  ],
];

/** Of the process as such: named as other programs of ours name it. */
const ofProcess: readonly ByLabel[] = [
  [
    'bizain_event_loop_delay_seconds',
    'quantile',
    'How late the event loop gets to what is due, over the last minute or two; a vote waits as long',
    ({ eventLoopDelayMs }) =>
      eventLoopDelayMs === null
        ? {}
        : {
            '0.5': seconds(eventLoopDelayMs.p50),
            '0.99': seconds(eventLoopDelayMs.p99),
            '1': seconds(eventLoopDelayMs.max),
          },
  ],
];

const countersByLabel: readonly ByLabel[] = [
  ['entries_total', 'outcome', 'Entries of committed blocks', (s) => s.entries],
  ['strangers_total', 'reason', 'Connections to the peer port that did not become a lane', (s) => s.strangers],
  [
    'peer_frames_dropped_total',
    'member',
    'Messages to the validator let go or refused because it did not read',
    (s) => ofMembers(s, s.peerFramesDropped),
  ],
  ['turned_away_total', 'reason', 'Segments turned away at the door', (s) => s.turnedAway],
  ['refused_statements_total', 'reason', 'Statements of validators that were refused', (s) => s.refusedStatements],
];

function ofMembers({ members }: ValidatorStatus, values: Readonly<Record<string, number>>): Record<string, number> {
  return Object.fromEntries(members.map((name) => [name, values[name] ?? 0]));
}

/** Whether a validator takes part: it has caught up, and hears enough others for a quorum with itself. */
export function isReady(status: ValidatorStatus): boolean {
  const { votes, catchingUp, members } = status;
  return votes && !catchingUp && membersHeard(status).length + 1 >= quorum(members.length);
}

/** Metrics of one validator. */
export class StatusMetrics {
  readonly #registry: Registry;
  readonly #setters: readonly ((status: ValidatorStatus) => void)[];

  /** `registry`: the meter's; what it holds already is shown too. */
  constructor(registry: Registry) {
    this.#registry = registry;
    const registers = [registry];
    const full = (name: string): string => (name.startsWith('bizain_') ? name : `bizain_validator_${name}`);
    this.#setters = [
      ...gauges.map(([name, help, read]) => {
        const gauge = new Gauge({ name: full(name), help, registers });
        return (status: ValidatorStatus) => gauge.set(read(status));
      }),
      ...counters.map(([name, help, read]) => {
        const counter = new Counter({ name: full(name), help, registers });
        return (status: ValidatorStatus) => {
          counter.reset();
          counter.inc(read(status));
        };
      }),
      ...[...gaugesByLabel, ...ofProcess].map(([name, label, help, readAll]) => {
        const gauge = new Gauge({ name: full(name), help, labelNames: [label], registers });
        return (status: ValidatorStatus) => {
          gauge.reset();
          for (const [value, number] of Object.entries(readAll(status))) gauge.set({ [label]: value }, number);
        };
      }),
      ...countersByLabel.map(([name, label, help, readAll]) => {
        const counter = new Counter({ name: full(name), help, labelNames: [label], registers });
        return (status: ValidatorStatus) => {
          counter.reset();
          for (const [value, number] of Object.entries(readAll(status))) counter.inc({ [label]: value }, number);
        };
      }),
    ];
  }

  /** The page as of this report. */
  text(status: ValidatorStatus): Promise<string> {
    for (const set of this.#setters) set(status);
    return this.#registry.metrics();
  }
}
