/** MQTT topic names. Nothing is trusted because of a topic; they only route. */
import { toHex } from '#core/bytes';
import type { ShardId } from '#ledger/ids';

/** Topic names of one chain. `root` is `bizain/1/<first 8 bytes of the chain id in hex>`. */
export interface Topics {
  readonly root: string;
  /** Retained head message. */
  readonly head: string;
  /** Segments from one author to all validators. */
  up(author: string): string;
  /** What validators subscribe to for segments. */
  readonly upAll: string;
  /** Receipts and turned-away notices of one author. */
  receipts(author: string): string;
  turnedAway(author: string): string;
  /** Deltas of one shard. */
  delta(shard: ShardId): string;
  /** Deltas of all shards whose name starts with this letter (`c` series, `b` batches). */
  deltaKind(letter: string): string;
  /** Deltas of one reference shard, merged from checkpoint to checkpoint; and of all of a kind. */
  merged(shard: ShardId): string;
  mergedKind(letter: string): string;
  /** Requests to one validator, by its place in the set of the epoch; without one, what all these topics begin with. */
  request(validator: number | ''): string;
  /** Replies to one client. */
  reply(client: string): string;
}

/** Kinds of shards that many stores keep copies of: series, alliances, batches. */
export const referenceKinds: readonly string[] = ['c', 'l', 'b'];

/** Whether a shard is of such a kind. */
export function isReferenceShard(shard: ShardId): boolean {
  return shard[1] === '/' && referenceKinds.includes(shard[0] as string);
}

/** Topic names for a chain id (32 bytes). Account and shard names use `/` freely: they form topic levels. */
export function topicsOf(chainId: Uint8Array): Topics {
  const root = `bizain/1/${toHex(chainId.slice(0, 8))}`;
  return {
    root,
    head: `${root}/head`,
    up: (author) => `${root}/up/${author}`,
    upAll: `${root}/up/#`,
    receipts: (author) => `${root}/receipts/${author}`,
    turnedAway: (author) => `${root}/away/${author}`,
    delta: (shard) => `${root}/delta/${escapeTopic(shard)}`,
    deltaKind: (letter) => `${root}/delta/${letter}/#`,
    merged: (shard) => `${root}/merged/${escapeTopic(shard)}`,
    mergedKind: (letter) => `${root}/merged/${letter}/#`,
    request: (validator) => `${root}/ask/${validator}`,
    reply: (client) => `${root}/reply/${client}`,
  };
}

/** Lots may contain `+` and `#`, which topics may not: percent-encode them and `%`. */
function escapeTopic(shard: ShardId): string {
  return shard.replace(/[%+#]/g, (c) => `%${c.charCodeAt(0).toString(16).toUpperCase().padStart(2, '0')}`);
}
