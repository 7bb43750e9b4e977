/** What the cached ledger says of a logistics unit and what is done with it: of all products in it together. */
import { type ShardId, unitShard } from '#ledger/ids';
import { judgeOperation } from '#ledger/judge';
import type { Operation } from '#ledger/operation';
import { reasonsIn } from '#ledger/reasons';
import type { LedgerView } from '#ledger/state/view';
import { blockingReasons } from '#ledger/trace/judge-status';
import { productsIn } from '#ledger/trace/read';
import { type Findings, nothingFound } from './findings.ts';
import type { Judge } from './judge-coupon.ts';

/** How the shards of units begin. */
const unitShards = unitShard('');

/** A shard of units that is not held may not exist yet: its units are unknown, which keeps no box from being packed. */
function withoutUnits(view: LedgerView): LedgerView {
  return {
    holds: (shard) => shard.startsWith(unitShards) || view.holds(shard),
    get: (shard, key) => view.get(shard, key),
  };
}

/** Judges an operation on the unit; `isKnown` says whether it can be recorded. */
export function judgeUnit(judge: Judge, sscc: string, operation: Operation): Findings & { readonly isKnown: boolean } {
  const { chainId, terminal: author, epoch, sequence, seenHeight, timeLowMs, timeHighMs } = judge;
  const by = { chainId, author, epoch, sequence, seenHeight, timeLowMs, timeHighMs, notAfterMs: null };
  const { reasons, outcome } = judgeOperation(withoutUnits(judge.view), by, operation);
  const named = reasonsIn(reasons);
  const shard: ShardId = unitShard(sscc);
  const count = productsIn(judge.view, sscc)?.length ?? null;
  if (outcome === 'refused') return { ...nothingFound, status: 'warn', reasons: named, isKnown: false };
  return {
    ...nothingFound,
    identity: 'match',
    status: (reasons & blockingReasons) !== 0n ? 'blocked' : named.length > 0 ? 'warn' : 'sellable',
    basis: judge.isFresh(shard) ? 'fresh-shard' : 'stale-shard',
    reasons: named,
    title: count === null ? null : `${count} products`,
    height: judge.heightOf(shard),
    isKnown: true,
  };
}
