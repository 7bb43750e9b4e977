/**
 * The validator's disk: bodies, blocks, votes and state in one SQLite file, one transaction a committed block.
 * What `begin` and `commit` wrote is fsynced when they return; what `storeProposal` and `putRecord` wrote, together and
 * in one fsync, when the next `flush` or `commit` returns. Rows are compared with their hashes when they are read: a rotten one
 * counts as not there, and can be written again by `heal`; a rotten state or chain is `STORE_CORRUPT`.
 */
import { assert } from '#core/assert';
import { decode, encode, type Format } from '#core/format';
import type { ShardId } from '#ledger/ids';
import { type Receipt, receiptFormat } from '#ledger/receipt';
import type { ShardDelta } from '#ledger/state/delta';
import { History, type HistoryNode } from '#ledger/state/history';
import type { HistoryProof } from '#ledger/state/history-proof';
import type { StateChange } from '#ledger/state/ledger-state';
import { type ChainState, chainStateFormat } from '../pbft/chain.ts';
import { silentUntilFoundOut } from '../pbft/silence.ts';
import { type VoteRecord, voteRecordFormat } from '../pbft/vote-record.ts';
import type { Block } from '../wire/block.ts';
import type { EpochCertificate, LightBlock } from '../wire/gateway-message.ts';
import type { ValidatorInfo } from '../wire/genesis.ts';
import type { CommittedBlock } from '../wire/peer-message.ts';
import type { Certificate } from '../wire/vote.ts';
import { AuthoredTable } from './authored-table.ts';
import { BlockTable, type StoredResult } from './block-table.ts';
import { type Body, BodyTable } from './body-table.ts';
import { CallTable } from './call-table.ts';
import { DeltaTable } from './delta-table.ts';
import { EpochTable } from './epoch-table.ts';
import type { Executed } from './executor.ts';
import { HistoryTable } from './history-table.ts';
import { prunedAtOnce } from './retention.ts';
import type { SnapshotStart } from './snapshot-start.ts';
import { type Span, SpanTable } from './span-table.ts';
import { StateTable } from './state-table.ts';
import { MetaTable, openStoreDatabase, type StoreDatabase, type StoreOptions, storeCorrupt } from './store-database.ts';
import { lostMemoryFormat, prunedFormat, storedHistoryFormat } from './stored-formats.ts';

/** Everything that one committed block leaves behind. */
export interface Commit {
  readonly block: Block;
  readonly blockHash: Uint8Array;
  readonly certificate: Certificate;
  readonly executed: Executed;
  /** Bodies that no `storeProposal` has written before. */
  readonly bodies: readonly Body[];
  readonly chain: ChainState;
  readonly history: History;
  /** What the history gave out for this block. */
  readonly historyNodes: readonly HistoryNode[];
  /** Height up to which bodies and results may be dropped, a few at a time. */
  readonly prunableUpTo: number;
}

/** A committed block as receipts are proved from it. */
export interface CommittedResult extends StoredResult {
  readonly lightBlock: LightBlock;
}

/** The store of one validator. Methods throw what SQLite throws (disk full, I/O error): the validator then stops. */
export class BlockStore {
  readonly path: string;
  /** The objects of the state, for `LedgerState.open`. */
  readonly objects: StateTable;
  /** Segments of this validator's own journal; written after `open`, durable after the next `flush`. */
  readonly authored: AuthoredTable;
  /** Certificates of epochs after which the validators change; written after `open`, durable with what follows. */
  readonly epochs: EpochTable;
  /** Contract calls on their way; written likewise. */
  readonly calls: CallTable;
  readonly #database: StoreDatabase;
  readonly #meta: MetaTable;
  readonly #bodies: BodyTable;
  readonly #blocks: BlockTable;
  readonly #spans: SpanTable;
  readonly #deltas: DeltaTable;
  readonly #history: HistoryTable;
  /** What is asked for with every delta. */
  #lastRoot: { readonly height: number; readonly receiptsRoot: Uint8Array } | null = null;

  /** Opens or makes the store. Throws `STORE_BUSY`, `STORE_CORRUPT`, `STORE_FAILED`. */
  constructor(path: string, options: Partial<StoreOptions> = {}) {
    this.path = path;
    const database = openStoreDatabase(path, options);
    this.#database = database;
    this.objects = new StateTable(database, path);
    this.authored = new AuthoredTable(database, path);
    this.epochs = new EpochTable(database);
    this.calls = new CallTable(database, path);
    this.#meta = new MetaTable(database, path);
    this.#bodies = new BodyTable(database);
    this.#blocks = new BlockTable(database);
    this.#spans = new SpanTable(database);
    this.#deltas = new DeltaTable(database, this.#meta);
    this.#history = new HistoryTable(database);
  }

  /** Chain id that the store was made for; undefined for a new one. */
  chainId(): Uint8Array | undefined {
    return this.#meta.get('chain-id');
  }

  /**
   * Writes the state of the genesis, as a change of the empty one, into a new store. `silentUpTo` is 0 where it is known that
   * the key has never signed (SPEC R24).
   */
  begin(chainId: Uint8Array, genesis: StateChange, start: { chain: ChainState; silentUpTo: number }): void {
    assert(this.chainId() === undefined, 'the store has begun already');
    this.#atomically(() => {
      this.objects.write(genesis.changes);
      this.#putChain(start.chain, new History());
      this.#meta.put('lost-memory', encode(lostMemoryFormat, start));
      this.#meta.put('chain-id', chainId);
    });
  }

  /**
   * Puts the chain of a new founding in the place of the one that the same block left behind. What was signed in the old era is
   * no business of the new one, whose keys are others (SPEC R27).
   */
  refound(chain: ChainState, silentUpTo: number): void {
    this.#atomically(() => {
      this.#putChain(chain, this.history());
      this.#blocks.putSet(chain.validators);
      this.#meta.drop('vote-record');
      this.#meta.put('lost-memory', encode(lostMemoryFormat, { silentUpTo }));
      this.authored.clear();
    });
  }

  /** As `begin` for a store whose leaves have been loaded: it goes on after a certified block, and is pruned up to it. */
  beginAfter(chainId: Uint8Array, start: SnapshotStart): void {
    assert(this.chainId() === undefined, 'the store has begun already');
    const { lightBlock, validators, stateRoot, receiptsRoot, chain, history } = start;
    const { height } = lightBlock.header;
    this.#atomically(() => {
      this.#blocks.putHead(lightBlock);
      this.#blocks.putResult(height, { stateRoot, receiptsRoot, receipts: [] });
      this.#blocks.putSet(validators);
      this.#history.add(start.historyNodes);
      this.#deltas.startAfter(height);
      this.#meta.put('pruned', encode(prunedFormat, { height }));
      this.#meta.put('chain-before', start.chainBefore);
      this.#putChain(chain, history);
      this.#meta.put('lost-memory', encode(lostMemoryFormat, { silentUpTo: start.silentUpTo }));
      this.#meta.put('chain-id', chainId);
    });
  }

  chain(): ChainState {
    return this.#read('chain', chainStateFormat);
  }

  /** The newest block with the chain state that its header commits to; null before the first block, or if the block has rotted. */
  newestCertificate(): EpochCertificate | null {
    const { height } = this.chain();
    const lightBlock = height === 0 ? undefined : this.#blocks.lightBlock(height);
    const chainState = lightBlock === undefined ? undefined : this.#meta.get('chain-before');
    return lightBlock === undefined || chainState === undefined ? null : { lightBlock, chainState };
  }

  history(): History {
    const { count, peaks } = this.#read('history', storedHistoryFormat);
    return History.fromPeaks(count, peaks);
  }

  /** The last vote record written; null for a new store, and where `silentUpTo` says that it is lost. */
  record(): VoteRecord | null {
    const bytes = this.#meta.find('vote-record');
    const decoded = bytes === undefined ? null : decode(voteRecordFormat, bytes);
    return decoded?.ok === true ? decoded.value : null;
  }

  /** Up to which height nothing may be said because the record of what was said is lost (SPEC R24); 0 where it is whole. */
  silentUpTo(): number {
    if (this.record() !== null) return 0;
    // A record was written here, so the chain, which is whole, had left any silence behind: nothing was said above the next height.
    if (this.#meta.has('vote-record')) return this.chain().height + 1;
    const lost = this.#meta.find('lost-memory');
    const decoded = lost === undefined ? null : decode(lostMemoryFormat, lost);
    // Without a word on how this store began, it may be one that replaced another and has not caught up with it.
    return decoded?.ok === true ? decoded.value.silentUpTo : silentUntilFoundOut;
  }

  /** Overwrites the vote record, which is whole from then on; durable after the next `flush`. */
  putRecord(record: VoteRecord): void {
    this.open();
    this.#meta.put('vote-record', encode(voteRecordFormat, record));
  }

  /** Makes durable what was written since the last time, in one fsync. */
  flush(): void {
    if (this.#database.inTransaction) this.#database.exec('COMMIT');
  }

  /** Blocks that were stored for a height that is not committed. */
  proposals(height: number): Block[] {
    return this.#bodies.proposals(height);
  }

  /** Keeps an uncommitted block and its bodies; durable after the next `flush`. */
  storeProposal(block: Block, blockHash: Uint8Array, bodies: readonly Body[]): void {
    this.open();
    this.#bodies.putProposal(block, blockHash, bodies);
  }

  /** Makes a block final, in one transaction: state, receipts, deltas, chain. */
  commit(commit: Commit): void {
    const { block, certificate, executed, chain, history } = commit;
    const { height } = block.header;
    const receipts = executed.receipts.map((receipt) => encode(receiptFormat, receipt));
    this.#atomically(() => {
      this.#bodies.put(height, commit.bodies);
      this.#blocks.put(block, certificate);
      this.#blocks.putResult(height, { ...executed, receipts });
      this.#blocks.putSet(chain.validators);
      this.#spans.add(height, executed.receipts);
      this.objects.write(executed.change.changes);
      for (const { index, delta } of executed.change.changes) this.#deltas.add(index, delta);
      this.#deltas.prune(height);
      this.#history.add(commit.historyNodes);
      this.#bodies.settle(height, block);
      this.#prune(commit.prunableUpTo);
      const before = this.#meta.get('chain');
      if (before !== undefined) this.#meta.put('chain-before', before);
      this.#putChain(chain, history);
    });
  }

  /** The exact bytes of a body; undefined where it is not held. One that has rotted is not held any more. */
  body(digest: Uint8Array): Uint8Array | undefined {
    return this.#bodies.get(digest);
  }

  /** Header and certificate of a committed block. */
  lightBlock(height: number): LightBlock | undefined {
    return this.#blocks.lightBlock(height);
  }

  /** Receipts root of a committed block. */
  receiptsRoot(height: number): Uint8Array | undefined {
    if (this.#lastRoot?.height === height) return this.#lastRoot.receiptsRoot;
    const receiptsRoot = this.#blocks.result(height)?.receiptsRoot;
    if (receiptsRoot !== undefined) this.#lastRoot = { height, receiptsRoot };
    return receiptsRoot;
  }

  /** A committed block with its bodies, for a peer that lags; undefined where it is pruned, or has rotted. */
  committedBlock(height: number): CommittedBlock | undefined {
    const read = this.#blocks.block(height);
    if (read === undefined) return undefined;
    const bodies: Uint8Array[] = [];
    for (const digest of read.block.bodyDigests) {
      const bytes = this.#bodies.get(digest);
      if (bytes === undefined) {
        this.#blocks.damaged.add(height);
        return undefined;
      }
      bodies.push(bytes);
    }
    return { ...read, bodies };
  }

  /** What a committed block led to. */
  result(height: number): CommittedResult | undefined {
    const lightBlock = this.#blocks.lightBlock(height);
    const result = lightBlock === undefined ? undefined : this.#blocks.result(height);
    return lightBlock === undefined || result === undefined ? undefined : { lightBlock, ...result };
  }

  /** The validators that a header names by their hash; undefined where the set is not known here. */
  validatorSet(hash: Uint8Array): readonly ValidatorInfo[] | undefined {
    return this.#blocks.validatorSet(hash);
  }

  /** Hash of block and result at a height in the history; undefined where it is not known here. */
  historyLeaf(height: number): Uint8Array | undefined {
    return this.#history.node(0, height - 1);
  }

  /** Proves a block to whoever has the certified header of a later one, which carries the history up to its parent. */
  historyProof(height: number, laterHeight: number): HistoryProof | null {
    return this.#history.prove(height - 1, laterHeight - 1);
  }

  /** Where the receipts of a stream from a sequence on are, oldest first. */
  spans(
    of: { readonly author: string; readonly epoch: number; readonly stream: number },
    fromSequence: number,
    limit: number,
  ): Span[] {
    return this.#spans.from(of, fromSequence, limit);
  }

  /** Deltas of a shard after a height, oldest first; undefined where some are dropped or there are too many. */
  deltasAfter(shard: ShardId, height: number): ShardDelta[] | undefined {
    const number = this.objects.numberOf(shard);
    return number === undefined ? [] : this.#deltas.after(number, height);
  }

  /** Results of blocks that have rotted since the start: receipts that other validators have to answer for. */
  get resultsLost(): number {
    return this.#blocks.resultsLost;
  }

  /** Heights at which a block or a body has been found rotten and not been healed. */
  damagedHeights(): readonly number[] {
    return [...this.#blocks.damaged];
  }

  /** Reads all that is kept of a height; what has rotted is among `damagedHeights` then. */
  scrub(height: number): void {
    if (this.#meta.get('chain-id') === undefined || height <= this.prunedUpTo()) return;
    this.committedBlock(height);
    const result = this.result(height);
    for (let place = height - 1, level = 0; level < 2; level++, place = Math.floor(place / 2)) {
      this.#history.node(level, place);
    }
    if (result !== undefined) this.#spans.add(height, decodedReceipts(result.receipts));
  }

  /** Writes a block again that has been checked. */
  heal({ block, certificate, bodies }: CommittedBlock): void {
    const { height } = block.header;
    const named = block.bodyDigests.map((digest, at) => ({ digest, bytes: bodies[at] as Uint8Array }));
    this.#atomically(() => {
      this.#bodies.put(height, named);
      this.#blocks.put(block, certificate);
    });
    this.#blocks.damaged.delete(height);
  }

  /** Height up to which bodies and results have been dropped. */
  prunedUpTo(): number {
    const pruned = this.#meta.find('pruned');
    const decoded = pruned === undefined ? null : decode(prunedFormat, pruned);
    return decoded?.ok === true ? decoded.value.height : 0;
  }

  #prune(upTo: number): void {
    const from = this.prunedUpTo();
    const to = Math.min(upTo, from + prunedAtOnce);
    if (to <= from) return;
    for (let height = from + 1; height <= to; height++) {
      const result = this.#blocks.result(height);
      if (result !== undefined) this.#spans.remove(height, decodedReceipts(result.receipts));
      this.#blocks.damaged.delete(height);
    }
    this.#blocks.prune(to);
    this.#bodies.prune(to);
    this.#meta.put('pruned', encode(prunedFormat, { height: to }));
  }

  close(): void {
    this.#database.close();
  }

  /** Begins the transaction that the next `flush` or `commit` ends, unless one is open. */
  open(): void {
    if (!this.#database.inTransaction) this.#database.exec('BEGIN IMMEDIATE');
  }

  /** Does the work, and what was left open before it, as one transaction. When it fails nothing of either is left. */
  #atomically(work: () => void): void {
    this.open();
    try {
      work();
      this.#database.exec('COMMIT');
    } catch (error) {
      if (this.#database.inTransaction) this.#database.exec('ROLLBACK');
      this.objects.undone();
      throw error;
    }
  }

  #putChain(chain: ChainState, history: History): void {
    this.#meta.put('chain', encode(chainStateFormat, chain));
    this.#meta.put('history', encode(storedHistoryFormat, { count: history.count, peaks: history.peaks() }));
  }

  #read<T>(key: string, format: Format<T>): T {
    const value = this.#meta.get(key);
    if (value === undefined) return storeCorrupt(this.path, `the value "${key}" is missing`);
    const decoded = decode(format, value);
    return decoded.ok ? decoded.value : storeCorrupt(this.path, `${key} does not decode (${decoded.reason})`);
  }
}

function decodedReceipts(receipts: readonly Uint8Array[]): Receipt[] {
  return receipts.map((bytes) => {
    const decoded = decode(receiptFormat, bytes);
    assert(decoded.ok, 'a sealed receipt decodes');
    return decoded.value;
  });
}
