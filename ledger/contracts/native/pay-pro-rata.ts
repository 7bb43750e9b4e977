/** A payout to holders in proportion to what each has of an asset: a dividend, or a reward in points. What does not divide stays with the caller. */
import { list, versioned } from '#core/format';
import { balanceKey, readBalance, totalOf } from '../../assets/balance.ts';
import { accountIdFormat, amountFormat, assetIdFormat, bookShard } from '../../ids.ts';
import type { LedgerView } from '../../state/view.ts';
import { type ReadKey, readsMax } from '../call.ts';
import type { CallResult } from '../result.ts';

/** Arguments of `pay-pro-rata`. */
export const payProRataArgsFormat = versioned(
  'pay-pro-rata',
  1,
  { bytesMax: 4_096 },
  {
    asset: assetIdFormat,
    total: amountFormat,
    /** What shares are measured by. */
    by: assetIdFormat,
    holders: list(accountIdFormat, { min: 1, max: readsMax }),
  },
);

interface PayProRataArgs {
  readonly asset: string;
  readonly total: bigint;
  readonly by: string;
  readonly holders: readonly string[];
}

/** What a call has to read. */
export function payProRataReads({ by, holders }: PayProRataArgs): ReadKey[] {
  return holders.map((owner) => ({ shard: bookShard(owner), key: balanceKey({ owner, asset: by }) }));
}

/** See the head of the file. Distinct holders, the caller not among them. */
export function payProRata(view: LedgerView, { asset, total, by, holders }: PayProRataArgs): CallResult {
  if (new Set(holders).size !== holders.length) return { kind: 'failed', code: 'HOLDER_TWICE' };
  const shares = holders.map((owner) => totalOf(readBalance(view, { owner, asset: by })));
  const sum = shares.reduce((all, share) => all + share, 0n);
  if (sum === 0n) return { kind: 'failed', code: 'NOBODY_HOLDS' };
  const payments = holders.flatMap((to, at) => {
    const amount = (total * (shares[at] ?? 0n)) / sum;
    return amount === 0n ? [] : [{ asset, to, amount }];
  });
  return { kind: 'done', payments, nettings: [], events: [] };
}
