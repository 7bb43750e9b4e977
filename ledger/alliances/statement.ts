/** A member's statement: what receipts say moved in and out, by asset and by the other side. Pure; whoever has the receipts can make it. */
import type { Receipt } from '../receipt.ts';

/** Sums of one asset. */
export interface StatementLine {
  readonly asset: string;
  /** The other side; null: newly issued or burned. */
  readonly with: string | null;
  readonly received: bigint;
  readonly paid: bigint;
}

/**
 * The statement of an account over receipts: lines by asset, then by the other side. Over all accounts of an asset, what was received
 * and paid adds up to what was issued less what was burned.
 */
export function statementOf(account: string, receipts: Iterable<Pick<Receipt, 'movements'>>): StatementLine[] {
  const lines = new Map<string, StatementLine>();
  const add = (asset: string, other: string | null, received: bigint, paid: bigint): void => {
    const key = `${asset}\n${other ?? ''}`;
    const line = lines.get(key) ?? { asset, with: other, received: 0n, paid: 0n };
    lines.set(key, { ...line, received: line.received + received, paid: line.paid + paid });
  };
  for (const { movements } of receipts) {
    for (const { asset, from, to, amount } of movements) {
      if (to === account) add(asset, from, amount, 0n);
      if (from === account) add(asset, to, 0n, amount);
    }
  }
  return [...lines].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, line]) => line);
}
