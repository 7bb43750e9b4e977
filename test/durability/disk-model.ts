/**
 * A disk that keeps only what was fsynced: inodes and names apart, as POSIX has them. Gives the states that a power
 * cut may leave. Unsynced writes may be kept, lost, reordered, or torn at sectors; unsynced names likewise. A write
 * touches no byte outside itself (SQLITE_IOCAP_POWERSAFE_OVERWRITE, SQLite's own assumption).
 */
import { createHash } from 'node:crypto';
import type { SeededEntropy } from '#core/entropy';
import { type DiskEvent, folderOf } from './syscall-trace.ts';

type WriteOp = Extract<DiskEvent, { kind: 'write' | 'truncate' }>;
interface NameOp {
  readonly kind: 'create' | 'unlink' | 'mkdir';
  readonly path: string;
  /** -1 where none is named. */
  readonly inode: number;
}

interface Inode {
  durable: Buffer;
  pending: WriteOp[];
}

/** What is on the disk after the cut: content by path. */
export interface CrashState {
  /** How it came about, for the report of a failure. */
  readonly how: string;
  readonly files: ReadonlyMap<string, Buffer>;
  readonly folders: ReadonlySet<string>;
}

/** Which part of a pending operation reaches the disk: all, nothing, or sectors of this size for which `keep` is true. */
type Fate = 'kept' | 'lost' | { readonly sectorBytes: number; readonly keep: (sector: number) => boolean };

/** Content after the operations, each with its fate; one copy however many there are. */
function withWrites(durable: Buffer, ops: readonly WriteOp[], fateOf: (op: WriteOp) => Fate): Buffer {
  const largest = ops.reduce(
    (size, op) => Math.max(size, op.kind === 'write' ? op.offset + op.data.length : op.size),
    0,
  );
  const content = Buffer.alloc(Math.max(durable.length, largest));
  durable.copy(content);
  let size = durable.length;
  for (const op of ops) {
    const fate = fateOf(op);
    if (fate === 'lost') continue;
    if (op.kind === 'truncate') {
      if (op.size < size) content.fill(0, op.size, size);
      size = op.size;
      continue;
    }
    for (const [from, to] of keptParts(op, fate)) {
      op.data.copy(content, op.offset + from, from, to);
      size = Math.max(size, op.offset + to);
    }
  }
  return content.subarray(0, size);
}

/** Ranges of a write's data that reach the disk. Sector borders are those of the file, not of the write. */
function keptParts(op: Extract<WriteOp, { kind: 'write' }>, fate: Exclude<Fate, 'lost'>): [number, number][] {
  if (fate === 'kept') return [[0, op.data.length]];
  const parts: [number, number][] = [];
  for (let from = 0; from < op.data.length; ) {
    const sector = Math.floor((op.offset + from) / fate.sectorBytes);
    const to = Math.min(op.data.length, (sector + 1) * fate.sectorBytes - op.offset);
    if (fate.keep(sector)) parts.push([from, to]);
    from = to;
  }
  return parts;
}

/** Replays events and enumerates what a cut at this moment may leave. */
export class DiskModel {
  readonly #inodes: Inode[] = [];
  readonly #live = new Map<string, number>();
  #durableNames = new Map<string, number>();
  #durableFolders = new Set<string>();
  #pendingNames: NameOp[] = [];

  apply(event: DiskEvent): void {
    switch (event.kind) {
      case 'create':
        if (!this.#live.has(event.path)) this.#name(event.path, this.#newInode());
        break;
      case 'mkdir':
        this.#pendingNames.push({ kind: 'mkdir', path: event.path, inode: -1 });
        break;
      case 'unlink':
        this.#unname(event.path);
        break;
      case 'rename':
        this.#name(event.to, this.#inodeOf(event.path));
        this.#unname(event.path);
        break;
      case 'write':
      case 'truncate':
        this.#inode(event.path).pending.push(event);
        break;
      case 'sync':
        this.#sync(event.path);
        break;
      case 'say':
        break;
    }
  }

  #newInode(): number {
    return this.#inodes.push({ durable: Buffer.alloc(0), pending: [] }) - 1;
  }

  #name(path: string, inode: number): void {
    this.#pendingNames.push({ kind: 'create', path, inode });
    this.#live.set(path, inode);
  }

  #unname(path: string): void {
    this.#pendingNames.push({ kind: 'unlink', path, inode: -1 });
    this.#live.delete(path);
  }

  #inodeOf(path: string): number {
    const inode = this.#live.get(path);
    if (inode === undefined) throw new Error(`${path} is written before it was made`);
    return inode;
  }

  #inode(path: string): Inode {
    const inode = this.#inodes[this.#inodeOf(path)];
    if (inode === undefined) throw new Error(`${path} has no inode`);
    return inode;
  }

  #sync(path: string): void {
    if (this.#live.has(path)) {
      const inode = this.#inode(path);
      inode.durable = withWrites(inode.durable, inode.pending, () => 'kept');
      inode.pending = [];
      return;
    }
    const { names, folders } = this.#names((op) => folderOf(op.path) === path);
    this.#durableNames = names;
    this.#durableFolders = folders;
    this.#pendingNames = this.#pendingNames.filter((op) => folderOf(op.path) !== path);
  }

  #names(keep: (op: NameOp, index: number) => boolean): { names: Map<string, number>; folders: Set<string> } {
    const names = new Map(this.#durableNames);
    const folders = new Set(this.#durableFolders);
    for (const [index, op] of this.#pendingNames.entries()) {
      if (!keep(op, index)) continue;
      if (op.kind === 'mkdir') folders.add(op.path);
      else if (op.kind === 'unlink') names.delete(op.path);
      else names.set(op.path, op.inode);
    }
    return { names, folders };
  }

  /** Unsynced operations, writes and names. */
  get pendingCount(): number {
    return this.#pendingNames.length + this.#inodes.reduce((sum, inode) => sum + inode.pending.length, 0);
  }

  #state(how: string, fateOf: (op: WriteOp) => Fate, keepName: (op: NameOp, index: number) => boolean): CrashState {
    const { names, folders } = this.#names(keepName);
    const files = new Map<string, Buffer>();
    for (const [path, index] of names) {
      const inode = this.#inodes[index];
      // A name in a folder that is gone cannot be reached.
      if (inode === undefined || !folders.has(folderOf(path))) continue;
      files.set(path, inode.pending.length === 0 ? inode.durable : withWrites(inode.durable, inode.pending, fateOf));
    }
    return { how, files, folders };
  }

  /**
   * States that a cut now may leave: everything kept, everything lost, each prefix, each operation alone lost or
   * alone kept, the last and a random write torn at 512 and 4,096 bytes, random subsets of whole writes and of
   * sectors, each unsynced name lost. Long lists are sampled. Distinct states only.
   */
  *states(entropy: SeededEntropy, budget: number): IterableIterator<CrashState> {
    const writes = this.#inodes.flatMap((inode) => inode.pending);
    const order = new Map(writes.map((op, index) => [op, index]));
    const at = (op: WriteOp): number => order.get(op) ?? -1;
    const allNames = (): boolean => true;
    const picked = sample(writes.length, budget, entropy);
    const plans: [string, (op: WriteOp) => Fate, (op: NameOp, index: number) => boolean][] = [
      ['everything kept', () => 'kept', allNames],
      ['all writes lost', () => 'lost', allNames],
      ['all writes and names lost', () => 'lost', () => false],
      ['all names lost', () => 'kept', () => false],
    ];
    for (const i of picked) {
      plans.push([`first ${i + 1} writes`, (op) => (at(op) <= i ? 'kept' : 'lost'), allNames]);
      plans.push([`all writes but ${i}`, (op) => (at(op) === i ? 'lost' : 'kept'), allNames]);
      plans.push([`only write ${i}`, (op) => (at(op) === i ? 'kept' : 'lost'), allNames]);
      for (const sectorBytes of [512, 4_096]) {
        const parity = entropy.bytes(1)[0] ?? 0;
        const keep = (sector: number): boolean => (sector + parity) % 2 === 0;
        const torn: Fate = { sectorBytes, keep };
        plans.push([
          `write ${i} torn at ${sectorBytes}`,
          (op) => (at(op) < i ? 'kept' : at(op) === i ? torn : 'lost'),
          allNames,
        ]);
      }
    }
    for (let round = 0; round < Math.min(4, writes.length); round++) {
      const coins = entropy.bytes(Math.max(1, writes.length));
      plans.push([`random writes ${round}`, (op) => ((coins[at(op)] ?? 0) % 2 === 0 ? 'kept' : 'lost'), allNames]);
      const keep = (sector: number): boolean => ((coins[sector % coins.length] ?? 0) >> (sector % 8)) % 2 === 0;
      plans.push([`random sectors ${round}`, () => ({ sectorBytes: 512, keep }), allNames]);
    }
    for (const index of sample(this.#pendingNames.length, budget, entropy)) {
      plans.push([`name ${index} lost`, () => 'kept', (_, i) => i !== index]);
      plans.push([`name ${index} and all writes lost`, () => 'lost', (_, i) => i !== index]);
      plans.push([`first ${index + 1} names`, () => 'kept', (_, i) => i <= index]);
    }
    const seen = new Set<string>();
    for (const [how, fate, keepName] of plans) {
      const state = this.#state(how, fate, keepName);
      const key = fingerprint(state);
      if (seen.has(key)) continue;
      seen.add(key);
      yield state;
    }
  }
}

/** Up to `limit` of the indexes below `count`: all, or both ends and random ones between. */
function sample(count: number, limit: number, entropy: SeededEntropy): number[] {
  if (count <= limit) return Array.from({ length: count }, (_, index) => index);
  const picked = new Set([0, 1, count - 2, count - 1]);
  for (const byte of entropy.bytes(limit * 4)) {
    if (picked.size >= limit) break;
    picked.add(Math.floor((byte / 256) * count));
  }
  return [...picked].sort((a, b) => a - b);
}

function fingerprint(state: CrashState): string {
  const hash = createHash('sha1');
  for (const path of [...state.folders, ...state.files.keys()].sort()) {
    hash.update(`${path}\n`);
    const content = state.files.get(path);
    if (content !== undefined) hash.update(`${content.length} `).update(content);
  }
  return hash.digest('hex');
}
