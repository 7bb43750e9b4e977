/**
 * Far more than a region can take: every lane sends at its rate, whatever comes back. A lane that is turned away goes back to the
 * sequence that the notice names, as late as the notice asks, and goes on sending from there.
 */
import { connectAsync } from 'mqtt';
import { sleep, systemClock } from '#core/clock';
import { decode } from '#core/format';
import { turnedAwayFormat } from '#sync/wire/gateway-message';
import { chainIdOf } from '#sync/wire/genesis';
import { topicsOf } from '#sync/wire/topics';
import type { ReadyPacket } from './raw-publisher.ts';
import type { SealedSegment, Terminals } from './region-terminals.ts';

const tickMs = 10;
/** Both publishers of a notice, and those of the segments sent since, say the same. */
const noticesTogetherMs = 100;
const retryMs = 200;

interface Lane {
  readonly segments: readonly SealedSegment[];
  next: number;
  pausedUntilMs: number;
  turnedMs: number;
}

/** How much is sent. */
export interface OverloadOptions {
  readonly perSecond: number;
  readonly entriesInSegment: number;
  readonly seconds: number;
  /** Not measured at the beginning. */
  readonly rampSeconds: number;
}

/** What came of it; operations a second. */
export interface OverloadOutcome {
  readonly goodput: number;
  readonly offered: number;
  readonly notices: number;
}

function goBack(lane: Lane, nextSequence: number | null): void {
  const nowMs = systemClock.monotonicMs();
  if (nowMs - lane.turnedMs < noticesTogetherMs) return;
  lane.turnedMs = nowMs;
  lane.pausedUntilMs = nowMs + retryMs;
  if (nextSequence === null) return;
  const at = lane.segments.findIndex(({ last }) => last >= nextSequence);
  if (at >= 0 && at < lane.next) lane.next = at;
}

/** Offers the load and measures what is executed of it. The lanes' journals are ahead of the region afterwards. */
export async function overload(terminals: Terminals, options: OverloadOptions): Promise<OverloadOutcome> {
  const { host, publisher } = terminals;
  const { perSecond, entriesInSegment, seconds, rampSeconds } = options;
  const lanes = new Map<string, Lane>();
  const each = Math.ceil((perSecond * seconds) / entriesInSegment / terminals.loadLanes);
  for (let at = 0; at < terminals.loadLanes; at++) {
    const segments = Array.from({ length: each }, () => terminals.sealNext(at, entriesInSegment));
    lanes.set(terminals.authors[at]?.account ?? '', { segments, next: 0, pausedUntilMs: 0, turnedMs: 0 });
  }
  let notices = 0;
  const topics = topicsOf(chainIdOf(host.genesis));
  const client = await connectAsync(host.brokerUrl, { protocolVersion: 4 });
  client.on('message', (_topic, payload) => {
    const notice = decode(turnedAwayFormat, Uint8Array.from(payload));
    const lane = notice.ok ? lanes.get(notice.value.author) : undefined;
    if (!notice.ok || lane === undefined) return;
    notices++;
    goBack(lane, notice.value.nextSequence);
  });
  await client.subscribeAsync(topics.turnedAway('#'));
  const executed = async (): Promise<number> => (await host.status(0)).entries.applied;
  const startMs = systemClock.monotonicMs();
  let from: { readonly executed: number; readonly atMs: number } | null = null;
  let sent = 0;
  const order = [...lanes.values()];
  for (;;) {
    const nowMs = systemClock.monotonicMs();
    const sinceMs = nowMs - startMs;
    if (sinceMs >= seconds * 1_000) break;
    if (from === null && sinceMs >= rampSeconds * 1_000) from = { executed: await executed(), atMs: nowMs };
    const due = Math.floor((sinceMs * perSecond) / 1_000 / entriesInSegment);
    const packets: ReadyPacket[] = [];
    for (let tries = 0; sent + packets.length < due && tries < due - sent; tries++) {
      const lane = order[(sent + tries) % order.length] as Lane;
      const segment = lane.pausedUntilMs > nowMs ? undefined : lane.segments[lane.next];
      if (segment === undefined) continue;
      lane.next++;
      packets.push(segment.packet);
    }
    publisher.send(packets);
    sent += packets.length;
    await sleep(systemClock, tickMs);
  }
  const goodput =
    from === null
      ? Number.NaN
      : ((await executed()) - from.executed) / ((systemClock.monotonicMs() - from.atMs) / 1_000);
  await client.endAsync(true);
  return { goodput, offered: (sent * entriesInSegment) / seconds, notices };
}
