/**
 * What an operator is told once: the differences between two reports of a validator, as log events with stable names
 * (`OPERATING.md` says what each means). A pure function of the reports.
 */
import type { Log } from '#core/log';
import { isReady } from './status-metrics.ts';
import type { ValidatorStatus } from './validator-status.ts';

/** One line for the log. */
export interface StatusEvent {
  readonly event: StatusEventName;
  readonly fields: Readonly<Record<string, unknown>>;
}

type Level = 'info' | 'warn' | 'error';

/** Events with their severity and text. */
export const statusEvents = {
  'taking-part': ['info', 'the validator has caught up and hears a quorum'],
  'not-taking-part': ['warn', 'the validator is behind or hears no quorum'],
  'peer-up': ['info', 'a validator is connected'],
  'peer-down': ['warn', 'a validator is not connected any more'],
  'epoch-begun': ['info', 'an epoch has begun'],
  'members-changed': ['info', 'the set of validators has changed'],
  'view-changing': ['warn', 'a primary did not get its block through'],
  'primary-failed': ['warn', 'a validator is passed over as primary for a while'],
  'primary-back': ['info', 'a validator is primary again in its turn'],
  'region-standing': ['error', 'no block for too long'],
  'region-moving': ['info', 'blocks come again'],
  'pool-filling': ['warn', 'more segments come in than are ordered'],
  'pool-eased': ['info', 'the segments waiting have become few'],
  'disk-low': ['error', 'the disk is nearly full'],
  'disk-eased': ['info', 'there is room on the disk again'],
  'segments-turned-away': ['warn', 'segments were turned away at the door'],
  'statements-refused': ['warn', 'statements of validators were refused'],
} as const satisfies Readonly<Record<string, readonly [Level, string]>>;
export type StatusEventName = keyof typeof statusEvents;

const standingHeartbeats = 3;
const standingMsMin = 10_000;
const poolShare = { filling: 0.5, eased: 0.25 };
const diskBytes = { low: 2 * 1024 ** 3, eased: 3 * 1024 ** 3 };
/** Refusals that a restart of a peer or of this validator brings with it are no news: more than so many between two reports are. */
const refusalsMax = 100;

const less = (from: readonly string[], other: readonly string[]): string[] =>
  from.filter((one) => !other.includes(one));

function stands({ sinceBlockMs, heartbeatMs }: ValidatorStatus): boolean {
  return sinceBlockMs > Math.max(standingMsMin, standingHeartbeats * heartbeatMs);
}

function risen(
  before: Readonly<Record<string, number>>,
  after: Readonly<Record<string, number>>,
): Record<string, number> {
  const more = Object.entries(after).map(([reason, count]) => [reason, count - (before[reason] ?? 0)] as const);
  return Object.fromEntries(more.filter(([, count]) => count > 0));
}

const sum = (counts: Readonly<Record<string, number>>): number => Object.values(counts).reduce((all, n) => all + n, 0);

function aboutOthers(before: ValidatorStatus, after: ValidatorStatus): StatusEvent[] {
  const { height } = after;
  const named = (event: StatusEventName, names: readonly string[]): StatusEvent[] =>
    names.map((validator) => ({ event, fields: { validator, height } }));
  const joined = less(after.members, before.members);
  const left = less(before.members, after.members);
  const changed = joined.length + left.length > 0;
  return [
    ...named('peer-up', less(after.peers, before.peers)),
    ...named('peer-down', less(before.peers, after.peers)),
    ...named('primary-failed', less(after.failedPrimaries, before.failedPrimaries)),
    ...named('primary-back', less(before.failedPrimaries, after.failedPrimaries)),
    ...(after.epoch > before.epoch
      ? [{ event: 'epoch-begun', fields: { epoch: after.epoch, height, members: after.members } } as const]
      : []),
    ...(changed ? [{ event: 'members-changed', fields: { epoch: after.epoch, joined, left } } as const] : []),
  ];
}

/** A state with two edges, told when it changes; a gap between the edges keeps it from being told again and again. */
function edge(
  names: readonly [on: StatusEventName, off: StatusEventName],
  was: boolean,
  is: { readonly on: boolean; readonly off: boolean },
  fields: StatusEvent['fields'],
): { readonly state: boolean; readonly events: readonly StatusEvent[] } {
  if (!was && is.on) return { state: true, events: [{ event: names[0], fields }] };
  if (was && is.off) return { state: false, events: [{ event: names[1], fields }] };
  return { state: was, events: [] };
}

/** Compares each report with the one before. */
export class StatusWatch {
  #before: ValidatorStatus | null = null;
  #ready = false;
  #stands = false;
  #fills = false;
  #diskLow = false;

  /** What is to be told after this report; after the first one, only what is wrong from the start. */
  see(status: ValidatorStatus): readonly StatusEvent[] {
    const before = this.#before;
    this.#before = status;
    const { height, view, primary, sinceBlockMs, poolSegments, poolSegmentsMax, diskFreeBytes, storeBytes } = status;
    const ready = isReady(status);
    const takes = edge(['taking-part', 'not-taking-part'], this.#ready, { on: ready, off: !ready }, { height });
    this.#ready = takes.state;
    const still = stands(status);
    const standing = edge(
      ['region-standing', 'region-moving'],
      this.#stands,
      { on: still, off: !still },
      { height, sinceBlockMs },
    );
    this.#stands = standing.state;
    const share = poolSegments / poolSegmentsMax;
    const fills = { on: share > poolShare.filling, off: share < poolShare.eased };
    const pool = edge(['pool-filling', 'pool-eased'], this.#fills, fills, { poolSegments });
    this.#fills = pool.state;
    const full = { on: diskFreeBytes < diskBytes.low, off: diskFreeBytes > diskBytes.eased };
    const disk = edge(['disk-low', 'disk-eased'], this.#diskLow, full, { diskFreeBytes, storeBytes });
    this.#diskLow = disk.state;
    const edges = [takes, standing, pool, disk].flatMap(({ events }) => events);
    if (before === null) return edges;
    const higher = view > 0 && (view !== before.view || height !== before.height);
    const away = risen(before.turnedAway, status.turnedAway);
    const refused = risen(before.refusedStatements, status.refusedStatements);
    return [
      ...edges,
      ...aboutOthers(before, status),
      ...(higher ? [{ event: 'view-changing', fields: { height: height + 1, view, primary } } as const] : []),
      ...(sum(away) > 0 ? [{ event: 'segments-turned-away', fields: { reasons: away } } as const] : []),
      ...(sum(refused) > refusalsMax ? [{ event: 'statements-refused', fields: { reasons: refused } } as const] : []),
    ];
  }
}

/** Writes events as log lines. */
export function logEvents(log: Log, events: readonly StatusEvent[]): void {
  for (const { event, fields } of events) {
    const [level, text] = statusEvents[event];
    log[level]({ event, ...fields }, text);
  }
}
