/** Signed statements that a stream was settled up to a head: start verifies the chain from the last of them. */
import { encodeCbor } from '#core/codec';
import { publicKeyOf, signMessage, verifySignature } from '#core/ed25519';
import { type EntryTable, entryId, placeOfId } from './entry-table.ts';
import type { JournalDatabase } from './journal-database.ts';
import type { StreamProgress } from './progress.ts';

/** One checkpoint in so many settled entries of a stream. */
export const checkpointEvery = 1_000;

/** Signature domain of a checkpoint. */
export const checkpointDomain = 'bizain/journal-checkpoint/1';

/** Whose journal it is. */
export interface JournalIdentity {
  readonly chainId: Uint8Array;
  readonly account: string;
  readonly secretSeed: Uint8Array;
}

/** Where a verified checkpoint stands. */
export interface CheckpointHead {
  readonly nextSequence: number;
  readonly headHash: Uint8Array;
}

interface CheckpointRow {
  readonly next_id: number;
  readonly chain: Uint8Array;
  readonly signature: Uint8Array;
}

/** Checkpoints of all streams. */
export class Checkpoints {
  readonly #identity: JournalIdentity;
  readonly #entries: EntryTable;
  readonly #insert;
  readonly #list;

  constructor(database: JournalDatabase, identity: JournalIdentity, entries: EntryTable) {
    this.#identity = identity;
    this.#entries = entries;
    this.#insert = database.prepare('INSERT OR IGNORE INTO checkpoints VALUES (?, ?, ?)');
    this.#list = database.prepare(
      'SELECT * FROM checkpoints WHERE next_id > ? AND next_id < ? ORDER BY next_id DESC LIMIT 2',
    );
  }

  /** Inside a transaction: signs the head of what is settled when the watermark passed a multiple of `checkpointEvery`. */
  writeIfDue(stream: StreamProgress, settledBefore: number): void {
    const due = Math.floor(stream.settledNext / checkpointEvery) > Math.floor(settledBefore / checkpointEvery);
    if (!due) return;
    const last = this.#entries.get(entryId(stream.id, stream.settledNext - 1));
    if (last === null) return;
    const message = this.#message(stream, stream.settledNext, last.chain);
    const signature = signMessage(this.#identity.secretSeed, checkpointDomain, message);
    this.#insert.run(entryId(stream.id, stream.settledNext), last.chain, signature);
  }

  /** The newest checkpoint of a stream that this terminal's key vouches for; null where there is none. */
  newest(stream: StreamProgress): CheckpointHead | null {
    const rows = this.#list.all(entryId(stream.id, 0), entryId(stream.id + 1, 0)) as CheckpointRow[];
    const publicKey = publicKeyOf(this.#identity.secretSeed);
    for (const row of rows) {
      const nextSequence = placeOfId(row.next_id).sequence;
      const message = this.#message(stream, nextSequence, row.chain);
      if (verifySignature({ publicKey, domain: checkpointDomain, message, signature: row.signature })) {
        return { nextSequence, headHash: row.chain };
      }
    }
    return null;
  }

  #message(stream: StreamProgress, nextSequence: number, headHash: Uint8Array): Uint8Array {
    const { chainId, account } = this.#identity;
    return encodeCbor([chainId, account, stream.epoch, stream.stream, nextSequence, headHash]);
  }
}
