/** Operating errors of the shard store. */

/** Codes of errors that `openShardStore` throws. */
export const SHARD_STORE_ERROR_CODES = [
  /** shard.db cannot be opened or made: its folder is missing, not writable, or the disk fails. */
  'SHARD_STORE_UNUSABLE',
] as const;

/** One of these codes. */
export type ShardStoreErrorCode = (typeof SHARD_STORE_ERROR_CODES)[number];
