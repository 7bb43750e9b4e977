/**
 * The terminal's cache of ledger shards (shard.db): values in SQLite, hash trees in memory. A shard is what a certificate
 * says or it is not here: staged roots are compared before anything is written, the hashes again at every start, and each
 * value against its hash whenever it is read from the file.
 */
import { existsSync } from 'node:fs';
import { AssertionFailure } from '#core/assert';
import { equalBytes } from '#core/bytes';
import type { Clock } from '#core/clock';
import { BizainError } from '#core/errors';
import type { Log } from '#core/log';
import type { ShardId } from '#ledger/ids';
import type { Leaf, ShardDelta } from '#ledger/state/delta';
import type { LedgerView } from '#ledger/state/view';
import type { CertifiedShard } from '#sync/light-client/certified-shard';
import type { ShardStoreErrorCode } from './errors.ts';
import { HashedShard, type HashReader } from './hashed-shard.ts';
import { LeafCache } from './leaf-cache.ts';
import { isCorruption, isFull, LeafMisfit, moveAside, ShardFile, type StoredShard } from './shard-file.ts';
import { type InstallOutcome, type InstallTarget, ShardInstall } from './shard-install.ts';

const quotaBytesDefault = 2 * 1024 * 1024 * 1024;
const hotBytesMax = 4 * 1024 * 1024;
const hotEntriesMax = 8_192;

/**
 * What became of a delta. `applied`: the shard is now at its height. `stale`: the shard is there or further already.
 * `gap`: it builds on a state that is not here. `mismatch`: it leads to a root that is not the certified one, though it
 * names the root that is here. `full`: the quota or the disk is used up. Nothing is written unless `applied`.
 */
export type ApplyOutcome = 'applied' | 'stale' | 'gap' | 'mismatch' | 'full';
/** A whole shard at one height. */
export interface ShardSnapshot {
  readonly leaves: readonly Leaf[];
  readonly certified: CertifiedShard;
}

/** What the store says of a shard that it holds. */
export interface HeldShard {
  readonly shard: ShardId;
  /** Certified height at which the shard was last known to look like this. */
  readonly height: number;
  readonly certifiedTimeMs: number;
  readonly leafCount: number;
  readonly root: Uint8Array;
}

interface LiveShard {
  readonly id: number;
  readonly tree: HashedShard;
  height: number;
  timeMs: number;
}

/** What `openShardStore` needs. `quotaBytes` bounds the file. */
export interface ShardStoreOptions {
  readonly path: string;
  readonly log: Log;
  readonly clock: Clock;
  readonly quotaBytes?: number;
}

/**
 * Opens or creates shard.db. A damaged file is moved aside and started anew: everything in it can be fetched again.
 * @throws BizainError `SHARD_STORE_UNUSABLE` where no file can be made at the path.
 */
export function openShardStore(options: ShardStoreOptions): ShardStore {
  try {
    return new ShardStore(options);
  } catch (cause) {
    if (cause instanceof AssertionFailure) throw cause;
    const { path } = options;
    const text = cause instanceof Error ? cause.message : String(cause);
    const message = `Opening the shard cache ${path} failed (${text}). Check that its folder exists, is writable and has space.`;
    const code: ShardStoreErrorCode = 'SHARD_STORE_UNUSABLE';
    throw new BizainError({ code, message, context: { path }, cause });
  }
}

/** See `openShardStore`. One process a file. */
export class ShardStore implements LedgerView {
  readonly #options: ShardStoreOptions;
  readonly #log: Log;
  readonly #hot = new LeafCache({ bytes: hotBytesMax, entries: hotEntriesMax });
  readonly #live = new Map<ShardId, LiveShard>();
  /** Replaced by an empty one where it is damaged: what still names the earlier one has nothing then. */
  #file: ShardFile;
  /** False while a file is read at the start: an error then ends the reading. */
  #open = false;

  constructor(options: ShardStoreOptions) {
    this.#options = options;
    this.#log = options.log.child({ part: 'shard-store' });
    this.#file = this.#openFile();
    this.#open = true;
  }

  /** Whether the shard is here, checked against a certificate. */
  holds(shard: ShardId): boolean {
    return this.#live.has(shard);
  }

  /**
   * The object's bytes; they must not be changed. A row that does not match the shard's tree costs the shard: it is
   * dropped, to be fetched again, and the answer is undefined.
   */
  get(shard: ShardId, key: string): Uint8Array | undefined {
    const live = this.#live.get(shard);
    if (live === undefined) return undefined;
    const hot = this.#hot.get(shard, key);
    if (hot !== undefined) return hot;
    const row = this.#reading(() => this.#file.read(live.id, key));
    if (row === undefined) return undefined;
    const { slot, value } = row;
    if (!live.tree.has(row)) {
      this.#log.error({ shard, key, slot }, 'a stored leaf is damaged: the shard is dropped and fetched again');
      this.drop(shard);
      return undefined;
    }
    this.#hot.set(shard, key, value);
    return value;
  }

  /** Certified height of a shard's content, or null where it is not held. */
  heightOf(shard: ShardId): number | null {
    return this.#live.get(shard)?.height ?? null;
  }

  /** Time of the block at that height, ms since 1970; null where the shard is not held. */
  certifiedTimeOf(shard: ShardId): number | null {
    return this.#live.get(shard)?.timeMs ?? null;
  }

  /** Root of the shard as held; null where it is not. */
  rootOf(shard: ShardId): Uint8Array | null {
    return this.#live.get(shard)?.tree.root ?? null;
  }

  leafCount(shard: ShardId): number {
    return this.#live.get(shard)?.tree.leafCount ?? 0;
  }

  /** Every shard held, in no particular order. */
  shards(): HeldShard[] {
    return [...this.#live].map(([shard, { tree, height, timeMs }]) => ({
      shard,
      height,
      certifiedTimeMs: timeMs,
      leafCount: tree.leafCount,
      root: tree.root,
    }));
  }

  /** Bytes of the file in use, and of the trees in memory. */
  size(): { readonly fileBytes: number; readonly treeBytes: number } {
    let treeBytes = 0;
    for (const { tree } of this.#live.values()) treeBytes += tree.byteLength;
    return { fileBytes: this.#file.bytesUsed(), treeBytes };
  }

  /**
   * Applies a delta to its shard (to the empty one where it is not held) if that leads to the certified root. All of it
   * is visible when this returns `applied`, or nothing.
   */
  apply(delta: ShardDelta, certified: CertifiedShard): ApplyOutcome {
    if (certified.shard !== delta.shard || certified.height !== delta.height) return 'mismatch';
    const held = this.#live.get(delta.shard);
    if (held !== undefined && delta.height <= held.height) return 'stale';
    const file = this.#file;
    // A new shard's number is known when it is written; before that nothing asks for its pages.
    let id = held?.id ?? Number.NaN;
    const tree =
      held?.tree ??
      HashedShard.empty(
        delta.shard,
        this.#hashes(file, () => id),
      );
    const staged = tree.stage(delta.leafCount, delta.leaves);
    if (!tree.isSound) return this.#giveUp(delta.shard);
    if (staged === null || delta.leafCount === 0 || !certified.hasRoot(staged.root)) {
      return equalBytes(delta.baseRoot, tree.root) ? 'mismatch' : 'gap';
    }
    const facts = { height: certified.height, timeMs: certified.timeMs, leafCount: delta.leafCount, root: staged.root };
    const written = this.#writing(() => {
      const shardNumber = held?.id ?? this.#file.create(delta.shard, 'live');
      this.#file.write(shardNumber, tree.leafCount, delta.leaves, staged.hashes);
      this.#file.writeFacts(shardNumber, facts);
      return shardNumber;
    });
    if (written === 'misfit') return this.#giveUp(delta.shard);
    if (typeof written !== 'number') return written;
    id = written;
    staged.commit();
    if (held === undefined) this.#live.set(delta.shard, { id, tree, height: facts.height, timeMs: facts.timeMs });
    else Object.assign(held, { height: facts.height, timeMs: facts.timeMs });
    for (const { key } of delta.leaves) this.#hot.delete(delta.shard, key);
    this.#sweep();
    return 'applied';
  }

  /** Replaces a shard by a snapshot: all of it or nothing. For one that comes in chunks see `beginInstall`. */
  install(snapshot: ShardSnapshot): InstallOutcome {
    const install = this.beginInstall(snapshot.certified.shard, snapshot.leaves.length);
    if (!install.add(snapshot.leaves)) {
      install.abandon();
      return 'mismatch';
    }
    return install.finish(snapshot.certified);
  }

  /** Starts to take in a snapshot beside the shard as it is; readers see the old one until `finish`. */
  beginInstall(shard: ShardId, leafCount: number): ShardInstall {
    const id = this.#writing(() => this.#file.create(shard, 'incoming'));
    return new ShardInstall(shard, leafCount, typeof id === 'number' ? this.#installTarget(shard, id) : null);
  }

  /** Forgets a shard; its rows are freed bit by bit. */
  drop(shard: ShardId): void {
    const held = this.#live.get(shard);
    if (held === undefined) return;
    this.#live.delete(shard);
    this.#hot.clear();
    this.#writing(() => this.#file.drop(held.id));
    this.#sweep();
  }

  close(): void {
    this.#file.close();
    this.#live.clear();
    this.#hot.clear();
  }

  #installTarget(shard: ShardId, id: number): InstallTarget {
    const file = this.#file;
    /** `full` also when the file was started anew in between: its numbers mean nothing there. */
    const done = (work: () => void): 'done' | 'full' | 'misfit' => {
      const worked = (): 'done' => {
        work();
        return 'done';
      };
      const outcome = file === this.#file ? this.#writing(worked) : 'gap';
      return outcome === 'gap' ? 'full' : outcome;
    };
    return {
      hashes: this.#hashes(file, () => id),
      write: (leaves, hashes) => done(() => this.#file.write(id, 0, leaves, hashes)),
      drop: () => {
        done(() => this.#file.drop(id));
      },
      promote: (tree, { height, timeMs }) => {
        const facts = { height, timeMs, leafCount: tree.leafCount, root: tree.root };
        const promoted = done(() => {
          this.#file.writeFacts(id, facts);
          this.#file.promote(id, shard);
        });
        if (promoted !== 'done') return false;
        this.#live.set(shard, { id, tree, height, timeMs });
        this.#hot.clear();
        this.#sweep();
        return true;
      },
    };
  }

  /** Reads the hashes of a shard, none where the file is damaged or was started anew. */
  #hashes(file: ShardFile, id: () => number): HashReader {
    return (slot, count, into, place) => {
      const read = () => file.readHashes(id(), { slot, count }, into, place);
      if (!this.#open) return read();
      return file === this.#file && this.#reading(read) === true;
    };
  }

  /** Reads; a damaged file is replaced by an empty one and the answer is undefined. */
  #reading<T>(work: () => T): T | undefined {
    try {
      return work();
    } catch (error) {
      this.#recover(error);
      return undefined;
    }
  }

  /** A shard whose rows in the file are not what its root proved: it is fetched again. */
  #giveUp(shard: ShardId): 'gap' {
    this.#log.error({ shard }, 'a stored shard is damaged: it is dropped and fetched again');
    this.drop(shard);
    return 'gap';
  }

  /**
   * Writes in one transaction; `full` when there is no room, `misfit` when the leaves do not fit those in the file, `gap` when
   * the file was damaged and started anew.
   */
  #writing<T>(work: () => T): T | 'full' | 'gap' | 'misfit' {
    try {
      return this.#file.atomically(work);
    } catch (error) {
      if (error instanceof LeafMisfit) return 'misfit';
      if (isFull(error)) {
        this.#log.warn(
          { path: this.#options.path, ...this.size() },
          'the shard cache is full: raise its quota or cache less',
        );
        return 'full';
      }
      this.#recover(error);
      return 'gap';
    }
  }

  /** Starts the file anew where it is damaged; passes any other error on. */
  #recover(error: unknown): void {
    if (!isCorruption(error)) throw error;
    this.#live.clear();
    this.#hot.clear();
    this.#file.close();
    this.#file = this.#startAnew(error);
  }

  #startAnew(error: unknown): ShardFile {
    const { path } = this.#options;
    const aside = moveAside(path);
    const cause = error instanceof Error ? error.message : String(error);
    this.#log.error(
      { path, aside, cause },
      'the shard cache is damaged: moved aside, an empty one is filled from the region',
    );
    return new ShardFile(path, this.#quotaBytes());
  }

  #quotaBytes(): number {
    return this.#options.quotaBytes ?? quotaBytesDefault;
  }

  #openFile(): ShardFile {
    const { path } = this.#options;
    if (!existsSync(path)) return new ShardFile(path, this.#quotaBytes());
    let file: ShardFile | undefined;
    try {
      file = new ShardFile(path, this.#quotaBytes());
      this.#load(file);
      return file;
    } catch (error) {
      if (!isCorruption(error)) throw error;
      file?.close();
      this.#live.clear();
      return this.#startAnew(error);
    }
  }

  /** Reads every shard's hashes back and keeps those that lead to the root that was certified. */
  #load(file: ShardFile): void {
    const startedMs = this.#options.clock.monotonicMs();
    let leafCount = 0;
    for (const stored of file.shards()) {
      const tree = this.#readTree(file, stored);
      if (tree === null) {
        this.#log.error(
          { shard: stored.name, height: stored.height },
          'a stored shard is damaged: it is fetched again',
        );
        file.drop(stored.id);
        continue;
      }
      leafCount += tree.leafCount;
      this.#live.set(stored.name, { id: stored.id, tree, height: stored.height, timeMs: stored.timeMs });
    }
    const tookMs = Math.round(this.#options.clock.monotonicMs() - startedMs);
    this.#log.info({ shards: this.#live.size, leafCount, tookMs }, 'shard cache read and checked');
  }

  /** The stored shard's hashes; null when they do not lead to its root. */
  #readTree(file: ShardFile, { id, name, leafCount, root }: StoredShard): HashedShard | null {
    const tree = HashedShard.load(
      name,
      leafCount,
      this.#hashes(file, () => id),
    );
    return tree !== null && equalBytes(tree.root, plain(root)) ? tree : null;
  }

  /** One bounded step of freeing dropped shards. */
  #sweep(): void {
    this.#reading(() => this.#file.sweep());
  }
}

/** SQLite gives Node buffers; callers get plain byte strings. */
function plain(bytes: Uint8Array): Uint8Array {
  return new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}
