/**
 * What a validator checks of a state that peers give it: the head against the validators of its height, the list of shards against the
 * certified result, each chunk against its node. Pure.
 */
import { equalBytes } from '#core/bytes';
import { HASH_BYTES } from '#core/hash';
import { merkleRoot } from '#core/merkle';
import { bad, ok, type Result } from '#core/result';
import { chunkNode, isChunkSpan, treeRootOfChunks } from '#ledger/state/chunk-roots';
import { historyRootOf, peakLevels } from '#ledger/state/history';
import { leafHash, resultRoot, shardRoot, stateRoot } from '#ledger/state/roots';
import { chainStateOf } from '../light-client/epoch-certificate.ts';
import type { LightClient } from '../light-client/light-client.ts';
import type { ChainState } from '../pbft/chain.ts';
import type { LightBlock } from '../wire/gateway-message.ts';
import type { SnapshotChunks, SnapshotHead, SnapshotShard, WantedChunk } from '../wire/snapshot-message.ts';

/** Most shards of a state that is fetched. */
export const fetchedShardsMax = 2 ** 20;

/** A head that holds: what is unproved of it, receipts root and count, is proved with the list of shards. */
export interface CheckedHead {
  readonly lightBlock: LightBlock;
  /** Before the block. */
  readonly chain: ChainState;
  readonly peaks: readonly Uint8Array[];
  readonly receiptsRoot: Uint8Array;
  readonly shardCount: number;
}

/** Leaves of one chunk that holds. */
export interface CheckedChunk {
  readonly leaves: readonly { readonly key: string; readonly value: Uint8Array }[];
  /** 32 bytes each. */
  readonly hashes: Uint8Array;
}

/** Checks a head by a light client that has been given the certificates of epochs. */
export function checkHead(light: LightClient, head: NonNullable<SnapshotHead['head']>): Result<CheckedHead> {
  const { lightBlock, chainState, peaks, receiptsRoot, shardCount } = head;
  const accepted = light.acceptHead(lightBlock);
  if (!accepted.ok) return accepted;
  const chain = chainStateOf({ lightBlock, chainState });
  if (!chain.ok) return chain;
  const count = chain.value.height;
  const isHistory =
    peaks.length === peakLevels(count).length && equalBytes(historyRootOf(count, peaks), lightBlock.header.historyRoot);
  if (!isHistory) return bad('BAD_HISTORY');
  if (shardCount < 1 || shardCount > fetchedShardsMax) return bad('BAD_SHARD_COUNT');
  return ok({ lightBlock, chain: chain.value, peaks, receiptsRoot, shardCount });
}

/** Whether the nodes of a shard lead to its root. */
function isShard({ shard, leafCount, root, span, nodes }: SnapshotShard): boolean {
  if (leafCount < 1 || !isChunkSpan(span)) return false;
  const tree = treeRootOfChunks(nodes, leafCount, span);
  return tree !== undefined && equalBytes(shardRoot(shard, leafCount, tree), root);
}

/** The state to be fetched, once its list of shards holds. */
export class SnapshotPlan {
  readonly head: CheckedHead;
  readonly shards: readonly SnapshotShard[];

  private constructor(head: CheckedHead, shards: readonly SnapshotShard[]) {
    this.head = head;
    this.shards = shards;
  }

  /** Checks all shards of a head. */
  static of(head: CheckedHead, shards: readonly SnapshotShard[]): Result<SnapshotPlan> {
    if (shards.length !== head.shardCount) return bad('OTHER_SHARD_COUNT');
    if (new Set(shards.map(({ shard }) => shard)).size !== shards.length) return bad('SHARD_TWICE');
    const top = merkleRoot(shards.map(({ root }) => root));
    const result = resultRoot(stateRoot(shards.length, top), head.receiptsRoot);
    if (!equalBytes(result, head.lightBlock.certificate.resultRoot)) return bad('OTHER_RESULT');
    return shards.every(isShard) ? ok(new SnapshotPlan(head, shards)) : bad('BAD_SHARD');
  }

  get height(): number {
    return this.head.lightBlock.header.height;
  }

  /** Root of the whole state. */
  get stateRoot(): Uint8Array {
    return stateRoot(this.shards.length, merkleRoot(this.shards.map(({ root }) => root)));
  }

  /** Every chunk of every shard, in order. */
  *chunks(): IterableIterator<WantedChunk> {
    for (const [shardIndex, { leafCount, span }] of this.shards.entries()) {
      for (let firstSlot = 0; firstSlot < leafCount; firstSlot += span) {
        yield { shardIndex, firstSlot, count: Math.min(span, leafCount - firstSlot) };
      }
    }
  }

  /** Checks the leaves of a chunk; null where they are others. */
  check(at: WantedChunk, leaves: SnapshotChunks['chunks'][number]): CheckedChunk | null {
    const { leafCount, span, nodes } = this.shards[at.shardIndex] as SnapshotShard;
    if (leaves.length !== at.count) return null;
    const hashes = new Uint8Array(leaves.length * HASH_BYTES);
    for (const [place, { key, value }] of leaves.entries()) hashes.set(leafHash(key, value), place * HASH_BYTES);
    const place = (at.firstSlot / span) * HASH_BYTES;
    const node = nodes.subarray(place, place + HASH_BYTES);
    return equalBytes(chunkNode(hashes, leafCount, span), node) ? { leaves, hashes } : null;
  }
}
