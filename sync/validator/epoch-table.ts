/** Epoch certificates as rows: one for each epoch after which the validators change, never pruned (sync/pbft/SPEC.md R25). */
import type Database from 'better-sqlite3';
import { equalBytes } from '#core/bytes';
import { decode, encode, versioned } from '#core/format';
import type { ChainState } from '../pbft/chain.ts';
import { chainStateFormat } from '../pbft/chain.ts';
import { type EpochCertificate, epochCertificateFormat, type LightBlock } from '../wire/gateway-message.ts';
import { validatorSetHash } from '../wire/genesis.ts';
import { isSealed, sealOf } from './row-seal.ts';
import { plainBytes, type StoreDatabase } from './store-database.ts';

const rowFormat = versioned('stored-epoch', 1, { bytesMax: 16 * 1024 }, { certificate: epochCertificateFormat });

/** The certificate of an epoch that begins with this block, if others validate after it. `chain`: before the block. */
export function changingEpoch(chain: ChainState, lightBlock: LightBlock): EpochCertificate | null {
  if (lightBlock.header.height !== chain.epochStart) return null;
  if (equalBytes(validatorSetHash(chain.validators), validatorSetHash(chain.validatorsNext))) return null;
  return { lightBlock, chainState: encode(chainStateFormat, chain) };
}

interface EpochRow {
  readonly epoch: number;
  readonly certificate: Uint8Array;
  readonly seal: Uint8Array;
}

/** See the head of the file. */
export class EpochTable {
  readonly #put: Database.Statement<[number, Uint8Array, Uint8Array]>;
  readonly #after: Database.Statement<[number, number]>;

  constructor(database: StoreDatabase) {
    this.#put = database.prepare('INSERT OR REPLACE INTO epochs (epoch, certificate, seal) VALUES (?, ?, ?)');
    this.#after = database.prepare(
      'SELECT epoch, certificate, seal FROM epochs WHERE epoch > ? ORDER BY epoch LIMIT ?',
    );
  }

  /** Keeps a certificate, inside the caller's transaction. */
  add(epoch: number, certificate: EpochCertificate): void {
    const bytes = encode(rowFormat, { certificate });
    this.#put.run(epoch, bytes, sealOf(epoch, bytes));
  }

  /** Copies every certificate into another table, but for rotten ones. */
  copyTo(other: EpochTable): void {
    for (const { epoch, certificate, seal } of this.#after.all(-1, Number.MAX_SAFE_INTEGER) as EpochRow[]) {
      if (isSealed(seal, epoch, certificate)) other.#put.run(epoch, certificate, seal);
    }
  }

  /**
   * At most `max` certificates of epochs after one, or of all; the earliest first. Each proves itself to who reads it. A row that has
   * rotted ends the answer: one cannot be followed without the other, and the other validators have it.
   */
  after(
    epoch: number | null,
    max: number,
  ): { readonly certificates: readonly EpochCertificate[]; readonly more: 0 | 1 } {
    const rows = this.#after.all(epoch ?? -1, max + 1) as EpochRow[];
    const certificates: EpochCertificate[] = [];
    for (const row of rows.slice(0, max)) {
      const sound = isSealed(row.seal, row.epoch, row.certificate);
      const decoded = sound ? decode(rowFormat, plainBytes(row.certificate)) : null;
      if (decoded?.ok !== true) return { certificates, more: 0 };
      certificates.push(decoded.value.certificate);
    }
    return { certificates, more: rows.length > max ? 1 : 0 };
  }
}
