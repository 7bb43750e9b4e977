/** Rights: what a store may spend when nobody can be asked (ARCHITECTURE D4). Objects of the store's shard. */
import { type Infer, list, record, uint, variant, versioned } from '#core/format';
import { amountFormat } from '../coupons/terms.ts';
import { accountIdFormat, couponSerialFormat, gcnFormat, rightIdFormat, timeMsFormat } from '../ids.ts';

/** Serials `first` to `last`, both included. */
export const serialRangeFormat = record('serial-range', { first: couponSerialFormat, last: couponSerialFormat });
/** Serials from first to last. */
export type SerialRange = Infer<typeof serialRangeFormat>;

/** What a right grants. */
export const grantFormat = variant('grant', {
  /** These items are the store's alone until the right closes; they are locked at home. */
  lease: { tag: 0, format: record('lease', { ranges: list(serialRangeFormat, { min: 1, max: 256 }) }) },
  /** The issuer bears up to this loss for unowned items taken while the line is cut. */
  budget: {
    tag: 1,
    format: record('budget', { countMax: uint({ max: 1_000_000 }), valueMax: amountFormat }),
  },
});
/** A decoded grant. */
export type Grant = Infer<typeof grantFormat>;

/** `right/<id>` in the store's shard. */
export const rightFormat = versioned(
  'right',
  1,
  { bytesMax: 16_384 },
  {
    id: rightIdFormat,
    issuer: accountIdFormat,
    gcn: gcnFormat,
    /** The terms version in force at grant time; it holds for the right until it closes. */
    termsVersion: uint({ max: 0xffff }),
    grant: grantFormat,
    grantedAtMs: timeMsFormat,
    /** 0 open, 1 released. A right never lapses by time alone. */
    status: uint({ max: 1 }),
    /** Units captured under the right. */
    spentCount: uint({}),
    /** Budget only: units taken offline that the ledger had to call conflicted, and their value. */
    conflictedCount: uint({}),
    conflictedValue: amountFormat,
  },
);
/** A right as stored. */
export type Right = Infer<typeof rightFormat>;
