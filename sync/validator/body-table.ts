/** Bodies and the uncommitted blocks that they came with; used within the store's transactions. */
import type Database from 'better-sqlite3';
import { equalBytes, toHex } from '#core/bytes';
import { decode, encode } from '#core/format';
import { type Block, blockFormat, bodyDigest } from '../wire/block.ts';
import { isSealed, sealOf } from './row-seal.ts';
import { plainBytes, type StoreDatabase } from './store-database.ts';

/** A body with its digest. */
export interface Body {
  readonly digest: Uint8Array;
  readonly bytes: Uint8Array;
}

interface ProposalRow {
  readonly hash: Uint8Array;
  readonly block: Uint8Array;
  readonly fresh: Uint8Array;
  readonly seal: Uint8Array;
}

const digestBytes = 32;

function prepareAll(database: StoreDatabase) {
  return {
    put: database.prepare(
      'INSERT OR IGNORE INTO bodies (digest, height, bytes) VALUES (?, ?, ?)',
    ) as Database.Statement<[Uint8Array, number, Uint8Array]>,
    use: database.prepare('UPDATE bodies SET height = ? WHERE digest = ? AND height < ?'),
    get: database.prepare('SELECT bytes FROM bodies WHERE digest = ?'),
    drop: database.prepare('DELETE FROM bodies WHERE digest = ?'),
    prune: database.prepare('DELETE FROM bodies WHERE height <= ?'),
    putProposal: database.prepare(
      'INSERT OR IGNORE INTO proposals (hash, height, block, fresh, seal) VALUES (?, ?, ?, ?, ?)',
    ),
    proposalsAt: database.prepare('SELECT hash, block, fresh, seal FROM proposals WHERE height = ?'),
    proposalsUpTo: database.prepare('SELECT hash, block, fresh, seal FROM proposals WHERE height <= ?'),
    dropProposals: database.prepare('DELETE FROM proposals WHERE height <= ?'),
  };
}

/** See the file's head. */
export class BodyTable {
  readonly #sql: ReturnType<typeof prepareAll>;

  constructor(database: StoreDatabase) {
    this.#sql = prepareAll(database);
  }

  /** Keeps bodies of a block at a height; a body may stand in a later block again. Gives the digests that were new. */
  put(height: number, bodies: readonly Body[]): Uint8Array[] {
    const fresh: Uint8Array[] = [];
    for (const { digest, bytes } of bodies) {
      if (this.#sql.put.run(digest, height, bytes).changes > 0) fresh.push(digest);
      else this.#sql.use.run(height, digest, height);
    }
    return fresh;
  }

  /** The exact bytes of a body; undefined where it is not held. One that has rotted is dropped and not held any more. */
  get(digest: Uint8Array): Uint8Array | undefined {
    const row = this.#sql.get.get(digest) as { readonly bytes: Uint8Array } | undefined;
    if (row === undefined) return undefined;
    if (equalBytes(bodyDigest(row.bytes), digest)) return plainBytes(row.bytes);
    this.#sql.drop.run(digest);
    return undefined;
  }

  /** Keeps an uncommitted block with its bodies. */
  putProposal(block: Block, blockHash: Uint8Array, bodies: readonly Body[]): void {
    const { height } = block.header;
    const fresh = Buffer.concat(this.put(height, bodies));
    const bytes = encode(blockFormat, block);
    this.#sql.putProposal.run(blockHash, height, bytes, fresh, sealOf(blockHash, bytes, fresh));
  }

  /** Blocks stored for an undecided height. A rotten one is left out: the others still have it. */
  proposals(height: number): Block[] {
    return (this.#sql.proposalsAt.all(height) as ProposalRow[]).flatMap((row) => {
      const { hash, block, fresh, seal } = row;
      const decoded = isSealed(seal, hash, block, fresh) ? decode(blockFormat, plainBytes(block)) : null;
      return decoded?.ok === true ? [decoded.value] : [];
    });
  }

  /** Proposals up to a height are over; bodies that came with a losing one go with it, since nothing refers to them. */
  settle(height: number, committed: Block): void {
    const kept = new Set(committed.bodyDigests.map(toHex));
    for (const { hash, block, fresh, seal } of this.#sql.proposalsUpTo.all(height) as ProposalRow[]) {
      // What a rotten list names is not to be deleted; pruning gets it in time.
      if (!isSealed(seal, hash, block, fresh)) continue;
      for (let at = 0; at < fresh.length; at += digestBytes) {
        const digest = fresh.subarray(at, at + digestBytes);
        if (!kept.has(toHex(digest))) this.#sql.drop.run(digest);
      }
    }
    this.#sql.dropProposals.run(height);
  }

  /** Drops every body that no block above a height has. */
  prune(height: number): void {
    this.#sql.prune.run(height);
  }
}
