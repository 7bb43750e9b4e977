/** A small durable key-value store beside the entries, for what must change in the same transaction as they do. */
import { assert } from '#core/assert';
import { JournalError } from './errors.ts';
import type { JournalDatabase } from './journal-database.ts';

/** Most keys. */
export const metaKeysMax = 65_536;
/** Longest key, characters; largest value, bytes. */
export const metaKeyCharactersMax = 128;
export const metaValueBytesMax = 64 * 1024;

/** Prepared access to meta values. */
export class MetaTable {
  readonly #get;
  readonly #put;
  readonly #drop;
  readonly #count;
  readonly #keys;

  constructor(database: JournalDatabase) {
    this.#get = database.prepare('SELECT value FROM meta WHERE key = ?').pluck();
    this.#put = database.prepare('INSERT OR REPLACE INTO meta VALUES (?, ?)');
    this.#drop = database.prepare('DELETE FROM meta WHERE key = ?');
    this.#count = database.prepare('SELECT count(*) FROM meta').pluck();
    this.#keys = database.prepare('SELECT key FROM meta WHERE key >= ? AND key < ? ORDER BY key LIMIT ?').pluck();
  }

  get(key: string): Uint8Array | null {
    const value = this.#get.get(key) as Uint8Array | undefined;
    return value === undefined ? null : Uint8Array.from(value);
  }

  /** Adds or replaces a value. Throws `JOURNAL_LIMIT` for a new key beyond `metaKeysMax`. */
  put(key: string, value: Uint8Array): void {
    assert(
      key.length >= 1 && key.length <= metaKeyCharactersMax,
      `a meta key has 1 to ${metaKeyCharactersMax} characters`,
    );
    assert(value.length <= metaValueBytesMax, `a meta value has at most ${metaValueBytesMax} bytes`);
    if (this.#get.get(key) === undefined && (this.#count.get() as number) >= metaKeysMax) {
      const message = `The value ${key} was not stored: the journal keeps at most ${metaKeysMax} of them. Drop old ones first.`;
      throw new JournalError({ code: 'JOURNAL_LIMIT', message, context: { key } });
    }
    this.#put.run(key, value);
  }

  drop(key: string): void {
    this.#drop.run(key);
  }

  /** Keys that begin with a prefix, in order, at most `limit`. */
  keys(prefix: string, limit: number): string[] {
    return this.#keys.all(prefix, `${prefix}\u{10ffff}`, limit) as string[];
  }
}
