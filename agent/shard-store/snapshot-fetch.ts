/**
 * Fetches one shard whole from one validator: chunks asked for a few ahead, installed in order, believed only when the root
 * is the certified one. One validator an attempt, since a chunk proves nothing alone: a liar spoils its own attempts only.
 */
import { type Clock, sleep } from '#core/clock';
import type { ShardId } from '#ledger/ids';
import { type SnapshotChunk, snapshotChunkLeavesMax } from '#ledger/state/delta';
import type { CertifiedShard } from '#sync/light-client/certified-shard';
import type { LightClient } from '#sync/light-client/light-client';
import type { RegionLine } from '#sync/outbox/region-line';
import type { GatewayAnswer, GatewayQuery } from '#sync/wire/gateway-message';
import type { ShardStore } from './shard-store.ts';

/** Chunks asked for at a time. */
const chunksAhead = 4;
const firstTimeoutMs = 6_000;
const chunkTimeoutMs = 10_000;
const busyWaitMs = 400;
const busyAttemptsMax = 20;
/** Largest shard that is fetched, in leaves. */
export const shardLeavesMax = 16_000_000;

/** `absent`: the region has no snapshot of it. `unanswered`: try again. `lie`: pieces that do not make the certified shard. */
export type FetchOutcome = 'installed' | 'absent' | 'unanswered' | 'lie' | 'full';

/** What a fetch works with. `from` names the validator; without it, whoever answers first. */
export interface SnapshotSource {
  readonly clock: Clock;
  readonly line: Pick<RegionLine, 'askAny' | 'askOne'>;
  readonly light: LightClient;
  readonly store: ShardStore;
  readonly from?: number;
}

interface FirstChunk {
  readonly certified: CertifiedShard;
  readonly chunk: SnapshotChunk;
  readonly chunkCount: number;
  readonly validator: number;
}

type SnapshotAnswer = Extract<GatewayAnswer, { kind: 'snapshot' }>;

/** Asks for a later chunk; a validator that is busy (its answers are rationed) is asked again after a while. */
async function askChunk(
  { clock, line }: SnapshotSource,
  query: Extract<GatewayQuery, { kind: 'snapshot' }>,
  validator: number,
): Promise<GatewayAnswer | null> {
  for (let attempt = 0; attempt < busyAttemptsMax; attempt++) {
    if (attempt > 0) await sleep(clock, busyWaitMs);
    const asked = await line.askOne(query, chunkTimeoutMs, validator);
    if (!asked.ok) return null;
    if (asked.value.kind !== 'none' || asked.value.reason !== 'BUSY') return asked.value;
  }
  return null;
}

function snapshotOf(answer: GatewayAnswer): SnapshotAnswer | 'absent' | 'unanswered' {
  if (answer.kind === 'snapshot') return answer;
  return answer.kind === 'none' && answer.reason === 'NOT_FOUND' ? 'absent' : 'unanswered';
}

async function firstChunk(
  source: SnapshotSource,
  shard: ShardId,
): Promise<FirstChunk | Exclude<FetchOutcome, 'installed'>> {
  const { from, light, line } = source;
  const query = { kind: 'snapshot', shard, height: null, chunk: 0 } as const;
  let validator = from ?? 0;
  let answer: GatewayAnswer;
  if (from === undefined) {
    const asked = await line.askAny(query, firstTimeoutMs);
    if (!asked.ok) return 'unanswered';
    ({ answer, validator } = asked.value);
  } else {
    const asked = await line.askOne(query, firstTimeoutMs, from);
    if (!asked.ok) return 'unanswered';
    answer = asked.value;
  }
  const snapshot = snapshotOf(answer);
  if (typeof snapshot === 'string') return snapshot;
  const { chunk, chunkCount, lightBlock, proof } = snapshot;
  const plausible = chunk.shard === shard && chunk.height === lightBlock.header.height && chunk.firstSlot === 0;
  const { leafCount } = chunk;
  const counted = chunkCount <= leafCount && chunkCount >= Math.ceil(leafCount / snapshotChunkLeavesMax);
  if (!plausible || !counted || leafCount === 0 || leafCount > shardLeavesMax) return 'lie';
  const checked = light.checkShard(lightBlock, proof, shard);
  return checked.ok ? { certified: checked.value, chunk, chunkCount, validator } : 'lie';
}

function leavesOf({ firstSlot, leaves }: SnapshotChunk) {
  return leaves.map(({ key, value }, at) => ({ slot: firstSlot + at, key, value }));
}

/** Fetches and installs a shard at a checkpoint height. Never rejects; the store is untouched unless `installed`. */
export async function fetchSnapshot(source: SnapshotSource, shard: ShardId): Promise<FetchOutcome> {
  const first = await firstChunk(source, shard);
  if (typeof first === 'string') return first;
  const { certified, chunkCount, validator } = first;
  const { height, leafCount } = first.chunk;
  const held = source.store.heightOf(shard);
  if (held !== null && held >= height) return 'installed';
  const install = source.store.beginInstall(shard, leafCount);
  const ahead: Promise<GatewayAnswer | null>[] = [];
  let asked = 1;
  const fill = (): void => {
    for (; ahead.length < chunksAhead && asked < chunkCount; asked++) {
      const query = { kind: 'snapshot', shard, height, chunk: asked } as const;
      ahead.push(askChunk(source, query, validator));
    }
  };
  fill();
  let chunk = first.chunk;
  for (;;) {
    const fits = chunk.shard === shard && chunk.height === height && chunk.leafCount === leafCount;
    if (!fits || chunk.firstSlot !== install.nextSlot || !install.add(leavesOf(chunk))) {
      install.abandon();
      // A full store ends the install by itself and says so.
      return install.finish(certified) === 'full' ? 'full' : 'lie';
    }
    const next = ahead.shift();
    if (next === undefined) break;
    const answer = await next;
    const snapshot = answer === null ? 'unanswered' : snapshotOf(answer);
    if (typeof snapshot === 'string') {
      install.abandon();
      return 'unanswered';
    }
    chunk = snapshot.chunk;
    fill();
  }
  const outcome = install.finish(certified);
  return outcome === 'mismatch' ? 'lie' : outcome;
}
