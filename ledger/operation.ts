/** Every operation the ledger knows, with its codec number. Numbers are never reused; SPEC.md says what each does. */
import { bytes, type Infer, list, optional, record, text, uint, variant } from '#core/format';
import { termsFormat } from './coupons/terms.ts';
import {
  accountIdFormat,
  basketIdFormat,
  couponSerialFormat,
  epochFormat,
  gcnFormat,
  gtinFormat,
  hashFormat,
  heightFormat,
  lotFormat,
  productSerialFormat,
  publicKeyFormat,
  rightIdFormat,
  sequenceFormat,
  signatureFormat,
  storeIdFormat,
  timeMsFormat,
} from './ids.ts';
import { allocationFormat } from './rights/allocation.ts';
import { grantFormat } from './rights/right.ts';

/** Most items that one `coupon.issue` may create: their key commitments must fit one entry. */
export const issueCountMax = 32_768;
/** Most serials that one `batch.commission` may list. */
export const commissionCountMax = 16_384;
const laneFormat = text({ min: 1, max: 16, pattern: /^[a-z0-9][a-z0-9._-]*$/ });
const nameFormat = text({ min: 1, max: 80 });

/** On what a reservation rests (ARCHITECTURE D4). */
export const basisFormat = variant('basis', {
  /** The region is asked. After the entry's `notAfterMs` it counts on the named budget, or is refused without one. */
  online: { tag: 0, format: record('online', { fallbackRightId: optional(rightIdFormat) }) },
  /** A lease of the store; `allocation` is null exactly when the author is itself the hub. */
  owned: { tag: 1, format: record('owned', { rightId: rightIdFormat, allocation: optional(allocationFormat) }) },
  /** A risk budget; `shardHeight` is the certified height of the series shard the lane judged by. */
  budget: { tag: 2, format: record('budget', { rightId: rightIdFormat, shardHeight: heightFormat }) },
});
/** What a reservation rests on. */
export type Basis = Infer<typeof basisFormat>;

/** The item key and its signature over `consentMessage` (coupons/consent.ts). */
export const consentFormat = record('consent', { publicKey: publicKeyFormat, signature: signatureFormat });
/** A bearer's consent. */
export type Consent = Infer<typeof consentFormat>;

const product = { gtin: gtinFormat, lot: lotFormat, serial: productSerialFormat };

/** Every operation by its codec number. */
export const operationFormat = variant('operation', {
  'account.register': {
    tag: 1,
    format: record('account.register', {
      id: accountIdFormat,
      /** 0 issuer, 1 brand, 2 merchant. */
      role: uint({ max: 2 }),
      publicKey: publicKeyFormat,
      name: nameFormat,
    }),
  },
  'store.open': {
    tag: 2,
    format: record('store.open', { store: storeIdFormat, merchant: accountIdFormat, name: nameFormat }),
  },
  'terminal.enroll': {
    tag: 3,
    format: record('terminal.enroll', {
      store: storeIdFormat,
      lane: laneFormat,
      publicKey: publicKeyFormat,
      /** Greater than any earlier epoch of the terminal; a new epoch starts new streams. */
      epoch: epochFormat,
    }),
  },
  'hub.assign': {
    tag: 4,
    format: record('hub.assign', { store: storeIdFormat, lane: laneFormat, hubEpoch: epochFormat }),
  },
  'series.define': { tag: 20, format: record('series.define', { gcn: gcnFormat, terms: termsFormat }) },
  'coupon.issue': {
    tag: 21,
    format: record('coupon.issue', {
      gcn: gcnFormat,
      /** Must equal the number of items already issued: serials are dense from 0. */
      firstSerial: couponSerialFormat,
      count: uint({ max: issueCountMax }),
      /** 16 bytes an item in serial order; empty where the terms ask no consent. */
      keyCommitments: bytes({ max: issueCountMax * 16 }),
    }),
  },
  'coupon.reserve': {
    tag: 22,
    format: record('coupon.reserve', {
      gcn: gcnFormat,
      serial: couponSerialFormat,
      termsVersion: uint({ max: 0xffff }),
      basket: basketIdFormat,
      basis: basisFormat,
      consent: optional(consentFormat),
    }),
  },
  'coupon.capture': {
    tag: 23,
    format: record('coupon.capture', {
      basket: basketIdFormat,
      /** Sequences, in this stream, of the reservations that the basket closes with: all or nothing. */
      reservations: list(sequenceFormat, { min: 1, max: 64 }),
      /** Hash of the POS program's basket lines; zeros where none was given. */
      basketHash: hashFormat,
    }),
  },
  'coupon.release': {
    tag: 24,
    format: record('coupon.release', { reservations: list(sequenceFormat, { min: 1, max: 64 }) }),
  },
  'right.grant': {
    tag: 40,
    format: record('right.grant', {
      rightId: rightIdFormat,
      store: storeIdFormat,
      gcn: gcnFormat,
      grant: grantFormat,
    }),
  },
  /** The hub's own record of an allocation; receipted, it moves nothing by itself. */
  'right.allocate': { tag: 41, format: record('right.allocate', { allocation: allocationFormat }) },
  /** The holder's signed end of a right: what is unspent goes back home. */
  'right.release': { tag: 42, format: record('right.release', { rightId: rightIdFormat }) },
  'batch.commission': {
    tag: 60,
    format: record('batch.commission', {
      gtin: gtinFormat,
      lot: lotFormat,
      name: nameFormat,
      expiryMs: timeMsFormat,
      /** Sorted by code point, no duplicates; the batch is complete with them. */
      serials: list(productSerialFormat, { min: 1, max: commissionCountMax }),
    }),
  },
  'trace.receive': { tag: 61, format: record('trace.receive', product) },
  'trace.sell': { tag: 62, format: record('trace.sell', { ...product, basket: basketIdFormat }) },
  'batch.recall': {
    tag: 63,
    format: record('batch.recall', { gtin: gtinFormat, lot: lotFormat, reason: text({ min: 1, max: 200 }) }),
  },
});
/** A decoded operation. */
export type Operation = Infer<typeof operationFormat>;
/** The name of an operation. */
export type OperationKind = Operation['kind'];
