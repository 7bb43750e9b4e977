/** Operations of accounts, holders, stores and terminals: codec numbers 1 to 19. */
import { type Cases, optional, record, uint } from '#core/format';
import {
  accountIdFormat,
  epochFormat,
  holderIdFormat,
  laneFormat,
  nameFormat,
  publicKeyFormat,
  storeIdFormat,
} from '../ids.ts';
import { governorsFormat, governorsMax, itemsPerDayMaxFormat } from './account.ts';
import { approvalsFormat } from './approvals.ts';
import { extraItemsFormat, mintDayFormat } from './mint-limit.ts';
import { marketFormat } from './store.ts';

/** See SPEC.md, section Accounts. */
export const accountOperations = {
  'account.register': {
    tag: 1,
    format: record('account.register', {
      id: accountIdFormat,
      /** 0 issuer, 1 brand, 2 merchant, 3 validator. */
      role: uint({ max: 3 }),
      publicKey: publicKeyFormat,
      name: nameFormat,
    }),
  },
  'store.open': {
    tag: 2,
    format: record('store.open', {
      store: storeIdFormat,
      merchant: accountIdFormat,
      name: nameFormat,
      market: marketFormat,
    }),
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
  'account.govern': {
    tag: 5,
    format: record('account.govern', {
      account: accountIdFormat,
      governors: governorsFormat,
      /** How many of them must approve; 0 without governors. */
      threshold: uint({ max: governorsMax }),
      itemsPerDayMax: itemsPerDayMaxFormat,
      /** One more than the account's. */
      version: uint({ max: 0xffff_ffff }),
      approvals: approvalsFormat,
    }),
  },
  'account.rekey': {
    tag: 6,
    format: record('account.rekey', {
      account: accountIdFormat,
      publicKey: publicKeyFormat,
      approvals: approvalsFormat,
    }),
  },
  'account.revoke': {
    tag: 7,
    format: record('account.revoke', { account: accountIdFormat, approvals: approvalsFormat }),
  },
  'terminal.revoke': { tag: 8, format: record('terminal.revoke', { store: storeIdFormat, lane: laneFormat }) },
  'mint.allow': {
    tag: 9,
    format: record('mint.allow', {
      account: accountIdFormat,
      day: mintDayFormat,
      extra: extraItemsFormat,
      approvals: approvalsFormat,
    }),
  },
  'holder.register': {
    tag: 10,
    format: record('holder.register', { holder: holderIdFormat, publicKey: optional(publicKeyFormat) }),
  },
  'holder.rebind': {
    tag: 11,
    format: record('holder.rebind', { holder: holderIdFormat, publicKey: optional(publicKeyFormat) }),
  },
  /** The holder's own key objects to a rebinding. */
  'holder.keep': { tag: 12, format: record('holder.keep', {}) },
} as const satisfies Cases;
