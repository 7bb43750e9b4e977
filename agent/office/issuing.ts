/** What an issuer does: defines a series, issues coupons with their codes, grants rights to stores. */
import { concatBytes } from '#core/bytes';
import type { Entropy } from '#core/entropy';
import { BizainError } from '#core/errors';
import { encodeCouponCode } from '#drivers/symbology/coupon-code';
import { commitmentOfCode } from '#ledger/coupons/consent';
import type { Terms } from '#ledger/coupons/terms';
import { issueCountMax, type Operation } from '#ledger/operation';
import type { Receipt } from '#ledger/receipt';
import type { Grant } from '#ledger/rights/right';
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

function operationOf(order: IssueOrder, coupons: readonly DrawnCoupon[]): Operation {
  const { gcn, consent } = order;
  const commitments = consent ? coupons.map(({ serial, seed }) => commitmentOfCode(gcn, serial, seed)) : [];
  return {
    kind: 'coupon.issue',
    gcn,
    firstSerial: coupons[0]?.serial ?? 0,
    count: coupons.length,
    keyCommitments: concatBytes(...commitments),
  };
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
  for (let at = 0; at < count; at += issueCountMax) {
    const receipt = await office.submit(operationOf(order, drawn.slice(at, at + issueCountMax)));
    receipts.push(requireApplied(receipt, `coupons of ${gcn} from serial ${first + at} on`));
  }
  return { codes, receipts };
}

/** Grants a right to a store. @throws BizainError `OPERATION_REFUSED`. */
export async function grantRight(
  office: Office,
  right: { readonly rightId: string; readonly store: string; readonly gcn: string; readonly grant: Grant },
): Promise<Receipt> {
  return requireApplied(await office.submit({ kind: 'right.grant', ...right }), `the right ${right.rightId}`);
}
