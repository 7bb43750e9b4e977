/** Operations of rights: codec numbers 40 to 59. */
import { type Cases, optional, record, uint } from '#core/format';
import { debitConsentFormat } from '../accounts/debit-consent.ts';
import { laneFormat, rightIdFormat, storeIdFormat, timeMsFormat } from '../ids.ts';
import { allocationFormat } from './allocation.ts';
import { closeoutAfterMsMax, grantFormat, partFormat } from './right.ts';
import { serialRangesFormat } from './serial-ranges.ts';

/** Time from now to the first moment of a closeout. */
const closeoutAfterFormat = uint({ max: closeoutAfterMsMax });
const named = { store: storeIdFormat, rightId: rightIdFormat };

/** See SPEC.md, section Rights. */
export const rightOperations = {
  'right.grant': {
    tag: 40,
    format: record('right.grant', {
      rightId: rightIdFormat,
      store: storeIdFormat,
      grant: grantFormat,
      closeoutAfterMs: closeoutAfterFormat,
      /** A number of `lateRules`. */
      lateRule: uint({ max: 1 }),
      /** Escrow of an amount: the owner's word, where the author is neither the owner nor its custodian. */
      consent: optional(debitConsentFormat),
    }),
  },
  /** The hub's own record of an allocation; receipted, it uses up the number and moves nothing by itself. */
  'right.allocate': { tag: 41, format: record('right.allocate', { allocation: allocationFormat }) },
  /** The holder's signed end of a right or of a part: what is unspent goes back to where it came from. */
  'right.release': {
    tag: 42,
    format: record('right.release', { rightId: rightIdFormat, part: optional(partFormat) }),
  },
  'right.renew': { tag: 43, format: record('right.renew', { ...named, closeoutAfterMs: closeoutAfterFormat }) },
  'right.recall': {
    tag: 44,
    format: record('right.recall', {
      ...named,
      deadlineMs: timeMsFormat,
      /** Items of a lease; none: the whole right. */
      ranges: serialRangesFormat,
    }),
  },
  'right.closeout': { tag: 45, format: record('right.closeout', named) },
  'right.sublease': {
    tag: 46,
    format: record('right.sublease', {
      rightId: rightIdFormat,
      /** A new name, unique in the store as those of all rights. */
      subId: rightIdFormat,
      lane: laneFormat,
      part: partFormat,
    }),
  },
} as const satisfies Cases;
