/** What a reservation takes, and an allocation gives to a lane: one unit of what a right can own. */
import { type Infer, record, variant } from '#core/format';
import { accountIdFormat, amountFormat, assetIdFormat, couponSerialFormat, gcnFormat } from '../ids.ts';

/** One spend. */
export const spendFormat = variant('spend', {
  /** An item of a series. */
  item: { tag: 0, format: record('item-spend', { gcn: gcnFormat, serial: couponSerialFormat }) },
  /** One use of a series that has one public code. */
  use: { tag: 1, format: record('use-spend', { gcn: gcnFormat }) },
  /** An amount of what an account has of an asset. */
  amount: {
    tag: 2,
    format: record('amount-spend', { asset: assetIdFormat, owner: accountIdFormat, amount: amountFormat }),
  },
});
/** A decoded spend. */
export type Spend = Infer<typeof spendFormat>;

/** Whether two spends are of the same unit (or of the same amount). */
export function sameSpend(a: Spend, b: Spend): boolean {
  switch (a.kind) {
    case 'item':
      return b.kind === 'item' && a.gcn === b.gcn && a.serial === b.serial;
    case 'use':
      return b.kind === 'use' && a.gcn === b.gcn;
    case 'amount':
      return b.kind === 'amount' && a.asset === b.asset && a.owner === b.owner && a.amount === b.amount;
  }
}
