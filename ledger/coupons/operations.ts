/** Operations of coupon series and items: codec numbers 20 to 39, those of baskets aside. */
import { bytes, type Cases, type Infer, optional, record, text, uint, variant } from '#core/format';
import { debitConsentFormat } from '../accounts/debit-consent.ts';
import {
  basketIdFormat,
  couponSerialFormat,
  gcnFormat,
  holderIdFormat,
  publicKeyFormat,
  signatureFormat,
} from '../ids.ts';
import { basisFormat } from '../rights/basis.ts';
import { keyCommitmentBytes } from './consent.ts';
import { purchaseFormat } from './purchase.ts';
import { termsFormat } from './terms.ts';

/** Most items that one operation creates, voids or expires. */
export const itemsMax = 100_000;
/** Most key commitments of one operation: they must fit one entry. */
export const keysMax = 32_768;

/** The item key and its signature over `consentMessage` or `claimMessage` (consent.ts). */
export const keyConsentFormat = record('key-consent', { publicKey: publicKeyFormat, signature: signatureFormat });
/** The consent of whoever has the code. */
export type KeyConsent = Infer<typeof keyConsentFormat>;

/** Whose word a spend has. */
export const consentFormat = variant('consent', {
  bearer: { tag: 0, format: keyConsentFormat },
  /** Of the holder that the item is bound to, or of its custodian (accounts/debit-consent.ts) over `['coupon.reserve', gcn, serial, basket]`. */
  holder: { tag: 1, format: debitConsentFormat },
});
/** A decoded consent. */
export type Consent = Infer<typeof consentFormat>;

const keyTableFormat = bytes({ max: keysMax * keyCommitmentBytes });
const countFormat = uint({ max: itemsMax });

/** See SPEC.md, section Coupons. */
export const couponOperations = {
  'series.define': { tag: 20, format: record('series.define', { gcn: gcnFormat, terms: termsFormat }) },
  'coupon.issue': {
    tag: 21,
    format: record('coupon.issue', {
      gcn: gcnFormat,
      /** Must equal the number of items already issued: serials are dense from 0. */
      firstSerial: couponSerialFormat,
      count: countFormat,
      /** 16 bytes an item: the commitments of the next items without one, as many as fit; the others follow by `coupon.keys`. */
      keyCommitments: keyTableFormat,
    }),
  },
  'coupon.reserve': {
    tag: 22,
    format: record('coupon.reserve', {
      gcn: gcnFormat,
      /** 0 in an open series. */
      serial: couponSerialFormat,
      termsVersion: uint({ max: 0xffff }),
      basket: basketIdFormat,
      basis: basisFormat,
      /** What it is used on; null: told when the basket closes, or never where the terms do not ask. */
      purchase: optional(purchaseFormat),
      /** Who uses it: asked where the item is bound to a holder, and where the terms count by holder. */
      holder: optional(holderIdFormat),
      consent: optional(consentFormat),
    }),
  },
  'coupon.keys': {
    tag: 28,
    format: record('coupon.keys', {
      gcn: gcnFormat,
      /** Must equal the number of items that have a key commitment. */
      firstSerial: couponSerialFormat,
      keyCommitments: keyTableFormat,
    }),
  },
  'coupon.transfer': {
    tag: 29,
    format: record('coupon.transfer', {
      gcn: gcnFormat,
      serial: couponSerialFormat,
      to: holderIdFormat,
      /** Of the owner over `['coupon.transfer', gcn, serial, to]`, where another account writes the entry. */
      consent: optional(debitConsentFormat),
    }),
  },
  'coupon.claim': {
    tag: 30,
    format: record('coupon.claim', {
      gcn: gcnFormat,
      serial: couponSerialFormat,
      holder: holderIdFormat,
      /** Over `claimMessage`. */
      consent: keyConsentFormat,
    }),
  },
  'coupon.void': {
    tag: 31,
    format: record('coupon.void', {
      gcn: gcnFormat,
      firstSerial: couponSerialFormat,
      count: countFormat,
      reason: text({ min: 1, max: 80 }),
    }),
  },
  'coupon.expire': {
    tag: 32,
    format: record('coupon.expire', { gcn: gcnFormat, firstSerial: couponSerialFormat, count: countFormat }),
  },
} as const satisfies Cases;
