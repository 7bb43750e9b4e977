/**
 * Writes on top of a view, kept apart until their owner takes them over or drops them. Objects written by their format become bytes
 * only when somebody asks for bytes: what is written many times in a block is encoded once.
 */
import { assert } from '#core/assert';
import { encode, type Format } from '#core/format';
import type { ShardId } from '../ids.ts';
import { leafValueBytesMax } from './delta.ts';
import type { LedgerOverlay, LedgerView } from './view.ts';

/** What may change in one shard. */
export interface ShardLimits {
  readonly leavesMax: number;
  readonly bytesMax: number;
}

/** Writes of one shard: objects by key in the order of first writing, and their size in a delta (upper bound, bytes). */
export interface ShardWrites {
  readonly objects: ReadonlyMap<string, Uint8Array>;
  readonly bytes: number;
}

/** An object as it was written: as bytes, or as a value of its format, or by now both. */
export class WrittenObject {
  /** Null for what was written as bytes. */
  readonly format: Format<unknown> | null;
  readonly value: unknown;
  /** Whether the bytes are this overlay's own, to be changed in place. */
  readonly isOwn: boolean;
  /** Size for the limits: that of the bytes, or the most that the format allows until they are made. */
  size: number;
  /** Whether it counts: it has not been replaced, or its replacement was taken back. */
  counts = true;
  #bytes: Uint8Array | null;

  constructor(bytes: Uint8Array | null, format: Format<unknown> | null, value: unknown, isOwn: boolean) {
    this.format = format;
    this.value = value;
    this.isOwn = isOwn;
    this.#bytes = bytes;
    this.size = bytes === null ? (format as Format<unknown>).limits.bytesMax : bytes.length;
  }

  /** The bytes, made at the first call. */
  get bytes(): Uint8Array {
    this.#bytes ??= encode(this.format as Format<unknown>, this.value);
    return this.#bytes;
  }
}

interface OpenWrites {
  readonly shard: ShardId;
  readonly objects: Map<string, WrittenObject>;
  /** Size in a delta, with the sizes of objects as they stand. */
  bytes: number;
  /** Objects whose size is that of their format. */
  unsized: WrittenObject[];
}

/** A write that can be taken back: what stood under the key before. */
interface DraftedWrite {
  readonly writes: OpenWrites;
  readonly key: string;
  readonly before: WrittenObject | undefined;
}

/** A change in place that can be taken back. */
interface DraftedByte {
  readonly bytes: Uint8Array;
  readonly at: number;
  readonly before: number;
}

/** So many replaced objects are not worth a look. */
const unsizedKept = 16;

/** CBOR heads of a leaf, its slot, and the length of its key and value. */
const leafOverheadBytes = 20;

function assertLeaf(shard: ShardId, key: string, bytes: Uint8Array): void {
  if (bytes.length > leafValueBytesMax) assert(false, `object ${shard} ${key} has ${bytes.length} bytes`);
}

/** Copy on write over any view. Dropping it leaves no trace. */
export class StateOverlay implements LedgerOverlay {
  readonly base: LedgerView;
  readonly #shards = new Map<ShardId, OpenWrites>();
  #isDrafting = false;
  /** What the open draft has done, in order. */
  readonly #draftedWrites: DraftedWrite[] = [];
  readonly #draftedBytes: DraftedByte[] = [];

  constructor(base: LedgerView) {
    this.base = base;
  }

  holds(shard: ShardId): boolean {
    return this.base.holds(shard);
  }

  get(shard: ShardId, key: string): Uint8Array | undefined {
    const written = this.#shards.get(shard)?.objects.get(key);
    return written === undefined ? this.base.get(shard, key) : written.bytes;
  }

  /** What this overlay, or one below it, has written under the key; `undefined` where its lowest base is to be asked. */
  written(shard: ShardId, key: string): WrittenObject | undefined {
    const written = this.#shards.get(shard)?.objects.get(key);
    if (written !== undefined) return written;
    return this.base instanceof StateOverlay ? this.base.written(shard, key) : undefined;
  }

  /** Keeps the array itself: it must not be changed afterwards. */
  put(shard: ShardId, key: string, value: Uint8Array): void {
    assertLeaf(shard, key, value);
    this.#write(shard, key, new WrittenObject(value, null, undefined, false));
  }

  putObject<T>(shard: ShardId, key: string, format: Format<T>, value: T): void {
    this.#write(shard, key, new WrittenObject(null, format as Format<unknown>, value, false));
  }

  putByte(shard: ShardId, key: string, at: number, byte: number): void {
    let written = this.#shards.get(shard)?.objects.get(key);
    if (written === undefined || !written.isOwn) {
      const before = this.get(shard, key);
      assert(before !== undefined && at < before.length, 'a byte of an object that exists');
      written = new WrittenObject(before.slice(), null, undefined, true);
      this.#write(shard, key, written);
    }
    const { bytes } = written;
    assert(at < bytes.length, 'a byte of an object that exists');
    if (this.#isDrafting) this.#draftedBytes.push({ bytes, at, before: bytes[at] as number });
    bytes[at] = byte;
  }

  #write(shard: ShardId, key: string, object: WrittenObject): void {
    let writes = this.#shards.get(shard);
    if (writes === undefined) {
      writes = { shard, objects: new Map(), bytes: 0, unsized: [] };
      this.#shards.set(shard, writes);
    }
    const before = writes.objects.get(key);
    if (this.#isDrafting) this.#draftedWrites.push({ writes, key, before });
    replace(writes, key, before, object);
    if (object.format !== null) writes.unsized.push(object);
  }

  /** Shards written to, in the order of first writing. */
  writes(): ReadonlyMap<ShardId, ShardWrites> {
    const out = new Map<ShardId, ShardWrites>();
    for (const [shard, writes] of this.#shards) {
      measure(writes);
      const objects = new Map<string, Uint8Array>();
      for (const [key, written] of writes.objects) {
        assertLeaf(shard, key, written.bytes);
        objects.set(key, written.bytes);
      }
      out.set(shard, { objects, bytes: writes.bytes });
    }
    return out;
  }

  /** Opens a draft: what is written from here on can be taken back. One at a time. */
  openDraft(): void {
    assert(!this.#isDrafting, 'a draft is open');
    this.#isDrafting = true;
  }

  /** Whether every shard that the open draft has written to stays within both limits; if not, whether the draft alone would. */
  draftFits(limits: ShardLimits): 'fits' | 'full' | 'too-large' {
    assert(this.#isDrafting, 'no draft is open');
    for (const { writes } of this.#draftedWrites) {
      // The cheap bound first: most operations are far from the limit.
      if (writes.bytes > limits.bytesMax) measure(writes);
      if (writes.objects.size > limits.leavesMax || writes.bytes > limits.bytesMax) {
        return this.#fitsAlone(limits) ? 'full' : 'too-large';
      }
    }
    return 'fits';
  }

  /** Whether what the open draft has written would be within the limits of every shard with nothing else beside it. */
  #fitsAlone({ leavesMax, bytesMax }: ShardLimits): boolean {
    const alone = new Map<OpenWrites, { readonly keys: Set<string>; bytes: number }>();
    for (const { writes, key } of this.#draftedWrites) {
      const sum = alone.get(writes) ?? { keys: new Set<string>(), bytes: 0 };
      alone.set(writes, sum);
      if (sum.keys.has(key)) continue;
      sum.keys.add(key);
      sum.bytes += leafOverheadBytes + key.length + (writes.objects.get(key)?.bytes.length ?? 0);
      if (sum.keys.size > leavesMax || sum.bytes > bytesMax) return false;
    }
    return true;
  }

  /** Ends the draft; what it wrote stays. */
  keepDraft(): void {
    assert(this.#isDrafting, 'no draft is open');
    for (const { writes } of this.#draftedWrites) {
      if (writes.unsized.length > 2 * writes.objects.size + unsizedKept) forgetReplaced(writes);
    }
    this.#endDraft();
  }

  #endDraft(): void {
    this.#isDrafting = false;
    this.#draftedWrites.length = 0;
    this.#draftedBytes.length = 0;
  }

  /** Ends the draft as if it had never been. */
  dropDraft(): void {
    assert(this.#isDrafting, 'no draft is open');
    for (const { bytes, at, before } of this.#draftedBytes.reverse()) bytes[at] = before;
    for (const { writes, key, before } of this.#draftedWrites.reverse()) {
      replace(writes, key, writes.objects.get(key), before);
      if (writes.objects.size === 0) this.#shards.delete(writes.shard);
    }
    this.#endDraft();
  }
}

/** Puts `after` where `before` stands, or nothing there. A key that is new comes last, and only the last is ever taken away. */
function replace(
  writes: OpenWrites,
  key: string,
  before: WrittenObject | undefined,
  after: WrittenObject | undefined,
): void {
  const leaf = leafOverheadBytes + key.length;
  if (before !== undefined) {
    before.counts = false;
    writes.bytes -= leaf + before.size;
  }
  if (after === undefined) {
    writes.objects.delete(key);
    return;
  }
  after.counts = true;
  writes.bytes += leaf + after.size;
  writes.objects.set(key, after);
}

/** Encodes what has been counted by the limit of its format, and counts it by its own size. What was replaced may come back. */
function measure(writes: OpenWrites): void {
  const replaced: WrittenObject[] = [];
  for (const object of writes.unsized) {
    if (!object.counts) {
      replaced.push(object);
      continue;
    }
    const { size } = object;
    object.size = object.bytes.length;
    writes.bytes += object.size - size;
  }
  writes.unsized = replaced;
}

/** Drops replaced objects that no draft can bring back. */
function forgetReplaced(writes: OpenWrites): void {
  writes.unsized = writes.unsized.filter((object) => object.counts);
}
