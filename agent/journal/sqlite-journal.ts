/** The journal over one SQLite file: wires the tables together and keeps their order. journal.ts says what it promises. */
import { assert } from '#core/assert';
import { encode } from '#core/format';
import type { Log } from '#core/log';
import { chainHash, entryFormat } from '#ledger/journal/entry';
import { streamOf, traceStream, valueStream } from '#ledger/journal/stream';
import type { Receipt } from '#ledger/receipt';
import type { OutgoingSegment } from '#sync/outbox/outbox-source';
import { adoptSegment } from './adoption.ts';
import { type AnchorMatch, FaultRecord, type JournalFault, matchAnchor } from './anchors.ts';
import { Checkpoints } from './checkpoints.ts';
import { type Claim, ClaimTable, claimsMax } from './claim-table.ts';
import { DiskReserve } from './disk-reserve.ts';
import { encodeNote } from './entry-note.ts';
import type { EntryPlace, EntryState, StreamHead } from './entry-state.ts';
import { EntryTable, entryId } from './entry-table.ts';
import { JournalError } from './errors.ts';
import type {
  EntryDraft,
  Journal,
  JournalCounters,
  JournalTransaction,
  OpenJournalOptions,
  QueueItem,
  StoredEntry,
} from './journal.ts';
import { type JournalDatabase, openJournalDatabase, type Synchronous, translated } from './journal-database.ts';
import { countersOf, JournalReader, openPlaces } from './journal-reader.ts';
import { MetaTable } from './meta-table.ts';
import type { Progress, StreamProgress } from './progress.ts';
import { ProgressStore } from './progress-store.ts';
import { SegmentSealer } from './segment-sealer.ts';
import { type SettledEntry, Settlement, type SettlementNews } from './settlement.ts';
import { type Books, ShiftBooks, type ShiftMark } from './shift-books.ts';
import { prepareStateDirectory } from './state-directory.ts';
import { Transactor } from './transactor.ts';

const pageBytes = 4_096;
const bytesMaxDefault = 4 * 1024 ** 3;
const reserveBytesDefault = 4 * 1024 ** 2;
const claimsPageMax = 10_000;
const streamKinds = [valueStream, traceStream] as const;

/** Kinds that end what was begun: they may use the reserve when the disk is full. */
const privileged: ReadonlySet<string> = new Set(['basket.capture', 'basket.release', 'right.release']);

/** The parts of an open journal. */
interface Parts {
  readonly database: JournalDatabase;
  readonly entries: EntryTable;
  readonly reader: JournalReader;
  readonly claims: ClaimTable;
  readonly meta: MetaTable;
  readonly sealer: SegmentSealer;
  readonly shifts: ShiftBooks;
  readonly faults: FaultRecord;
  readonly settlement: Settlement;
  readonly store: ProgressStore;
  readonly reserve: DiskReserve;
  readonly transactor: Transactor;
}

function partsOf(options: OpenJournalOptions, database: JournalDatabase): Parts {
  const entries = new EntryTable(database);
  const claims = new ClaimTable(database);
  const shifts = new ShiftBooks(database);
  const faults = new FaultRecord(database, options.epoch, options.log);
  const checkpoints = new Checkpoints(database, options, entries);
  const sealer = new SegmentSealer(database, options, entries);
  const { account, epoch, path } = options;
  const settlement = new Settlement({ account, epoch, entries, claims, faults, shifts, checkpoints });
  const store = new ProgressStore(database, { path, identity: options, entries, sealer, checkpoints, shifts });
  const reservePages = Math.ceil((options.reserveBytes ?? reserveBytesDefault) / pageBytes);
  const reserve = new DiskReserve(database, { path, pagesMax: pagesMaxOf(options), reservePages });
  reserve.fill();
  const transactor = new Transactor(database, reserve, store.load(epoch));
  const meta = new MetaTable(database);
  const reader = new JournalReader(entries);
  return { database, entries, reader, claims, meta, sealer, shifts, faults, settlement, store, reserve, transactor };
}

function pagesMaxOf(options: OpenJournalOptions): number {
  return Math.floor((options.bytesMax ?? bytesMaxDefault) / pageBytes);
}

/** The one implementation of `Journal`. */
export class SqliteJournal implements Journal {
  readonly account: string;
  readonly epoch: number;
  readonly #options: OpenJournalOptions;
  readonly #log: Log;
  readonly #parts: Parts;
  readonly #settledListeners = new Set<(settled: readonly SettledEntry[]) => void>();
  readonly #faultListeners = new Set<(fault: JournalFault) => void>();
  readonly #compared = new Set<number>();
  #claimCount: number;

  private constructor(options: OpenJournalOptions, parts: Parts) {
    this.account = options.account;
    this.epoch = options.epoch;
    this.#options = options;
    this.#log = options.log;
    this.#parts = parts;
    this.#claimCount = parts.claims.count();
  }

  /** See `openJournal`. */
  static open(options: OpenJournalOptions, synchronous: Synchronous): SqliteJournal {
    prepareStateDirectory(options.path, options.allowVolatile ?? false);
    const { path, chainId, account } = options;
    const database = openJournalDatabase({ path, chainId, account, pagesMax: pagesMaxOf(options), synchronous });
    try {
      return new SqliteJournal(options, partsOf(options, database));
    } catch (error) {
      database.close();
      throw translated(error, path);
    }
  }

  get #progress(): Progress {
    return this.#parts.transactor.progress;
  }

  #current(progress: Progress, stream: number): StreamProgress {
    const found = progress.find(this.epoch, stream);
    assert(found !== undefined, `stream ${stream} is one of a journal's`);
    return found;
  }

  atomically<T>(work: (tx: JournalTransaction) => T): T {
    const claimsBefore = this.#claimCount;
    let live = true;
    try {
      return this.#parts.transactor.run((staged) => work(this.#transaction(staged, () => live)));
    } catch (error) {
      this.#claimCount = claimsBefore;
      throw error;
    } finally {
      live = false;
    }
  }

  #transaction(staged: Progress, live: () => boolean): JournalTransaction {
    const { claims, meta, settlement } = this.#parts;
    let holder: number | null = null;
    const use = (): void => assert(live(), 'a transaction is not used after it ended');
    return {
      append: (draft) => {
        use();
        const place = this.#append(staged, draft);
        holder = entryId(this.#current(staged, place.stream).id, place.sequence);
        return place;
      },
      putClaim: (claim) => {
        use();
        this.#putClaim(claim, holder);
      },
      dropClaim: (unit) => {
        use();
        if (claims.drop(unit)) this.#claimCount--;
      },
      claim: (unit) => claims.get(unit),
      putMeta: (key, value) => {
        use();
        meta.put(key, value);
      },
      dropMeta: (key) => {
        use();
        meta.drop(key);
      },
      meta: (key) => meta.get(key),
      declareLost: (place) => {
        use();
        settlement.declareLost(staged, place, 0);
        this.#parts.store.save(staged);
      },
    };
  }

  #putClaim(claim: Claim, holder: number | null): void {
    const { claims } = this.#parts;
    const isNew = claims.get(claim.unit) === null;
    if (isNew && this.#claimCount >= claimsMax) {
      const message = `The unit ${claim.unit} was not claimed: the used-set holds ${claimsMax} units. Drop claims that the ledger already knows.`;
      throw new JournalError({ code: 'JOURNAL_LIMIT', message, context: { unit: claim.unit } });
    }
    const own = claim.terminal === this.account;
    claims.put(claim, own ? (holder ?? claims.holderOf(claim.unit)) : null);
    if (isNew) this.#claimCount++;
  }

  #append(staged: Progress, draft: EntryDraft): EntryPlace {
    this.#parts.faults.assertWritable();
    const { note, ...rest } = draft;
    const { kind } = rest.operation;
    if (!privileged.has(kind)) this.#parts.reserve.assertRoom();
    const stream = this.#current(staged, streamOf(kind));
    const sequence = stream.nextSequence;
    const bytes = encode(entryFormat, { sequence, ...rest });
    const chain = chainHash(stream.headHash, bytes);
    const id = entryId(stream.id, sequence);
    this.#parts.entries.insert({ id, kind, entry: bytes, chain, note: encodeNote(note) });
    stream.nextSequence = sequence + 1;
    stream.headHash = chain;
    staged.accept(stream.id, { sequence, ...rest }, note);
    return { epoch: this.epoch, stream: stream.stream, sequence };
  }

  nextSegments(limit: { readonly count: number; readonly bytes: number }): readonly OutgoingSegment[] {
    const ids = streamKinds.map((stream) => this.#current(this.#progress, stream).id);
    return this.#parts.transactor.runFromReserve((staged) => this.#parts.sealer.next(staged, ids, limit));
  }

  settle(receipts: readonly Receipt[]): void {
    if (receipts.length === 0) return;
    const news = this.#parts.transactor.runFromReserve((staged) => {
      const found = this.#parts.settlement.apply(staged, receipts);
      if (found.settled.length > 0) this.#parts.store.save(staged);
      return found;
    });
    this.#claimCount = this.#parts.claims.count();
    this.#announce(news);
  }

  #announce(news: SettlementNews): void {
    if (news.faults.length > 0) this.#parts.faults.reload();
    for (const fault of news.faults) for (const listener of this.#faultListeners) listener(fault);
    if (news.settled.length === 0) return;
    for (const listener of this.#settledListeners) listener(news.settled);
  }

  head(stream: number): StreamHead {
    const { nextSequence, headHash } = this.#current(this.#progress, stream);
    return { stream, nextSequence, headHash };
  }

  hashAt(stream: number, sequence: number): Uint8Array | null {
    const found = this.#current(this.#progress, stream);
    if (sequence < 0) return found.seed;
    if (sequence >= found.nextSequence) return null;
    return this.#parts.entries.get(entryId(found.id, sequence))?.chain ?? null;
  }

  stateOf(place: EntryPlace): EntryState | null {
    return this.#parts.reader.stateOf(this.#progress, place);
  }

  entry(place: EntryPlace): StoredEntry | null {
    return this.#parts.reader.entry(this.#progress, place);
  }

  queue(page: { readonly limit: number; readonly after?: EntryPlace }): readonly QueueItem[] {
    return this.#parts.reader.queue(this.#progress, page);
  }

  openReservations(): readonly EntryPlace[] {
    return openPlaces(this.#progress);
  }

  counters(): JournalCounters {
    return countersOf(this.#progress, this.epoch, this.#claimCount);
  }

  claim(unit: string): Claim | null {
    return this.#parts.claims.get(unit);
  }

  claims(page: { readonly limit: number; readonly afterUnit?: string }): readonly Claim[] {
    return this.#parts.claims.page(page.afterUnit ?? '', Math.min(page.limit, claimsPageMax));
  }

  reservedBy(terminal: string, limit: number): readonly string[] {
    return this.#parts.claims.reservedBy(terminal, Math.min(limit, claimsPageMax));
  }

  meta(key: string): Uint8Array | null {
    return this.#parts.meta.get(key);
  }

  metaKeys(prefix: string, limit: number): readonly string[] {
    return this.#parts.meta.keys(prefix, limit);
  }

  openShift(mark: ShiftMark): number {
    const { shifts, transactor, store } = this.#parts;
    assert(!shifts.attended, 'a shift is open already');
    return this.#withShifts(() =>
      transactor.run((staged) => {
        shifts.end(mark.atMs, staged.tally, store.countPending(staged));
        return shifts.begin(mark.label ?? 'shift', mark.atMs, staged.tally);
      }),
    );
  }

  closeShift(mark: ShiftMark): Books {
    const { shifts, transactor, store } = this.#parts;
    return this.#withShifts(() =>
      transactor.run((staged) => {
        const books = shifts.end(mark.atMs, staged.tally, store.countPending(staged));
        shifts.begin(null, mark.atMs, staged.tally);
        return books;
      }),
    );
  }

  #withShifts<T>(work: () => T): T {
    try {
      return work();
    } finally {
      this.#parts.shifts.reload();
    }
  }

  books(shift?: number): Books | null {
    const { tally, streams } = this.#progress;
    let count = 0;
    for (const stream of streams.values()) count += stream.pending;
    return this.#parts.shifts.books(shift, tally, () => ({ ...tally.pending(), count }));
  }

  compareWithAnchor(stream: number, anchor: Omit<StreamHead, 'stream'> | null): AnchorMatch {
    const { nextSequence } = this.head(stream);
    const match = matchAnchor({ nextSequence, hashAt: (sequence) => this.hashAt(stream, sequence) }, anchor);
    if (match === 'equal' || match === 'ahead') {
      this.#compared.add(stream);
      return match;
    }
    assert(anchor !== null, 'nothing is behind or forked from an anchor that has nothing');
    const place = { epoch: this.epoch, stream, sequence: Math.max(0, anchor.nextSequence - 1) };
    const code = match === 'behind' ? 'JOURNAL_BEHIND' : 'FORKED_JOURNAL';
    const detail =
      match === 'behind'
        ? `Entries ${nextSequence} to ${place.sequence} are known outside and missing here.`
        : `Entry ${place.sequence} is known outside with another content than here.`;
    const fault = this.#parts.transactor.run(() => this.#parts.faults.add(code, place, detail));
    this.#announce({ settled: [], faults: fault === null ? [] : [fault] });
    return match;
  }

  adopt(segmentBytes: Uint8Array): number {
    const { entries, sealer, transactor, faults } = this.#parts;
    const added = transactor.run((staged) => {
      const result = adoptSegment(
        { identity: this.#options, epoch: this.epoch, entries, sealer, staged },
        segmentBytes,
      );
      if (!result.ok) {
        this.#log.warn({ reason: result.reason }, 'segment not adopted');
        return 0;
      }
      faults.resolveBehind(result.value.stream, result.value.nextSequence);
      return result.value.added;
    });
    faults.reload();
    return added;
  }

  get anchored(): boolean {
    return this.#compared.size === streamKinds.length && this.blockedBy === null;
  }

  get blockedBy(): JournalFault | null {
    return this.#parts.faults.blockedBy;
  }

  get full(): boolean {
    return this.#parts.reserve.full;
  }

  faults(): readonly JournalFault[] {
    return this.#parts.faults.list();
  }

  onSettled(listener: (settled: readonly SettledEntry[]) => void): () => void {
    this.#settledListeners.add(listener);
    return () => void this.#settledListeners.delete(listener);
  }

  onFault(listener: (fault: JournalFault) => void): () => void {
    this.#faultListeners.add(listener);
    return () => void this.#faultListeners.delete(listener);
  }

  scrub(): void {
    this.#parts.store.scrub(this.#progress);
  }

  close(): void {
    assert(!this.#parts.transactor.running, 'a journal is not closed inside a transaction');
    this.#parts.database.close();
  }
}
