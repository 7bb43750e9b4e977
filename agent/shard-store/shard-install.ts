/** A snapshot on its way in: leaves in slot order, one comparison at the end, and only then it is the shard. */
import type { ShardId } from '#ledger/ids';
import type { Leaf } from '#ledger/state/delta';
import type { CertifiedShard } from '#sync/light-client/certified-shard';
import { HashedShard, type HashReader } from './hashed-shard.ts';

/** What became of a snapshot. `mismatch`: not what the certificate says. `full`: the quota or the disk is used up. */
export type InstallOutcome = 'installed' | 'mismatch' | 'full';

/** Where the rows go meanwhile. `full`: the file could not take them; `misfit`: a key has two slots. */
export interface InstallTarget {
  readonly hashes: HashReader;
  /** Takes leaves that are new, with their hashes. */
  write(leaves: readonly Leaf[], hashes: Uint8Array): 'done' | 'full' | 'misfit';
  /** False where the file could not take it. */
  promote(tree: HashedShard, certified: CertifiedShard): boolean;
  drop(): void;
}

/** See the file's head. Readers see the shard as it was until `finish` has answered `installed`. */
export class ShardInstall {
  readonly #target: InstallTarget | null;
  readonly #leafCount: number;
  readonly #tree: HashedShard;
  #over: InstallOutcome | null = null;

  /** Without a target the file was full from the start. */
  constructor(shard: ShardId, leafCount: number, target: InstallTarget | null) {
    this.#tree = HashedShard.empty(shard, target?.hashes ?? (() => false));
    this.#leafCount = leafCount;
    this.#target = target;
    if (target === null) this.#over = 'full';
  }

  /** Slot of the next leaf. */
  get nextSlot(): number {
    return this.#tree.leafCount;
  }

  /** Takes the next leaves; false when they do not follow or do not fit: the install is over then. */
  add(leaves: readonly Leaf[]): boolean {
    if (this.#over !== null) return false;
    const before = this.#tree.leafCount;
    const after = before + leaves.length;
    const dense = leaves.every(({ slot }, at) => slot === before + at);
    if (!dense || leaves.length === 0 || after > this.#leafCount) return this.#end('mismatch');
    const staged = this.#tree.stage(after, leaves);
    if (staged === null) return this.#end('mismatch');
    const written = this.#target?.write(leaves, staged.hashes) ?? 'full';
    if (written !== 'done') return this.#end(written === 'full' ? 'full' : 'mismatch');
    staged.commit();
    return true;
  }

  /** Compares and replaces the shard in one transaction. The install is over, whatever the outcome. */
  finish(certified: CertifiedShard): InstallOutcome {
    if (this.#over !== null) return this.#over;
    const complete = this.#tree.leafCount === this.#leafCount && this.#leafCount > 0;
    const right = complete && certified.shard === this.#tree.shard && certified.hasRoot(this.#tree.root);
    if (!right) this.#end('mismatch');
    else if (this.#target?.promote(this.#tree, certified) !== true) this.#end('full');
    else this.#over = 'installed';
    return this.#over ?? 'mismatch';
  }

  /** Gives up; what was written is freed. */
  abandon(): void {
    if (this.#over === null) this.#end('mismatch');
  }

  #end(outcome: InstallOutcome): false {
    this.#over = outcome;
    this.#target?.drop();
    return false;
  }
}
