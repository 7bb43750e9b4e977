/**
 * Segments on their way into a block: admitted once, held within limits, handed out in each stream's order.
 * What a terminal sent twice is answered from the store; what cannot be ordered is turned away with a reason.
 */
import { equalBytes, toHex } from '#core/bytes';
import type { Clock } from '#core/clock';
import { decode } from '#core/format';
import { terminalParts } from '#ledger/ids';
import { type SpeakerFault, speakerOf } from '#ledger/journal/admit-segment';
import { speakingKey } from '#ledger/journal/author-key';
import { holdMsMax } from '#ledger/journal/dependency';
import { readSalvage } from '#ledger/journal/salvage';
import { type Segment, segmentBytesMax, segmentFormat, segmentHead, verifySegment } from '#ledger/journal/segment';
import type { StreamId } from '#ledger/journal/stream';
import { headOf, type StreamHead, streamHead } from '#ledger/journal/stream-head';
import type { LedgerView } from '#ledger/state/view';
import { bodyDigest } from '../wire/block.ts';
import { noteEntryCount } from './entry-count.ts';
import { type Pooled, PooledStream } from './pooled-stream.ts';

/** Limits of the pool. Bytes are of encoded segments. */
export interface PoolLimits {
  readonly segmentsMax: number;
  readonly bytesMax: number;
  readonly segmentsMaxAuthor: number;
  readonly bytesMaxAuthor: number;
  /** Segments of one stream that wait behind a gap. */
  readonly behindGapMax: number;
}

/** Bounds of a validator in production. */
export const poolLimits: PoolLimits = {
  segmentsMax: 32_768,
  bytesMax: 128 * 1024 * 1024,
  segmentsMaxAuthor: 2_048,
  bytesMaxAuthor: 32 * 1024 * 1024,
  behindGapMax: 64,
};

/** Why a segment is turned away. `BUSY`: later perhaps. */
export type TurnAway = 'BAD_FORMAT' | SpeakerFault | 'BAD_SIGNATURE' | 'GAP' | 'FORK' | 'BUSY';

/** What became of a segment at the door. `segment` where it could be read. */
export type Admission =
  | { readonly kind: 'admitted'; readonly pooled: Pooled }
  | { readonly kind: 'known' }
  | { readonly kind: 'duplicate'; readonly segment: Segment }
  | {
      readonly kind: 'turned-away';
      readonly reason: TurnAway;
      readonly segment: Segment | null;
      readonly nextSequence: number | null;
    };

/** What a block may take. */
export interface GatherLimits {
  readonly segments: number;
  readonly bytes: number;
  readonly entries: number;
}

interface AuthorLoad {
  segments: number;
  bytes: number;
}

type PlacedStream = Pick<Pooled, 'author' | 'epoch' | 'stream'> & { readonly salvaged?: boolean };

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
  readonly #authors = new Map<string, AuthorLoad>();
  /** Which key a body's signature was found good with; a body is verified once. */
  readonly #genuine = new WeakMap<Uint8Array, Uint8Array>();
  /** Names of streams that the ledger lets wait for another journal. */
  readonly #held = new Set<string>();
  #blockTimeMs = 0;
  #bytes = 0;
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
  }

  get count(): number {
    return this.#byName.size;
  }

  /** When a segment came in, monotonic ms, if it is here. */
  arrivedMs(name: string): number | undefined {
    return this.#byName.get(name)?.knownMs;
  }

  /** Takes a segment's bytes, of which nothing is known. Never throws. */
  admit(bytes: Uint8Array): Admission {
    if (bytes.length > segmentBytesMax) return turnedAway('BAD_FORMAT', null);
    const digest = bodyDigest(bytes);
    const name = toHex(digest);
    if (this.#byName.has(name)) return { kind: 'known' };
    const decoded = decode(segmentFormat, bytes);
    if (!decoded.ok) return turnedAway('BAD_FORMAT', null);
    const segment = decoded.value;
    const speaker = speakerOf(this.#state, segment);
    if (typeof speaker === 'string') return turnedAway(speaker, segment);
    const salvaged = speaker.named !== null;
    const fault = salvaged ? this.#loadFault(segment, bytes.length) : this.#placeFault(segment, bytes.length);
    if (fault !== null) return fault;
    if (!this.isGenuine(segment, bytes, speaker.publicKey)) return turnedAway('BAD_SIGNATURE', segment);
    const nowMs = this.#clock.monotonicMs();
    const { author, epoch, stream, firstSequence: first, entries } = segment;
    noteEntryCount(bytes, entries.length);
    const last = first + entries.length - 1;
    const pooled = {
      digest,
      name,
      bytes,
      author,
      epoch,
      stream,
      first,
      last,
      knownMs: nowMs,
      readyMs: null,
      gossiped: false,
      salvaged,
    };
    this.#add(pooled, nowMs);
    return { kind: 'admitted', pooled };
  }

  /** Whether the key signed the segment; remembered by the identity of its bytes. */
  isGenuine(segment: Segment, bytes: Uint8Array, publicKey: Uint8Array): boolean {
    const known = this.#genuine.get(bytes);
    if (known !== undefined && equalBytes(known, publicKey)) return true;
    const genuine = verifySegment(this.#chainId, segment, publicKey);
    if (genuine) this.#genuine.set(bytes, publicKey);
    return genuine;
  }

  /** The body of a digest, if it waits here. */
  body(name: string): Uint8Array | undefined {
    return this.#byName.get(name)?.bytes;
  }

  /** How many segments could go into a block now, and which of them waits longest. */
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

  /** Digests for a block: each stream's in order, one of each stream in turn, within the limits. */
  gather(limits: GatherLimits): Uint8Array[] {
    const digests: Uint8Array[] = [];
    let bytes = 0;
    let entries = 0;
    let open = [...this.#streams.values()].filter((stream) => stream.dueCount > 0);
    for (let turn = 0; open.length > 0; turn++) {
      open = open.filter((stream) => {
        const segment = turn < stream.dueCount ? stream.all()[turn] : undefined;
        if (segment === undefined) return false;
        const count = segment.last - segment.first + 1;
        const fits =
          digests.length < limits.segments &&
          bytes + segment.bytes.length <= limits.bytes &&
          entries + count <= limits.entries;
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
    for (const name of ordered) {
      const pooled = this.#byName.get(name);
      if (pooled !== undefined) touched.add(streamName(pooled));
    }
    for (const name of touched) this.#advance(name, ordered);
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
    this.#bytes += pooled.bytes.length;
    const load = this.#authors.get(pooled.author) ?? { segments: 0, bytes: 0 };
    load.segments++;
    load.bytes += pooled.bytes.length;
    this.#authors.set(pooled.author, load);
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
    for (const { name: digest, author, bytes } of dropped) {
      this.#byName.delete(digest);
      this.#bytes -= bytes.length;
      const load = this.#authors.get(author);
      if (load === undefined) continue;
      load.segments--;
      load.bytes -= bytes.length;
      if (load.segments === 0) this.#authors.delete(author);
    }
    if (stream.count > 0) return;
    this.#streams.delete(name);
    this.#held.delete(name);
  }

  /** Whether a segment has a place: not behind the ledger, not contradicting it, not beyond the limits. */
  #placeFault(segment: Segment, size: number): Admission | null {
    const { author, firstSequence, entries } = segment;
    if (firstSequence + entries.length > Number.MAX_SAFE_INTEGER) return turnedAway('BAD_FORMAT', null);
    const head = headOf(this.#state, this.#chainId, segment);
    if (firstSequence + entries.length <= head.nextSequence) return { kind: 'duplicate', segment };
    // A terminal's fork goes into a block, which freezes it.
    if (!continuesHead(segment, head) && terminalParts(author) === null)
      return turnedAway('FORK', segment, head.nextSequence);
    const stream = this.#streams.get(streamName(segment));
    const reach = stream?.reach ?? head.nextSequence;
    const behind = stream === undefined ? 0 : stream.count - stream.readyCount;
    if (firstSequence > reach && behind >= this.#limits.behindGapMax) return turnedAway('GAP', segment, reach);
    return this.#loadFault(segment, size);
  }

  #loadFault(segment: Segment, size: number): Admission | null {
    const { author } = segment;
    const load = this.#authors.get(author) ?? { segments: 0, bytes: 0 };
    const full =
      this.#byName.size >= this.#limits.segmentsMax ||
      this.#bytes + size > this.#limits.bytesMax ||
      load.segments >= this.#limits.segmentsMaxAuthor ||
      load.bytes + size > this.#limits.bytesMaxAuthor;
    return full ? turnedAway('BUSY', segment, headOf(this.#state, this.#chainId, segment).nextSequence) : null;
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

function turnedAway(reason: TurnAway, segment: Segment | null, nextSequence: number | null = null): Admission {
  return { kind: 'turned-away', reason, segment, nextSequence };
}
