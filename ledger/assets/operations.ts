/** Operations of assets: codec numbers 80 to 99. */
import { bool, type Cases, list, optional, record, uint } from '#core/format';
import { approvalsFormat } from '../accounts/approvals.ts';
import { debitConsentFormat } from '../accounts/debit-consent.ts';
import { accountIdFormat, amountFormat, assetIdFormat, basketIdFormat, holderIdFormat } from '../ids.ts';
import { movementsMax } from '../receipt.ts';
import { basisFormat } from '../rights/basis.ts';
import { assetTermsFormat } from './terms.ts';

/** See SPEC.md, section Assets. */
export const assetOperations = {
  'asset.define': {
    tag: 80,
    format: record('asset.define', {
      asset: assetIdFormat,
      terms: assetTermsFormat,
      /** Of the issuer's governors, where it has any; empty otherwise. */
      approvals: approvalsFormat,
    }),
  },
  'asset.issue': {
    tag: 81,
    format: record('asset.issue', { asset: assetIdFormat, to: accountIdFormat, amount: amountFormat }),
  },
  'asset.pay': {
    tag: 82,
    format: record('asset.pay', {
      asset: assetIdFormat,
      from: accountIdFormat,
      to: accountIdFormat,
      amount: amountFormat,
      /** Null where the author needs none: the owner itself, or its custodian. */
      consent: optional(debitConsentFormat),
    }),
  },
  'asset.burn': {
    tag: 83,
    format: record('asset.burn', {
      asset: assetIdFormat,
      from: accountIdFormat,
      amount: amountFormat,
      consent: optional(debitConsentFormat),
    }),
  },
  'asset.freeze': {
    tag: 84,
    format: record('asset.freeze', { asset: assetIdFormat, owner: accountIdFormat, frozen: bool() }),
  },
  'asset.expire': {
    tag: 85,
    format: record('asset.expire', {
      asset: assetIdFormat,
      owners: list(accountIdFormat, { min: 1, max: movementsMax }),
    }),
  },
  'points.earn': {
    tag: 86,
    format: record('points.earn', {
      asset: assetIdFormat,
      member: holderIdFormat,
      termsVersion: uint({ max: 0xffff }),
      /** What was paid for what earns points, base units of the terms' unit. */
      spend: amountFormat,
      basket: basketIdFormat,
    }),
  },
  'asset.hold': {
    tag: 87,
    format: record('asset.hold', {
      asset: assetIdFormat,
      owner: accountIdFormat,
      /** At most this much is taken when the basket closes. */
      amount: amountFormat,
      termsVersion: uint({ max: 0xffff }),
      basket: basketIdFormat,
      basis: basisFormat,
      consent: optional(debitConsentFormat),
    }),
  },
} as const satisfies Cases;
