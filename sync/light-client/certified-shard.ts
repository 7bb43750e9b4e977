/** What a certificate says about one shard: not its root (that is computed by who holds it), but which root is right. */
import type { ShardId } from '#ledger/ids';

/** A shard at a certified height. */
export interface CertifiedShard {
  readonly shard: ShardId;
  /** Height of the block after which the shard has the root. */
  readonly height: number;
  /** Time of that block, ms since 1970. */
  readonly timeMs: number;
  /** Whether a computed shard root is the certified one. */
  hasRoot(root: Uint8Array): boolean;
}
