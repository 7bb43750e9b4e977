/**
 * Committed blocks: header and certificate for good, body digests and results for as long as they are retained. Each row is
 * compared with its seal when it is read; a rotten one counts as not there, and `damaged` says where it was. Used within the
 * store's transactions.
 */
import { concatBytes } from '#core/bytes';
import { decode, encode } from '#core/format';
import { type Block, type Header, headerFormat } from '../wire/block.ts';
import type { LightBlock } from '../wire/gateway-message.ts';
import { type ValidatorInfo, validatorSetHash } from '../wire/genesis.ts';
import { certificateFormat } from '../wire/vote.ts';
import { isSealed, sealOf } from './row-seal.ts';
import { plainBytes, type StoreDatabase } from './store-database.ts';
import { storedReceiptsFormat, storedSetFormat } from './stored-formats.ts';

/** What a committed block led to. */
export interface StoredResult {
  readonly stateRoot: Uint8Array;
  readonly receiptsRoot: Uint8Array;
  /** Encoded receipts in order. */
  readonly receipts: readonly Uint8Array[];
}

interface HeadRow {
  readonly header: Uint8Array;
  readonly certificate: Uint8Array;
  readonly seal: Uint8Array;
}
interface ContentRow {
  readonly digests: Uint8Array;
  readonly seal: Uint8Array;
}
interface ResultRow {
  readonly state_root: Uint8Array;
  readonly receipts_root: Uint8Array;
  readonly receipts: Uint8Array;
  readonly seal: Uint8Array;
}

const digestBytes = 32;

function prepareAll(database: StoreDatabase) {
  return {
    putHead: database.prepare('INSERT OR REPLACE INTO blocks (height, header, certificate, seal) VALUES (?, ?, ?, ?)'),
    putContent: database.prepare('INSERT OR REPLACE INTO contents (height, digests, seal) VALUES (?, ?, ?)'),
    putResult: database.prepare(
      'INSERT OR REPLACE INTO results (height, state_root, receipts_root, receipts, seal) VALUES (?, ?, ?, ?, ?)',
    ),
    putSet: database.prepare('INSERT OR IGNORE INTO validator_sets (hash, members) VALUES (?, ?)'),
    head: database.prepare('SELECT header, certificate, seal FROM blocks WHERE height = ?'),
    content: database.prepare('SELECT digests, seal FROM contents WHERE height = ?'),
    result: database.prepare('SELECT state_root, receipts_root, receipts, seal FROM results WHERE height = ?'),
    set: database.prepare('SELECT members FROM validator_sets WHERE hash = ?').pluck(),
    dropResult: database.prepare('DELETE FROM results WHERE height = ?'),
    pruneContents: database.prepare('DELETE FROM contents WHERE height <= ?'),
    pruneResults: database.prepare('DELETE FROM results WHERE height <= ?'),
  };
}

/** See the file's head. */
export class BlockTable {
  /** Heights with a rotten row, to be fetched again. */
  readonly damaged = new Set<number>();
  /** Results that have rotted. */
  resultsLost = 0;
  readonly #sql: ReturnType<typeof prepareAll>;

  constructor(database: StoreDatabase) {
    this.#sql = prepareAll(database);
  }

  /** Writes, or writes again, what the chain knows of a block. */
  put(block: Block, certificate: LightBlock['certificate']): void {
    const { height } = block.header;
    this.putHead({ header: block.header, certificate });
    const digests = concatBytes(...block.bodyDigests);
    this.#sql.putContent.run(height, digests, sealOf(height, digests));
  }

  /** Writes header and certificate alone. */
  putHead({ header, certificate }: LightBlock): void {
    const { height } = header;
    const bytes = encode(headerFormat, header);
    const signed = encode(certificateFormat, certificate);
    this.#sql.putHead.run(height, bytes, signed, sealOf(height, bytes, signed));
  }

  /** Writes what a block led to. */
  putResult(height: number, { stateRoot, receiptsRoot, receipts }: StoredResult): void {
    const bytes = encode(storedReceiptsFormat, { receipts });
    const seal = sealOf(height, stateRoot, receiptsRoot, bytes);
    this.#sql.putResult.run(height, stateRoot, receiptsRoot, bytes, seal);
  }

  /** Keeps a validator set under its hash, which headers name. */
  putSet(validators: readonly ValidatorInfo[]): void {
    this.#sql.putSet.run(validatorSetHash(validators), encode(storedSetFormat, { validators }));
  }

  /** The validators that a header names; undefined where that set was never seen, or has rotted. */
  validatorSet(hash: Uint8Array): readonly ValidatorInfo[] | undefined {
    const members = this.#sql.set.get(hash) as Uint8Array | undefined;
    const decoded = members === undefined ? null : decode(storedSetFormat, plainBytes(members));
    if (decoded?.ok !== true) return undefined;
    const { validators } = decoded.value;
    return Buffer.compare(validatorSetHash(validators), hash) === 0 ? validators : undefined;
  }

  /** Header and certificate. */
  lightBlock(height: number): LightBlock | undefined {
    const row = this.#sql.head.get(height) as HeadRow | undefined;
    if (row === undefined) return undefined;
    if (!isSealed(row.seal, height, row.header, row.certificate)) return this.#rotten(height);
    const header = decode(headerFormat, plainBytes(row.header));
    const certificate = decode(certificateFormat, plainBytes(row.certificate));
    if (!header.ok || !certificate.ok) return this.#rotten(height);
    return { header: header.value, certificate: certificate.value };
  }

  /** The block with the digests of its bodies; undefined where these are pruned. */
  block(height: number): { readonly block: Block; readonly certificate: LightBlock['certificate'] } | undefined {
    const light = this.lightBlock(height);
    const row = this.#sql.content.get(height) as ContentRow | undefined;
    if (light === undefined || row === undefined) return undefined;
    if (!isSealed(row.seal, height, row.digests)) return this.#rotten(height);
    const bodyDigests = [];
    for (let at = 0; at < row.digests.length; at += digestBytes) {
      bodyDigests.push(plainBytes(row.digests.subarray(at, at + digestBytes)));
    }
    const header: Header = light.header;
    return { block: { header, bodyDigests }, certificate: light.certificate };
  }

  /** What a block led to; undefined where that is pruned. */
  result(height: number): StoredResult | undefined {
    const row = this.#sql.result.get(height) as ResultRow | undefined;
    if (row === undefined) return undefined;
    const { state_root: stateRoot, receipts_root: receiptsRoot, receipts: bytes, seal } = row;
    const sound = isSealed(seal, height, stateRoot, receiptsRoot, bytes);
    const decoded = sound ? decode(storedReceiptsFormat, plainBytes(bytes)) : null;
    if (decoded?.ok !== true) {
      // No block has it, only an execution: as if it were pruned. The other validators answer for it.
      this.resultsLost++;
      this.#sql.dropResult.run(height);
      return undefined;
    }
    const { receipts } = decoded.value;
    return { stateRoot: plainBytes(stateRoot), receiptsRoot: plainBytes(receiptsRoot), receipts };
  }

  /** Drops body digests and results up to a height. */
  prune(height: number): void {
    this.#sql.pruneContents.run(height);
    this.#sql.pruneResults.run(height);
  }

  #rotten(height: number): undefined {
    this.damaged.add(height);
    return undefined;
  }
}
