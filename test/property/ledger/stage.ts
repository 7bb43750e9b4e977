/** A region in a test: a ledger, the journals that everybody writes for it, and blocks. What is written stands on what the ledger knows. */
import { utf8 } from '#core/bytes';
import { encode } from '#core/format';
import { sha256 } from '#core/hash';
import type { OperationOf } from '#ledger/effect';
import { type ExecutedBlock, executeBlock } from '#ledger/execute';
import { authorKey, authorKeyOf } from '#ledger/journal/author-key';
import { chainHash, entryFormat } from '#ledger/journal/entry';
import { sealSegment, segmentFormat } from '#ledger/journal/segment';
import { streamOf } from '#ledger/journal/stream';
import { headOf } from '#ledger/journal/stream-head';
import type { Operation, OperationKind } from '#ledger/operation';
import type { Receipt } from '#ledger/receipt';
import { LedgerState } from '#ledger/state/ledger-state';
import { MemoryObjects } from '#ledger/state/memory-objects';
import { chainId, type EntryTime, type PastBlock, type World } from '../../unit/ledger/world.ts';
import type { Dice } from './dice.ts';
import { seedFor } from './keys.ts';
import { SharedObjects } from './shared-objects.ts';

/** Somebody's entry. */
export interface Act {
  readonly author: string;
  readonly operation: Operation;
  readonly time?: EntryTime;
  /** Starts a segment of its own. */
  readonly apart?: boolean;
}

/** A segment that somebody sends as it is. `later`: in the block after the next. */
export interface Sent {
  readonly segment: Uint8Array;
  readonly later?: boolean;
}

/** What one step does. */
export type Deed = Act | Sent;

interface OpenSegment {
  readonly author: string;
  readonly epoch: number;
  readonly stream: number;
  readonly firstSequence: number;
  readonly previousHash: Uint8Array;
  readonly entries: Uint8Array[];
  readonly signature: Uint8Array;
}

interface Journal {
  next: number;
  head: Uint8Array;
  last: OpenSegment | null;
}

/** A block that was committed, and what each receipt answers. */
export interface PlayedBlock extends ExecutedBlock {
  readonly timeMs: number;
  /** By the place of the receipt; undefined for what no act of this stage has written. */
  readonly operations: readonly (Operation | undefined)[];
}

const nameOf = (hash: Uint8Array): string => Buffer.from(hash).toString('latin1');

const unsigned = new Uint8Array(64);

function beaconOf(height: number): Uint8Array {
  const half = sha256(utf8(`beacon ${height}`));
  return Uint8Array.from([...half, ...half.map((byte) => byte ^ 0x5a)]);
}

/** A state to begin many stages with. */
export class Opening {
  readonly world: World;
  readonly #objects = new MemoryObjects();

  constructor(world: World) {
    this.world = world;
    const { state } = world;
    const copy = LedgerState.open(this.#objects);
    const overlay = copy.overlay();
    for (const shard of state.shardIds())
      for (const { key, value } of state.leaves(shard)) overlay.put(shard, key, value);
    copy.commit(copy.evaluate(overlay, 0));
  }

  /** A stage that stands where the opening ended. */
  stage(): Stage {
    const { height, timeMs } = this.world;
    return new Stage(LedgerState.open(new SharedObjects(this.#objects)), { height, timeMs });
  }
}

/** See the head of the file. */
export class Stage {
  readonly state: LedgerState;
  height: number;
  timeMs: number;
  /** Whether segments carry signatures, which are then checked. */
  signs = false;
  /** Longest time from block to block. */
  waitMsMax = Number.POSITIVE_INFINITY;
  /** The series that this case is mostly about. */
  favourite = 0;
  readonly blocks: PastBlock[] = [];
  readonly #journals = new Map<string, Journal>();
  /** By the chain hash of its entry. */
  readonly #said = new Map<string, Operation>();
  #pending: (OpenSegment | Uint8Array)[] = [];
  #later: Uint8Array[] = [];
  /** Segments of which something waits. */
  #waiting: OpenSegment[] = [];

  constructor(state: LedgerState, at: { readonly height: number; readonly timeMs: number }) {
    this.state = state;
    this.height = at.height;
    this.timeMs = at.timeMs;
  }

  /** The epoch that the author's key is in. */
  epochOf(author: string): number {
    return authorKey(this.state, author)?.epoch ?? 0;
  }

  /** The sequence that the author's next entry in the stream gets. */
  next(author: string, stream = 0): number {
    return this.#journal(author, stream).next;
  }

  #journal(author: string, stream: number): Journal {
    const name = `${author} ${stream}`;
    let journal = this.#journals.get(name);
    if (journal === undefined) {
      const epoch = this.epochOf(author);
      const waiting = this.#waiting.findLast(
        (one) => one.author === author && one.epoch === epoch && one.stream === stream,
      );
      const { nextSequence, headHash } = headOf(this.state, chainId, { author, epoch, stream });
      journal = { next: nextSequence, head: headHash, last: null };
      if (waiting !== undefined) {
        journal.next = waiting.firstSequence + waiting.entries.length;
        journal.head = waiting.entries.reduce((hash, entry) => chainHash(hash, entry), waiting.previousHash);
      }
      this.#journals.set(name, journal);
    }
    return journal;
  }

  /** The bytes of an entry. */
  entryBytes(sequence: number, operation: Operation, time: EntryTime = {}): Uint8Array {
    return encode(entryFormat, {
      sequence,
      seenHeight: time.seenHeight ?? this.height,
      timeLowMs: time.timeLowMs ?? this.timeMs,
      timeHighMs: time.timeHighMs ?? time.timeLowMs ?? this.timeMs,
      notAfterMs: time.notAfterMs ?? null,
      dependsOn: time.dependsOn ?? null,
      operation,
    });
  }

  /** Takes part in the next block. */
  take(deed: Deed): void {
    if ('segment' in deed) {
      if (deed.later === true) this.#later.push(deed.segment);
      else this.#pending.push(deed.segment);
      return;
    }
    const { author, operation, time, apart = false } = deed;
    const stream = streamOf(operation.kind);
    const epoch = this.epochOf(author);
    const journal = this.#journal(author, stream);
    const bytes = this.entryBytes(journal.next, operation, time);
    if (journal.last === null || apart) {
      const place = { author, epoch, stream, firstSequence: journal.next, previousHash: journal.head };
      journal.last = { ...place, entries: [], signature: unsigned };
      this.#pending.push(journal.last);
    }
    journal.last.entries.push(bytes);
    journal.next++;
    journal.head = chainHash(journal.head, bytes);
    this.#said.set(nameOf(journal.head), operation);
  }

  /** As `take` for bytes that are said to be entries, in a segment of their own. */
  takeRaw(author: string, stream: number, entries: readonly Uint8Array[]): void {
    const { next, head } = this.#journal(author, stream);
    const place = { author, epoch: this.epochOf(author), stream, firstSequence: next, previousHash: head };
    this.#pending.push({ ...place, entries: [...entries], signature: unsigned });
  }

  #sealed(segment: OpenSegment): Uint8Array {
    if (!this.signs) return encode(segmentFormat, segment);
    const key = authorKeyOf(this.state, segment.author, segment.epoch);
    return sealSegment(chainId, segment, seedFor(key?.publicKey ?? null));
  }

  #execute(segments: readonly Uint8Array[]): ExecutedBlock {
    const { height, timeMs, signs } = this;
    const block = { chainId, height: height + 1, timeMs, segments, beacon: beaconOf(height + 1) };
    return executeBlock(this.state, signs ? block : { ...block, isGenuine: () => true });
  }

  /** The block of all that was taken since the last one, on the state as it is; it is not committed. */
  tried(): { readonly executed: ExecutedBlock; readonly again: ExecutedBlock } {
    const segments = this.#pending.map((one) => (one instanceof Uint8Array ? one : this.#sealed(one)));
    return { executed: this.#execute(segments), again: this.#execute(segments) };
  }

  /** Drops all that was taken since the last block. */
  forget(): void {
    this.#pending = [];
    this.#journals.clear();
  }

  /** Executes and commits all that was taken since the last block. */
  close(laterMs = 0): PlayedBlock {
    this.timeMs += laterMs;
    const parts = [...this.#waiting, ...this.#pending];
    const segments = parts.map((one) => (one instanceof Uint8Array ? one : this.#sealed(one)));
    const executed = this.#execute(segments);
    const { timeMs } = this;
    this.blocks.push({ timeMs, beacon: beaconOf(this.height + 1), segments, resultRoot: executed.resultRoot });
    this.state.commit(executed.change);
    this.height++;
    this.#waiting = this.#stillWaiting(parts, executed);
    this.#pending = this.#later;
    this.#later = [];
    this.#journals.clear();
    const operations = executed.receipts.map((receipt) => this.#said.get(nameOf(receipt.entryHash)));
    return { ...executed, timeMs, operations };
  }

  /** Segments that wait, and those behind them in the same stream. */
  #stillWaiting(parts: readonly (OpenSegment | Uint8Array)[], { skipped }: ExecutedBlock): OpenSegment[] {
    const waiting: OpenSegment[] = [];
    for (const { index, reason } of skipped) {
      const part = parts[index];
      if (part === undefined || part instanceof Uint8Array) continue;
      const isBehind = waiting.some(
        ({ author, epoch, stream }) => author === part.author && epoch === part.epoch && stream === part.stream,
      );
      if (reason === 'WAITING' || (reason === 'GAP' && isBehind)) waiting.push(part);
    }
    return waiting;
  }
}

/** Where a receipt's entry stands. */
export function placeOf({ author, epoch, stream, sequence }: Receipt): string {
  return `${author} ${epoch} ${stream} ${sequence}`;
}

/** What a step may do as the stage stands; null where there is nothing to do it with. */
export type Move = (stage: Stage, dice: Dice) => Deed | readonly Deed[] | null;

/** Moves by the kind of operation that they bring about. */
export type Moves<K extends OperationKind> = { readonly [P in K]: Move };

/** An act of a kind. */
export function act<K extends OperationKind>(author: string, operation: OperationOf<K>, time: EntryTime = {}): Act {
  return { author, operation: operation as Operation, time };
}
