/** Rights: what a store may spend when nobody can be asked (ARCHITECTURE D4). Objects of the store's shard. */
import { type Infer, optional, record, uint, variant, versioned } from '#core/format';
import { hubFormat } from '../accounts/store.ts';
import {
  accountIdFormat,
  amountFormat,
  assetIdFormat,
  gcnFormat,
  laneFormat,
  rightIdFormat,
  timeMsFormat,
} from '../ids.ts';
import { hasSerial, serialRangesFormat } from './serial-ranges.ts';

/** Most uses of one escrow, and coupons of one budget. */
export const grantCountMax = 1_000_000;
const countFormat = uint({ max: grantCountMax });

/** What a right is to. In a right as stored it is what is its own now: sub-leases and parts given back have left it. */
export const grantFormat = variant('grant', {
  /** These items are the store's alone until the right closes; they are locked at home. */
  lease: { tag: 0, format: record('lease', { gcn: gcnFormat, ranges: serialRangesFormat }) },
  /** The issuer bears up to this loss for what is taken unowned while the line is cut. */
  budget: {
    tag: 1,
    format: record('budget', {
      /** A series, or an asset. */
      of: variant('budget-subject', {
        series: { tag: 0, format: record('budget-series', { gcn: gcnFormat }) },
        asset: { tag: 1, format: record('budget-asset', { asset: assetIdFormat }) },
      }),
      countMax: countFormat,
      valueMax: amountFormat,
      /** Oldest shard that a spend may have been judged by; the terms of a series may ask for a younger one. */
      shardAgeMsMax: uint({ max: 90 * 86_400_000 }),
    }),
  },
  /** Escrow of uses of a series with one public code: so many are the store's, and charged to the series' total. */
  uses: { tag: 2, format: record('uses', { gcn: gcnFormat, count: countFormat }) },
  /** Escrow of an amount of what an account has: it is locked there. */
  amount: {
    tag: 3,
    format: record('amount', { asset: assetIdFormat, owner: accountIdFormat, amount: amountFormat }),
  },
});
/** A decoded grant. */
export type Grant = Infer<typeof grantFormat>;

/** Part of a right: what a lane gets for its own, or what is given back. */
export const partFormat = variant('part', {
  items: { tag: 0, format: record('part-items', { ranges: serialRangesFormat }) },
  uses: { tag: 1, format: record('part-uses', { count: countFormat }) },
  amount: { tag: 2, format: record('part-amount', { amount: amountFormat }) },
  budget: { tag: 3, format: record('part-budget', { count: countFormat, value: amountFormat }) },
});
/** A decoded part. */
export type Part = Infer<typeof partFormat>;

/** Shortest and longest time from grant to closeout, ms: a day, a year. 30 days are usual. */
export const closeoutAfterMsMin = 86_400_000;
/** See `closeoutAfterMsMin`. */
export const closeoutAfterMsMax = 366 * 86_400_000;

/** Status of a right in force. */
export const rightOpen = 0;
/** Status of a right that its holder has ended. */
export const rightReleased = 1;
/** Status of a right that its grantor has ended without its holder. */
export const rightClosedOut = 2;
/** Status of a sub-lease that went back into the right it was part of, with all that still rests on it. */
export const rightMerged = 3;

/** Spends ordered after a closeout: refused, or recorded and in conflict if the unit is gone (SPEC R7). */
export const lateRules = { refuse: 0, conflict: 1 } as const;

/** `right/<id>` in the store's shard. */
export const rightFormat = versioned(
  'right',
  1,
  { bytesMax: 16_384 },
  {
    id: rightIdFormat,
    /** Who gave it, and may renew, recall and close it. */
    grantor: accountIdFormat,
    /** Terms version of the series (of the asset) in force at grant time; it holds for the right until it closes. */
    termsVersion: uint({ max: 0xffff }),
    grant: grantFormat,
    /** The only lane that spends a sub-lease, without allocation; null: the store's, through its hub. */
    lane: optional(laneFormat),
    /** The right that a sub-lease is part of. */
    parentId: optional(rightIdFormat),
    grantedAtMs: timeMsFormat,
    /** Not before this block time may its grantor close it out. A right never lapses by time alone. */
    closeoutFromMs: timeMsFormat,
    /** A number of `lateRules`. */
    lateRule: uint({ max: 1 }),
    /** The grantor asks for these items back by then, or for everything if no range is named. */
    recall: optional(record('recall', { deadlineMs: timeMsFormat, ranges: serialRangesFormat })),
    /** `rightOpen` and the others. */
    status: uint({ max: 3 }),
    /** The hub at the closeout: the last whose word counted for this right. */
    fencedHub: optional(hubFormat),
    /** Escrows only: what open baskets hold of it. */
    heldCount: uint({}),
    heldValue: amountFormat,
    /** What was captured under the right. */
    spentCount: uint({}),
    spentValue: amountFormat,
    /** Units taken that the ledger had to call conflicted and that the right bears, and their value. */
    conflictedCount: uint({}),
    conflictedValue: amountFormat,
    /** Units written off with a lost journal. */
    lostCount: uint({}),
  },
);
/** A right as stored. */
export type Right = Infer<typeof rightFormat>;

/** The series that a right is about; null for one about an asset. */
export function gcnOf({ grant }: Pick<Right, 'grant'>): string | null {
  if (grant.kind === 'amount') return null;
  if (grant.kind !== 'budget') return grant.gcn;
  return grant.of.kind === 'series' ? grant.of.gcn : null;
}

/** The asset that a right is about; null for one about a series. */
export function assetOf({ grant }: Pick<Right, 'grant'>): string | null {
  if (grant.kind === 'amount') return grant.asset;
  return grant.kind === 'budget' && grant.of.kind === 'asset' ? grant.of.asset : null;
}

/** Whether a right owns units, rather than bearing losses. */
export function isOwning({ grant }: Pick<Right, 'grant'>): boolean {
  return grant.kind !== 'budget';
}

/** Whether a right is a lease that covers the serial of its series. */
export function leaseCovers({ grant }: Pick<Right, 'grant'>, serial: number): boolean {
  return grant.kind === 'lease' && hasSerial(grant.ranges, serial);
}

/** What was done with a right of which nothing has been used yet. */
export const unused = {
  heldCount: 0,
  heldValue: 0n,
  spentCount: 0,
  spentValue: 0n,
  conflictedCount: 0,
  conflictedValue: 0n,
  lostCount: 0,
} as const;

/** A store's right as it begins. */
export function newRight(
  given: Pick<Right, 'id' | 'grantor' | 'termsVersion' | 'grant' | 'grantedAtMs' | 'closeoutFromMs' | 'lateRule'>,
): Right {
  return { ...given, lane: null, parentId: null, recall: null, status: rightOpen, fencedHub: null, ...unused };
}
