/**
 * The validator's disk: bodies, blocks, votes and state in one SQLite file, one transaction a committed block.
 * What `begin` and `commit` wrote is fsynced when they return; what `storeProposal` and `putRecord` wrote, together and
 * in one fsync, when the next `flush` or `commit` returns.
 */
import type Database from 'better-sqlite3';
import { assert } from '#core/assert';
import { equalBytes, toHex } from '#core/bytes';
import { decode, encode, type Format } from '#core/format';
import type { ShardId } from '#ledger/ids';
import { receiptFormat } from '#ledger/receipt';
import type { ShardDelta } from '#ledger/state/delta';
import { History, type HistoryNode } from '#ledger/state/history';
import type { HistoryProof } from '#ledger/state/history-proof';
import type { StateChange } from '#ledger/state/ledger-state';
import { type ChainState, chainStateFormat } from '../pbft/chain.ts';
import { type VoteRecord, voteRecordFormat } from '../pbft/vote-record.ts';
import { type Block, blockFormat, bodyDigest, blockHash as hashOf } from '../wire/block.ts';
import type { LightBlock } from '../wire/gateway-message.ts';
import type { CommittedBlock } from '../wire/peer-message.ts';
import { type Certificate, certificateFormat } from '../wire/vote.ts';
import { AuthoredTable } from './authored-table.ts';
import { DeltaTable } from './delta-table.ts';
import { EpochTable } from './epoch-table.ts';
import type { Executed } from './executor.ts';
import { HistoryTable } from './history-table.ts';
import { type Span, SpanTable } from './span-table.ts';
import { StateTable } from './state-table.ts';
import {
  MetaTable,
  openStoreDatabase,
  plainBytes,
  type StoreDatabase,
  type StoreOptions,
  storeCorrupt,
  storeDefaults,
} from './store-database.ts';
import { storedHistoryFormat, storedReceiptsFormat } from './stored-formats.ts';

/** A body with its digest. */
export interface Body {
  readonly digest: Uint8Array;
  readonly bytes: Uint8Array;
}

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
}

/** A committed block as receipts are proved from it. */
export interface CommittedResult {
  readonly lightBlock: LightBlock;
  readonly stateRoot: Uint8Array;
  readonly receiptsRoot: Uint8Array;
  /** Encoded receipts in order. */
  readonly receipts: readonly Uint8Array[];
}

interface BlockRow {
  readonly hash: Uint8Array;
  readonly block: Uint8Array;
  readonly certificate: Uint8Array;
  readonly state_root: Uint8Array;
  readonly receipts_root: Uint8Array;
}

const digestBytes = 32;

/** The store of one validator. Methods throw what SQLite throws (disk full, I/O error): the validator then stops. */
export class BlockStore {
  readonly path: string;
  /** The objects of the state, for `LedgerState.open`. */
  readonly objects: StateTable;
  /** Segments of this validator's own journal; written after `open`, durable after the next `flush`. */
  readonly authored: AuthoredTable;
  /** Certificates of epochs after which the validators change; written after `open`, durable with what follows. */
  readonly epochs: EpochTable;
  readonly #database: StoreDatabase;
  readonly #meta: MetaTable;
  readonly #spans: SpanTable;
  readonly #deltas: DeltaTable;
  readonly #history: HistoryTable;
  readonly #putBody: Database.Statement<[Uint8Array, Uint8Array]>;
  readonly #getBody: Database.Statement<[Uint8Array]>;
  readonly #putProposal: Database.Statement<[Uint8Array, number, Uint8Array, Uint8Array]>;
  readonly #putBlock: Database.Statement<
    [number, Uint8Array, Uint8Array, Uint8Array, Uint8Array, Uint8Array, Uint8Array]
  >;
  readonly #getBlock: Database.Statement<[number]>;

  /** Opens or makes the store. Throws `STORE_BUSY`, `STORE_CORRUPT`, `STORE_FAILED`. */
  constructor(path: string, options: Partial<StoreOptions> = {}) {
    this.path = path;
    const database = openStoreDatabase(path, { ...storeDefaults, ...options });
    this.#database = database;
    this.objects = new StateTable(database, path);
    this.authored = new AuthoredTable(database, path);
    this.epochs = new EpochTable(database, path);
    this.#meta = new MetaTable(database, path);
    this.#spans = new SpanTable(database);
    this.#deltas = new DeltaTable(database, this.#meta);
    this.#history = new HistoryTable(database);
    this.#putBody = database.prepare('INSERT OR IGNORE INTO bodies (digest, bytes) VALUES (?, ?)');
    this.#getBody = database.prepare('SELECT bytes FROM bodies WHERE digest = ?');
    this.#putProposal = database.prepare(
      'INSERT OR IGNORE INTO proposals (hash, height, block, fresh) VALUES (?, ?, ?, ?)',
    );
    this.#putBlock = database.prepare('INSERT INTO blocks VALUES (?, ?, ?, ?, ?, ?, ?)');
    this.#getBlock = database.prepare(
      'SELECT hash, block, certificate, state_root, receipts_root FROM blocks WHERE height = ?',
    );
  }

  /** Chain id that the store was made for; undefined for a new one. */
  chainId(): Uint8Array | undefined {
    return this.#meta.get('chain-id');
  }

  /** Writes the state of the genesis, as a change of the empty one, into a new store. */
  begin(chainId: Uint8Array, genesis: StateChange, chain: ChainState): void {
    assert(this.chainId() === undefined, 'the store has begun already');
    this.#atomically(() => {
      this.objects.write(genesis.changes);
      this.#putChain(chain, new History());
      this.#meta.put('chain-id', chainId);
    });
  }

  chain(): ChainState {
    return this.#read('chain', chainStateFormat);
  }

  history(): History {
    const { count, peaks } = this.#read('history', storedHistoryFormat);
    return History.fromPeaks(count, peaks);
  }

  /** The last vote record written; null for a new store. */
  record(): VoteRecord | null {
    return this.#meta.get('vote-record') === undefined ? null : this.#read('vote-record', voteRecordFormat);
  }

  /** Overwrites the vote record; durable after the next `flush`. */
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
    const rows = this.#database.prepare('SELECT block FROM proposals WHERE height = ?').all(height) as {
      block: Uint8Array;
    }[];
    return rows.map(({ block }) => this.#decoded('a proposal', blockFormat, block));
  }

  /** Keeps an uncommitted block and its bodies; durable after the next `flush`. */
  storeProposal(block: Block, blockHash: Uint8Array, bodies: readonly Body[]): void {
    this.open();
    const fresh: Uint8Array[] = [];
    for (const { digest, bytes } of bodies) {
      if (this.#putBody.run(digest, bytes).changes > 0) fresh.push(digest);
    }
    this.#putProposal.run(blockHash, block.header.height, encode(blockFormat, block), Buffer.concat(fresh));
  }

  /** Makes a block final, in one transaction: state, receipts, deltas, chain. */
  commit(commit: Commit): void {
    const { block, blockHash, certificate, executed, chain, history } = commit;
    const { height } = block.header;
    const receipts = executed.receipts.map((receipt) => encode(receiptFormat, receipt));
    this.#atomically(() => {
      for (const { digest, bytes } of commit.bodies) this.#putBody.run(digest, bytes);
      this.#putBlock.run(
        height,
        blockHash,
        encode(blockFormat, block),
        encode(certificateFormat, certificate),
        executed.stateRoot,
        executed.receiptsRoot,
        encode(storedReceiptsFormat, { receipts }),
      );
      this.#spans.add(height, executed.receipts);
      this.objects.write(executed.change.changes);
      for (const { index, delta } of executed.change.changes) this.#deltas.add(index, delta);
      this.#deltas.prune(height);
      this.#history.add(commit.historyNodes);
      this.#dropProposals(height, block);
      this.#putChain(chain, history);
    });
  }

  /** The exact bytes of a body; undefined where it is not held. Throws `STORE_CORRUPT` when they are not the body's. */
  body(digest: Uint8Array): Uint8Array | undefined {
    const row = this.#getBody.get(digest) as { readonly bytes: Uint8Array } | undefined;
    if (row === undefined) return undefined;
    if (!equalBytes(bodyDigest(row.bytes), digest)) storeCorrupt(this.path, `body ${toHex(digest)} has changed`);
    return plainBytes(row.bytes);
  }

  /** Header and certificate of a committed block. */
  lightBlock(height: number): LightBlock | undefined {
    const read = this.#blockAt(height);
    return read === undefined ? undefined : { header: read.block.header, certificate: read.certificate };
  }

  /** Receipts root of a committed block. */
  receiptsRoot(height: number): Uint8Array | undefined {
    const row = this.#getBlock.get(height) as BlockRow | undefined;
    return row === undefined ? undefined : plainBytes(row.receipts_root);
  }

  /** A committed block with its bodies, for a peer that lags. */
  committedBlock(height: number): CommittedBlock | undefined {
    const read = this.#blockAt(height);
    if (read === undefined) return undefined;
    const bodies = read.block.bodyDigests.map((digest) => {
      const bytes = this.body(digest);
      return bytes ?? storeCorrupt(this.path, `body ${toHex(digest)} of block ${height} is missing`);
    });
    return { block: read.block, certificate: read.certificate, bodies };
  }

  /** What a committed block led to. */
  result(height: number): CommittedResult | undefined {
    const read = this.#blockAt(height);
    if (read === undefined) return undefined;
    const row = this.#database.prepare('SELECT receipts FROM blocks WHERE height = ?').get(height) as {
      receipts: Uint8Array;
    };
    const { receipts } = this.#decoded(`the receipts of block ${height}`, storedReceiptsFormat, row.receipts);
    const { block, certificate, row: found } = read;
    const lightBlock = { header: block.header, certificate };
    return {
      lightBlock,
      stateRoot: plainBytes(found.state_root),
      receiptsRoot: plainBytes(found.receipts_root),
      receipts,
    };
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

  /** Proposals up to a height are over; bodies that came with a losing one go with it, since nothing refers to them. */
  #dropProposals(height: number, committed: Block): void {
    const rows = this.#database.prepare('SELECT fresh FROM proposals WHERE height <= ?').all(height) as {
      fresh: Uint8Array;
    }[];
    const kept = new Set(committed.bodyDigests.map(toHex));
    const drop = this.#database.prepare('DELETE FROM bodies WHERE digest = ?');
    for (const { fresh } of rows) {
      for (let at = 0; at < fresh.length; at += digestBytes) {
        const digest = fresh.subarray(at, at + digestBytes);
        if (!kept.has(toHex(digest))) drop.run(digest);
      }
    }
    this.#database.prepare('DELETE FROM proposals WHERE height <= ?').run(height);
  }

  #putChain(chain: ChainState, history: History): void {
    this.#meta.put('chain', encode(chainStateFormat, chain));
    this.#meta.put('history', encode(storedHistoryFormat, { count: history.count, peaks: history.peaks() }));
  }

  #blockAt(
    height: number,
  ): { readonly block: Block; readonly certificate: Certificate; readonly row: BlockRow } | undefined {
    const row = this.#getBlock.get(height) as BlockRow | undefined;
    if (row === undefined) return undefined;
    const block = this.#decoded(`block ${height}`, blockFormat, row.block);
    const certificate = this.#decoded(`the certificate of block ${height}`, certificateFormat, row.certificate);
    const hash = hashOf(block.header);
    if (!equalBytes(hash, row.hash) || !equalBytes(hash, certificate.blockHash))
      storeCorrupt(this.path, `block ${height} has changed`);
    return { block, certificate, row };
  }

  #read<T>(key: string, format: Format<T>): T {
    const value = this.#meta.get(key);
    return value === undefined
      ? storeCorrupt(this.path, `the value "${key}" is missing`)
      : this.#decoded(key, format, value);
  }

  #decoded<T>(what: string, format: Format<T>, bytes: Uint8Array): T {
    const decoded = decode(format, plainBytes(bytes));
    return decoded.ok ? decoded.value : storeCorrupt(this.path, `${what} does not decode (${decoded.reason})`);
  }
}
