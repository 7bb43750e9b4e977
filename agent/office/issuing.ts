/** What an issuer does: defines a series, issues coupons with their codes, grants rights to stores. */
import { concatBytes } from '#core/bytes';
import type { Entropy } from '#core/entropy';
import { BizainError } from '#core/errors';
import { encodeCouponCode } from '#drivers/symbology/coupon-code';
import { commitmentOfCode } from '#ledger/coupons/consent';
import { itemsMax, keysMax } from '#ledger/coupons/operations';
import type { Terms } from '#ledger/coupons/terms';
import type { OperationOf } from '#ledger/effect';
import type { Operation } from '#ledger/operation';
import type { Receipt } from '#ledger/receipt';
import { usualGrant } from '#ledger/rights/usual-grants';
import { type ListedCode, writeCodeList } from './code-list.ts';
import type { OfficeErrorCode } from './errors.ts';
import { type Office, requireApplied } from './office.ts';

const badInput: OfficeErrorCode = 'BAD_INPUT';
const seedBytes = 16;
/** Most coupons of one call: their codes are held in memory until they are written. */
export const couponsMax = 1_000_000;

/** Coupons to issue: `first` must be the number of coupons that the series has already. */
export interface IssueOrder {
  readonly gcn: string;
  readonly first: number;
  readonly count: number;
  /** Whether the terms ask for the bearer's consent. */
  readonly consent: boolean;
  /** New file for the codes. */
  readonly codeFile: string;
}

/** What came of it. */
export interface IssuedCoupons {
  readonly codes: readonly ListedCode[];
  readonly receipts: readonly Receipt[];
}

/** Defines a series or the next version of its terms. @throws BizainError `OPERATION_REFUSED`. */
export async function defineSeries(office: Office, gcn: string, terms: Terms): Promise<Receipt> {
  return requireApplied(await office.submit({ kind: 'series.define', gcn, terms }), `the series ${gcn}`);
}

interface DrawnCoupon {
  readonly serial: number;
  readonly seed: Uint8Array;
}

/** The operations that create coupons (at most `itemsMax`): the items with the first of their keys, then the other keys. */
function operationsOf({ gcn, consent }: IssueOrder, coupons: readonly DrawnCoupon[]): Operation[] {
  const firstSerial = coupons[0]?.serial ?? 0;
  const keysFrom = (at: number): Uint8Array =>
    concatBytes(...coupons.slice(at, at + keysMax).map(({ serial, seed }) => commitmentOfCode(gcn, serial, seed)));
  const keyCommitments = consent ? keysFrom(0) : new Uint8Array(0);
  const operations: Operation[] = [{ kind: 'coupon.issue', gcn, firstSerial, count: coupons.length, keyCommitments }];
  for (let at = keysMax; consent && at < coupons.length; at += keysMax) {
    operations.push({ kind: 'coupon.keys', gcn, firstSerial: firstSerial + at, keyCommitments: keysFrom(at) });
  }
  return operations;
}

/**
 * Draws the codes, writes them durably, then issues the coupons: no coupon exists whose code is lost. When the region
 * refuses, the file stays and its codes are worth nothing.
 * @throws BizainError `BAD_INPUT`, `ALREADY_THERE`, `OPERATION_REFUSED`, `RECEIPT_MISSING`.
 */
export async function issueCoupons(office: Office, order: IssueOrder, entropy: Entropy): Promise<IssuedCoupons> {
  const { gcn, first, count, codeFile } = order;
  if (!Number.isInteger(count) || count < 1 || count > couponsMax) {
    throw new BizainError({ code: badInput, message: `One call issues 1 to ${couponsMax} coupons, not ${count}.` });
  }
  const drawn = Array.from({ length: count }, (_, index) => ({
    serial: first + index,
    seed: entropy.bytes(seedBytes),
  }));
  const codes = drawn.map(({ serial, seed }) => ({
    key: `255/${gcn}/${serial}`,
    code: encodeCouponCode({ gcn, serial, seed }),
  }));
  writeCodeList(codeFile, codes);
  const receipts: Receipt[] = [];
  for (let at = 0; at < count; at += itemsMax) {
    for (const operation of operationsOf(order, drawn.slice(at, at + itemsMax))) {
      const receipt = await office.submit(operation);
      receipts.push(requireApplied(receipt, `coupons of ${gcn} from serial ${first + at} on`));
    }
  }
  return { codes, receipts };
}

/** A right to grant; what is left out is as usual. */
export type GrantOrder = Pick<OperationOf<'right.grant'>, 'rightId' | 'store' | 'grant'> &
  Partial<Pick<OperationOf<'right.grant'>, 'closeoutAfterMs' | 'lateRule'>>;

/** Ends coupons that nobody has used: called back, or long out of date. @throws BizainError `OPERATION_REFUSED`. */
export async function endCoupons(
  office: Office,
  range: { readonly gcn: string; readonly firstSerial: number; readonly count: number },
  reason: string | null,
): Promise<Receipt> {
  const operation: Operation =
    reason === null ? { kind: 'coupon.expire', ...range } : { kind: 'coupon.void', ...range, reason };
  return requireApplied(await office.submit(operation), `coupons of ${range.gcn}`);
}

/** Grants a right to a store. @throws BizainError `OPERATION_REFUSED`. */
export async function grantRight(office: Office, right: GrantOrder): Promise<Receipt> {
  const operation = { kind: 'right.grant', ...usualGrant, ...right } as const;
  return requireApplied(await office.submit(operation), `the right ${right.rightId}`);
}

/** Renews, recalls or closes out a right. @throws BizainError `OPERATION_REFUSED`. */
export async function changeRight(
  office: Office,
  change: OperationOf<'right.renew' | 'right.recall' | 'right.closeout'>,
): Promise<Receipt> {
  return requireApplied(await office.submit(change), `the right ${change.rightId}`);
}
