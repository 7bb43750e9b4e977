/** Operations of alliances: codec numbers 110 to 129. */
import { bool, type Cases, optional, record, uint } from '#core/format';
import { keyConsentFormat } from '../coupons/operations.ts';
import {
  accountIdFormat,
  allianceIdFormat,
  amountFormat,
  couponSerialFormat,
  gcnFormat,
  hashFormat,
  holderIdFormat,
} from '../ids.ts';
import { allianceTermsFormat } from './terms.ts';

/** Which of its two covers a member adds to or takes from. */
export const coverFormat = uint({ max: 1 });
/** Numbers of `coverFormat`. */
export const cover = { settlement: 0, biz: 1 } as const;

/** See SPEC.md, section Alliances. */
export const allianceOperations = {
  'alliance.propose': {
    tag: 110,
    format: record('alliance.propose', { alliance: allianceIdFormat, terms: allianceTermsFormat }),
  },
  'alliance.sign': {
    tag: 111,
    format: record('alliance.sign', {
      alliance: allianceIdFormat,
      version: uint({ max: 0xffff }),
      /** `allianceTermsHash` of what is signed. */
      termsHash: hashFormat,
    }),
  },
  'alliance.leave': { tag: 112, format: record('alliance.leave', { alliance: allianceIdFormat }) },
  'alliance.fund': {
    tag: 113,
    format: record('alliance.fund', { alliance: allianceIdFormat, cover: coverFormat, amount: amountFormat }),
  },
  'alliance.withdraw': {
    tag: 114,
    format: record('alliance.withdraw', { alliance: allianceIdFormat, cover: coverFormat, amount: amountFormat }),
  },
  'alliance.prefer': {
    tag: 115,
    format: record('alliance.prefer', { alliance: allianceIdFormat, feeInBiz: bool() }),
  },
  'alliance.collect': {
    tag: 116,
    format: record('alliance.collect', {
      alliance: allianceIdFormat,
      debtor: accountIdFormat,
      creditor: accountIdFormat,
    }),
  },
  'referral.add': {
    tag: 117,
    format: record('referral.add', {
      gcn: gcnFormat,
      serial: couponSerialFormat,
      /** Who passes the coupon on, and earns by it when it is used. */
      referrer: holderIdFormat,
      /** Over `referralMessage`, by whoever has the code of an item that is bound to nobody; null where its holder is the author. */
      consent: optional(keyConsentFormat),
    }),
  },
} as const satisfies Cases;
