/** Epoch certificates as rows: one for each epoch after which the validators change, never pruned (sync/pbft/SPEC.md R25). */
import type Database from 'better-sqlite3';
import { equalBytes } from '#core/bytes';
import { decode, encode, versioned } from '#core/format';
import type { ChainState } from '../pbft/chain.ts';
import { chainStateFormat } from '../pbft/chain.ts';
import { type EpochCertificate, epochCertificateFormat, type LightBlock } from '../wire/gateway-message.ts';
import { validatorSetHash } from '../wire/genesis.ts';
import { plainBytes, type StoreDatabase, storeCorrupt } from './store-database.ts';

const rowFormat = versioned('stored-epoch', 1, { bytesMax: 16 * 1024 }, { certificate: epochCertificateFormat });

/** The certificate of an epoch that begins with this block, if others validate after it. `chain`: before the block. */
export function changingEpoch(chain: ChainState, lightBlock: LightBlock): EpochCertificate | null {
  if (lightBlock.header.height !== chain.epochStart) return null;
  if (equalBytes(validatorSetHash(chain.validators), validatorSetHash(chain.validatorsNext))) return null;
  return { lightBlock, chainState: encode(chainStateFormat, chain) };
}

/** See the head of the file. */
export class EpochTable {
  readonly #path: string;
  readonly #put: Database.Statement<[number, Uint8Array]>;
  readonly #after: Database.Statement<[number, number]>;

  constructor(database: StoreDatabase, path: string) {
    this.#path = path;
    this.#put = database.prepare('INSERT OR REPLACE INTO epochs (epoch, certificate) VALUES (?, ?)');
    this.#after = database.prepare('SELECT certificate FROM epochs WHERE epoch > ? ORDER BY epoch LIMIT ?');
  }

  /** Keeps a certificate, inside the caller's transaction. */
  add(epoch: number, certificate: EpochCertificate): void {
    this.#put.run(epoch, encode(rowFormat, { certificate }));
  }

  /** At most `max` certificates of epochs after one, or of all; the earliest first. Each proves itself to who reads it. */
  after(
    epoch: number | null,
    max: number,
  ): { readonly certificates: readonly EpochCertificate[]; readonly more: 0 | 1 } {
    const rows = this.#after.all(epoch ?? -1, max + 1) as { readonly certificate: Uint8Array }[];
    const certificates = rows.slice(0, max).map(({ certificate }) => {
      const row = decode(rowFormat, plainBytes(certificate));
      if (!row.ok) return storeCorrupt(this.#path, `an epoch's certificate has changed (${row.reason})`);
      return row.value.certificate;
    });
    return { certificates, more: rows.length > max ? 1 : 0 };
  }
}
