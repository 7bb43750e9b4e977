/**
 * Segments on their way into a block: admitted once, held within limits, handed out in each stream's order.
 * What a terminal sent twice is answered from the store; what cannot be ordered is turned away with a reason.
 */
import { assert } from '#core/assert';
import { equalBytes, toHex } from '#core/bytes';
import type { Clock } from '#core/clock';
import { decode } from '#core/format';
import { terminalParts } from '#ledger/ids';
import { type Speaker, speakerOf } from '#ledger/journal/admit-segment';
import { speakingKey } from '#ledger/journal/author-key';
import { holdMsMax } from '#ledger/journal/dependency';
import { readSalvage } from '#ledger/journal/salvage';
import { type Segment, segmentBytesMax, segmentFormat, segmentHead, verifySegment } from '#ledger/journal/segment';
import type { StreamId } from '#ledger/journal/stream';
import { headOf, type StreamHead, streamHead } from '#ledger/journal/stream-head';
import type { LedgerView } from '#ledger/state/view';
import { bodyDigest } from '../wire/block.ts';
import { type Admission, type Candidate, turnedAway } from './admission.ts';
import { BodiesAtHand } from './bodies-at-hand.ts';
import { noteEntryCount } from './entry-count.ts';
import { type LoadLimits, PoolLoad, type SegmentLoad, workOf } from './pool-load.ts';
import { type Pooled, PooledStream } from './pooled-stream.ts';

/** Limits of the pool. */
export interface PoolLimits extends LoadLimits {
  /** Segments whose signature has not been checked yet. */
  readonly uncheckedMax: number;
  /** Segments of one stream that wait behind a gap. */
  readonly behindGapMax: number;
}

/** Bounds of a validator in production. */
export const poolLimits: PoolLimits = {
  segmentsMax: 32_768,
  bytesMax: 128 * 1024 * 1024,
  segmentsMaxAuthor: 2_048,
  bytesMaxAuthor: 32 * 1024 * 1024,
  uncheckedMax: 4_096,
  behindGapMax: 64,
};

/** What a block may take. */
export interface GatherLimits {
  readonly segments: number;
  readonly bytes: number;
  readonly entries: number;
}

type PlacedStream = Pick<Pooled, 'author' | 'epoch' | 'stream'> & { readonly salvaged?: boolean };

/** A segment that comes within this time of its block was on its way with it: its author hears the block's receipts. */
const justNowMs = 2_000;

const streamName = ({ author, epoch, stream, salvaged = false }: PlacedStream): string =>
  `${author} ${epoch} ${stream}${salvaged ? ' salvaged' : ''}`;

/** The pool of one validator over the committed state. */
export class SegmentPool {
  readonly #chainId: Uint8Array;
  readonly #state: LedgerView;
  readonly #clock: Clock;
  readonly #limits: PoolLimits;
  readonly #byName = new Map<string, Pooled>();
  readonly #streams = new Map<string, PooledStream>();
  readonly #load: PoolLoad;
  /** Segments whose signature is being checked, by name. */
  readonly #unchecked = new Map<string, Candidate>();
  readonly #atHand = new BodiesAtHand();
  /** Which key a body's signature was found good with; a body is verified once. */
  readonly #genuine = new WeakMap<Uint8Array, Uint8Array>();
  /** Names of streams that the ledger lets wait for another journal. */
  readonly #held = new Set<string>();
  /** When the segments of the latest blocks were ordered, the oldest first. */
  readonly #orderedMs = new Map<string, number>();
  #blockTimeMs = 0;
  #ready = 0;

  constructor(options: {
    readonly chainId: Uint8Array;
    readonly state: LedgerView;
    readonly clock: Clock;
    readonly limits?: PoolLimits;
  }) {
    this.#chainId = options.chainId;
    this.#state = options.state;
    this.#clock = options.clock;
    this.#limits = options.limits ?? poolLimits;
    this.#load = new PoolLoad(options.clock, this.#limits);
  }

  get count(): number {
    return this.#byName.size;
  }

  /** When a segment came in, monotonic ms, if it is here. */
  arrivedMs(name: string): number | undefined {
    return this.#byName.get(name)?.knownMs;
  }

  /** Takes a segment's bytes, of which nothing is known, and checks the signature at once. Never throws. */
  admit(bytes: Uint8Array): Admission {
    const seen = this.examine(bytes);
    return seen.kind === 'candidate' ? this.enter(seen) : seen;
  }

  /** Everything but the signature, the cheapest first. Never throws. */
  examine(bytes: Uint8Array): Candidate | Admission {
    if (bytes.length > segmentBytesMax) return turnedAway('BAD_FORMAT', null);
    const digest = bodyDigest(bytes);
    const name = toHex(digest);
    if (this.#byName.has(name) || this.#unchecked.has(name)) return { kind: 'known' };
    const decoded = decode(segmentFormat, bytes);
    if (!decoded.ok) return turnedAway('BAD_FORMAT', null);
    const segment = decoded.value;
    const speaker = speakerOf(this.#state, segment);
    if (typeof speaker === 'string') return turnedAway(speaker, segment);
    const misplaced = this.#placeFault(segment, speaker, name);
    if (misplaced !== null) return misplaced;
    const busy = this.#loadFault(segment, bytes.length);
    if (busy !== null) {
      this.#atHand.keep(name, bytes);
      return busy;
    }
    noteEntryCount(bytes, segment.entries.length);
    const arrivedMs = this.#clock.monotonicMs();
    const { publicKey } = speaker;
    const candidate = { kind: 'candidate', segment, bytes, digest, name, publicKey, arrivedMs } as const;
    this.#unchecked.set(name, candidate);
    this.#load.add(loadOf(candidate.segment, bytes));
    return candidate;
  }

  /** Takes in a candidate whose signature is good; checks it here where nobody has. The ledger may have moved on since `examine`. */
  enter(candidate: Candidate): Admission {
    this.drop(candidate);
    const { segment, bytes, digest, name, arrivedMs } = candidate;
    const speaker = speakerOf(this.#state, segment);
    if (typeof speaker === 'string') return turnedAway(speaker, segment);
    const fault = this.#placeFault(segment, speaker, name);
    if (fault !== null) return fault;
    if (!this.isGenuine(segment, bytes, speaker.publicKey)) return turnedAway('BAD_SIGNATURE', segment);
    const { author, epoch, stream, firstSequence: first, entries } = segment;
    const pooled = {
      digest,
      name,
      bytes,
      author,
      epoch,
      stream,
      first,
      last: first + entries.length - 1,
      knownMs: arrivedMs,
      readyMs: null,
      gossiped: false,
      salvaged: speaker.named !== null,
    };
    this.#add(pooled, this.#clock.monotonicMs());
    return { kind: 'admitted', pooled };
  }

  /** Gives up a candidate. */
  drop({ name, segment, bytes }: Candidate): void {
    assert(this.#unchecked.delete(name), 'a candidate enters or is dropped once');
    this.#load.remove(loadOf(segment, bytes));
  }

  /** Remembers that the candidate's signature was found good. */
  noteGenuine({ bytes, publicKey }: Candidate): void {
    this.#genuine.set(bytes, publicKey);
  }

  /** Whether the candidate's signature was found good meanwhile, by the block that ordered it. */
  isKnownGenuine({ bytes, publicKey }: Pick<Candidate, 'bytes' | 'publicKey'>): boolean {
    const known = this.#genuine.get(bytes);
    return known !== undefined && equalBytes(known, publicKey);
  }

  /** Whether the key signed the segment; remembered by the identity of its bytes. */
  isGenuine(segment: Segment, bytes: Uint8Array, publicKey: Uint8Array): boolean {
    if (this.isKnownGenuine({ bytes, publicKey })) return true;
    const genuine = verifySegment(this.#chainId, segment, publicKey);
    if (genuine) this.#genuine.set(bytes, publicKey);
    return genuine;
  }

  /** The body of a digest: one that waits here, or that was lately turned away for lack of room. */
  body(name: string): Uint8Array | undefined {
    return (this.#byName.get(name) ?? this.#unchecked.get(name))?.bytes ?? this.#atHand.get(name);
  }

  /** How many segments could go into a block now. */
  get readyCount(): number {
    return this.#ready;
  }

  /** The same, and which of them waits longest. */
  waiting(): {
    readonly waitingCount: number;
    readonly oldest: { readonly digest: Uint8Array; readonly sinceMs: number } | null;
  } {
    let oldest: { readonly digest: Uint8Array; readonly sinceMs: number } | null = null;
    for (const stream of this.#streams.values()) {
      const front = stream.dueCount > 0 ? stream.all()[0] : undefined;
      if (front === undefined || front.readyMs === null) continue;
      if (oldest === null || front.readyMs < oldest.sinceMs) oldest = { digest: front.digest, sinceMs: front.readyMs };
    }
    return { waitingCount: this.#ready, oldest };
  }

  /** Digests for a block: each stream's in order, one of each stream in turn, those that wait longest first, within the limits. */
  gather(limits: GatherLimits): Uint8Array[] {
    const digests: Uint8Array[] = [];
    let bytes = 0;
    let entries = 0;
    const waitsSince = (stream: PooledStream): number => stream.all()[0]?.readyMs ?? 0;
    let open = [...this.#streams.values()].filter((stream) => stream.dueCount > 0);
    open.sort((a, b) => waitsSince(a) - waitsSince(b));
    for (let turn = 0; open.length > 0; turn++) {
      open = open.filter((stream) => {
        const segment = turn < stream.dueCount ? stream.all()[turn] : undefined;
        if (segment === undefined) return false;
        const count = segment.last - segment.first + 1;
        const fits =
          digests.length < limits.segments &&
          bytes + segment.bytes.length <= limits.bytes &&
          // One segment goes whatever its entries cost.
          (digests.length === 0 || entries + count <= limits.entries);
        if (!fits) return false;
        digests.push(segment.digest);
        bytes += segment.bytes.length;
        entries += count;
        return true;
      });
    }
    return digests;
  }

  /**
   * After a commit: what the block ordered, and what the streams have left behind, goes. What waits for another journal stays until that
   * has come or waited for long enough by the blocks' time.
   */
  committed(digests: readonly Uint8Array[], blockTimeMs: number): void {
    this.#blockTimeMs = blockTimeMs;
    const ordered = new Set(digests.map(toHex));
    const touched = new Set(this.#held);
    let work = 0;
    for (const name of ordered) {
      const pooled = this.#byName.get(name);
      if (pooled === undefined) continue;
      touched.add(streamName(pooled));
      work += workOf(pooled.last - pooled.first + 1);
    }
    for (const name of touched) this.#advance(name, ordered);
    this.#load.ordered(work);
    this.#noteOrdered(ordered);
  }

  #noteOrdered(names: ReadonlySet<string>): void {
    const nowMs = this.#clock.monotonicMs();
    for (const [name, atMs] of this.#orderedMs) {
      if (nowMs - atMs < justNowMs) break;
      this.#orderedMs.delete(name);
    }
    for (const name of names) this.#orderedMs.set(name, nowMs);
  }

  #duplicate(segment: Segment, name: string): Admission {
    const atMs = this.#orderedMs.get(name);
    return { kind: 'duplicate', segment, justNow: atMs !== undefined && this.#clock.monotonicMs() - atMs < justNowMs };
  }

  /** Matches a stream with the state, also where another segment than the pooled one was ordered. */
  refresh(of: StreamId): void {
    if (this.#streams.has(streamName(of))) this.#advance(streamName(of), new Set());
  }

  /** Segments that wait since before `beforeMs` and were not given here yet: the other validators may not have them. */
  toGossip(beforeMs: number, countMax: number): Pooled[] {
    const found: Pooled[] = [];
    for (const pooled of this.#byName.values()) {
      // In order of arrival: the first young one ends it.
      if (pooled.knownMs > beforeMs || found.length >= countMax) break;
      if (pooled.gossiped) continue;
      pooled.gossiped = true;
      found.push(pooled);
    }
    return found;
  }

  /** Drops what has waited behind a gap since before `beforeMs`: its sender sends it again. */
  dropStuck(beforeMs: number): void {
    for (const [name, stream] of this.#streams) {
      const stuck = stream.all().filter((s) => s.readyMs === null && s.knownMs < beforeMs);
      if (stuck.length > 0) this.#advance(name, new Set(stuck.map((s) => s.name)));
    }
  }

  #add(pooled: Pooled, nowMs: number): void {
    const name = streamName(pooled);
    let stream = this.#streams.get(name);
    if (stream === undefined) {
      stream = new PooledStream(this.#nextOf(pooled));
      this.#streams.set(name, stream);
      this.#hold(name, stream, pooled);
    }
    this.#ready -= stream.dueCount;
    stream.add(pooled, nowMs);
    this.#ready += stream.dueCount;
    this.#byName.set(pooled.name, pooled);
    this.#load.add(pooledLoad(pooled));
  }

  #advance(name: string, ordered: ReadonlySet<string>): void {
    const stream = this.#streams.get(name);
    const any = stream?.all()[0];
    if (stream === undefined || any === undefined) return;
    this.#ready -= stream.dueCount;
    const waits = this.#hold(name, stream, any);
    const gone = waits ? new Set<string>() : ordered;
    if (waits) stream.renew(ordered);
    const dropped = stream.advance(this.#nextOf(any), gone, this.#clock.monotonicMs());
    this.#ready += stream.dueCount;
    for (const segment of dropped) {
      this.#byName.delete(segment.name);
      this.#load.remove(pooledLoad(segment));
    }
    if (stream.count > 0) return;
    this.#streams.delete(name);
    this.#held.delete(name);
  }

  /** Whether a segment has no place: behind the ledger, contradicting it, or too far ahead of its stream. */
  #placeFault(segment: Segment, { named }: Speaker, name: string): Admission | null {
    if (named !== null) return null;
    const { author, firstSequence, entries } = segment;
    if (firstSequence + entries.length > Number.MAX_SAFE_INTEGER) return turnedAway('BAD_FORMAT', null);
    const head = headOf(this.#state, this.#chainId, segment);
    if (firstSequence + entries.length <= head.nextSequence) return this.#duplicate(segment, name);
    // A terminal's fork goes into a block, which freezes it.
    if (!continuesHead(segment, head) && terminalParts(author) === null)
      return turnedAway('FORK', segment, head.nextSequence);
    const stream = this.#streams.get(streamName(segment));
    const reach = stream?.reach ?? head.nextSequence;
    const behind = stream === undefined ? 0 : stream.count - stream.readyCount;
    if (firstSequence > reach && behind >= this.#limits.behindGapMax) return turnedAway('GAP', segment, reach);
    return null;
  }

  #loadFault(segment: Segment, size: number): Admission | null {
    const load = { author: segment.author, bytes: size, entries: segment.entries.length };
    if (this.#unchecked.size < this.#limits.uncheckedMax && !this.#load.isFull(load)) return null;
    const next =
      this.#streams.get(streamName(segment))?.reach ?? headOf(this.#state, this.#chainId, segment).nextSequence;
    return turnedAway('BUSY', segment, next, this.#load.retryAfterMs);
  }

  /** The sequence that the ledger takes next; none at all from an author that may no longer speak. */
  #nextOf(of: Pooled): number {
    if (of.salvaged) return readSalvage(this.#state, of).spans[0]?.firstSequence ?? Number.MAX_SAFE_INTEGER;
    if (speakingKey(this.#state, of.author, of.epoch) === null) return Number.MAX_SAFE_INTEGER;
    return headOf(this.#state, this.#chainId, of).nextSequence;
  }

  /** Notes whether the ledger lets the stream wait; true where it was found waiting at all, due again or not. */
  #hold(name: string, stream: PooledStream, of: Pooled): boolean {
    const hold = of.salvaged ? null : (streamHead(this.#state, of.author, of.epoch, of.stream)?.hold ?? null);
    stream.held = hold !== null && this.#blockTimeMs < hold.sinceMs + holdMsMax && !this.#isExecuted(hold);
    if (stream.held) this.#held.add(name);
    else this.#held.delete(name);
    return hold !== null;
  }

  /** Whether nothing is waited for any more; a segment that had no room in a block can go into the next one. */
  #isExecuted({ on }: NonNullable<StreamHead['hold']>): boolean {
    if (on === null) return true;
    const head = streamHead(this.#state, on.author, on.epoch, on.stream);
    return head !== null && head.nextSequence > on.sequence;
  }
}

/** Whether a segment that begins at the ledger's end or before it agrees with the ledger there; true for one that begins later. */
function continuesHead(
  segment: Segment,
  head: { readonly nextSequence: number; readonly headHash: Uint8Array },
): boolean {
  const { firstSequence, previousHash, entries } = segment;
  if (firstSequence > head.nextSequence) return true;
  const known = entries.slice(0, head.nextSequence - firstSequence);
  return equalBytes(segmentHead({ previousHash, entries: known }), head.headHash);
}

function loadOf({ author, entries }: Segment, bytes: Uint8Array): SegmentLoad {
  return { author, bytes: bytes.length, entries: entries.length };
}

function pooledLoad({ author, bytes, first, last }: Pooled): SegmentLoad {
  return { author, bytes: bytes.length, entries: last - first + 1 };
}
