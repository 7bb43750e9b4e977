/** A coupon series in its own shard: the series record, its immutable terms by version, and its key commitments. */
import { assert } from '#core/assert';
import { bool, type Infer, uint, versioned } from '#core/format';
import { accountIdFormat, couponSerialFormat, seriesShard, timeMsFormat } from '../ids.ts';
import { chunkItems } from '../state/nibbles.ts';
import { storedObject } from '../state/stored-object.ts';
import type { LedgerOverlay, LedgerView } from '../state/view.ts';
import { keyCommitmentBytes } from './consent.ts';
import { type Terms, termsFormat } from './terms.ts';

/** `series` in the series' shard. */
export const seriesFormat = versioned(
  'series',
  2,
  { bytesMax: 128 },
  {
    issuer: accountIdFormat,
    /** Newest terms; earlier versions stay readable. */
    termsVersion: uint({ max: 0xffff }),
    /** Items issued: serials are 0 up to one below it. */
    issuedCount: couponSerialFormat,
    /** Items whose key commitments are here: serials 0 up to one below it. 0 where the terms ask for no key. */
    keyedCount: couponSerialFormat,
    /** The latest end of redemption under any version. */
    endsAtMs: timeMsFormat,
    /** Whether any item was ever bound to a holder. */
    hasOwners: bool(),
  },
);
/** A series as stored. */
export type Series = Infer<typeof seriesFormat>;

const seriesObjects = storedObject(seriesFormat);
/** `terms/<version>` in the series' shard. */
export const storedTermsFormat = versioned('stored-terms', 2, { bytesMax: 24 * 1024 }, { terms: termsFormat });
const termsObjects = storedObject(storedTermsFormat);

/** The series, or null. */
export function readSeries(view: LedgerView, gcn: string): Series | null {
  return seriesObjects.read(view, seriesShard(gcn), 'series');
}

/** Creates or replaces the series record. */
export function writeSeries(tx: LedgerOverlay, gcn: string, series: Series): void {
  seriesObjects.write(tx, seriesShard(gcn), 'series', series);
}

/** One version of the terms, or null. */
export function readTermsVersion(view: LedgerView, gcn: string, version: number): Terms | null {
  return termsObjects.read(view, seriesShard(gcn), `terms/${version}`)?.terms ?? null;
}

/** A version that something stored names. Versions are never removed. */
export function storedTerms(view: LedgerView, gcn: string, version: number): Terms {
  const terms = readTermsVersion(view, gcn, version);
  assert(terms !== null, `the terms ${version} of ${gcn} are there for good`);
  return terms;
}

/** Writes a new version of the terms; the caller sees to it that no version is written twice. */
export function writeTerms(tx: LedgerOverlay, gcn: string, terms: Terms): void {
  termsObjects.write(tx, seriesShard(gcn), `terms/${terms.version}`, { terms });
}

const keyChunkKey = (serial: number): string => `keys/${Math.floor(serial / chunkItems)}`;

/** The key commitment (16 bytes) of an item, or null where the series has none for it. */
export function readKeyCommitment(view: LedgerView, gcn: string, serial: number): Uint8Array | null {
  const chunk = view.get(seriesShard(gcn), keyChunkKey(serial));
  if (chunk === undefined) return null;
  const place = (serial % chunkItems) * keyCommitmentBytes;
  return place + keyCommitmentBytes <= chunk.length ? chunk.slice(place, place + keyCommitmentBytes) : null;
}

/** Adds commitments of new items in serial order; `keys/<n>` holds those of 1,024 serials, without gaps. */
export function appendKeyCommitments(tx: LedgerOverlay, gcn: string, firstSerial: number, table: Uint8Array): void {
  const shard = seriesShard(gcn);
  const end = firstSerial + table.length / keyCommitmentBytes;
  for (let serial = firstSerial; serial < end; ) {
    const upTo = Math.min(end, (Math.floor(serial / chunkItems) + 1) * chunkItems);
    const before = tx.get(shard, keyChunkKey(serial)) ?? new Uint8Array(0);
    assert(before.length === (serial % chunkItems) * keyCommitmentBytes, 'key commitments are dense');
    const added = table.subarray(
      (serial - firstSerial) * keyCommitmentBytes,
      (upTo - firstSerial) * keyCommitmentBytes,
    );
    const grown = new Uint8Array(before.length + added.length);
    grown.set(before);
    grown.set(added, before.length);
    tx.put(shard, keyChunkKey(serial), grown);
    serial = upTo;
  }
}
