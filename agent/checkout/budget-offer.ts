/**
 * Looks for a unit of a risk budget for one coupon: policy, age of what is known, then the hub's pool, or the lane's own
 * share while the hub is away. The hub itself is never away: its share follows when the pool is used up.
 */

import type { HubAnswer, HubClaim } from '#agent/hub/hub-message';
import { bad, ok, type Result } from '#core/result';
import { type Purchase, valueOn } from '#ledger/coupons/purchase';
import { readTerms } from '#ledger/coupons/read';
import { type Terms, valueMaxOf } from '#ledger/coupons/terms';
import { seriesShard } from '#ledger/ids';
import type { ReasonName } from '#ledger/reasons';
import type { Right } from '#ledger/rights/right';
import type { BudgetSource, LaneBudget } from './lane-budget.ts';
import type { Till } from './till.ts';

/** A budget unit that is this lane's to use now, or the news that the store has used the coupon already. */
export type BudgetOffer =
  | {
      readonly kind: 'offer';
      readonly right: Right;
      /** The terms of the grant: they hold for the right, whatever the issuer has changed since. */
      readonly terms: Terms;
      readonly source: BudgetSource;
      readonly value: bigint;
      readonly shardHeight: number;
    }
  | { readonly kind: 'used'; readonly by: Extract<HubAnswer, { kind: 'used' }> };

/** What is asked for. `ask` puts a claim to a hub that is another terminal; it answers null where this one is the hub. */
export interface BudgetQuery {
  readonly till: Till;
  readonly budget: LaneBudget;
  readonly gcn: string;
  readonly purchase: Purchase | null;
  readonly budgets: readonly Right[];
  readonly terms: Terms | null;
  readonly ask: (want: HubClaim['want']) => Promise<Result<HubAnswer | null>>;
}

/** A unit of the first budget that has one. The pool is noted in the hub's journal, the share by who writes the entry. */
export async function offerBudget(query: BudgetQuery): Promise<Result<BudgetOffer, ReasonName>> {
  const { till, gcn, budgets, terms } = query;
  if (terms === null) return bad('NOT_CACHED');
  const [first] = budgets;
  if (first === undefined) return bad(terms.offline.kind === 'budget' ? 'NO_SUCH_RIGHT' : 'OFFLINE_NOT_ALLOWED');
  let reason: ReasonName = 'BUDGET_EXHAUSTED';
  for (const right of budgets) {
    const granted = readTerms(till.shards.view, gcn, right.termsVersion);
    const fault = policyFault(till, gcn, right, granted);
    if (fault !== null || granted === null) {
      reason = fault ?? 'NOT_CACHED';
      continue;
    }
    const offer = await fromRight(query, right, granted);
    if (offer !== null) return ok(offer);
  }
  return bad(reason);
}

/** What the budget and the terms at its grant say against going on without the line. */
function policyFault(till: Till, gcn: string, { grant }: Right, granted: Terms | null): ReasonName | null {
  const offline = granted?.offline;
  if (offline?.kind !== 'budget' || grant.kind !== 'budget') return 'OFFLINE_NOT_ALLOWED';
  const ageMs = till.shards.ageMs(seriesShard(gcn));
  return ageMs === null || ageMs > Math.min(grant.shardAgeMsMax, offline.shardAgeMsMax) ? 'SHARD_TOO_OLD' : null;
}

async function fromRight(query: BudgetQuery, right: Right, terms: Terms): Promise<BudgetOffer | null> {
  const { till, budget, gcn, ask } = query;
  const value = valueOn(terms, query.purchase, valueMaxOf(terms));
  const shardHeight = till.shards.heightOf(seriesShard(gcn)) ?? 0;
  const offer = (source: BudgetSource): BudgetOffer => ({ kind: 'offer', right, terms, source, value, shardHeight });
  const { desk } = till.hub();
  if (desk !== null) {
    if (desk.hasRoom(right.id, value)) return offer('pool');
  } else {
    const answer = await ask({ kind: 'budget', rightId: right.id, value });
    if (answer.ok && answer.value?.kind === 'granted') return offer('pool');
    if (answer.ok && answer.value?.kind === 'used') return { kind: 'used', by: answer.value };
    // A hub that is there speaks for the pool; the lane's share is kept for when it is not.
    if (answer.ok) return null;
  }
  const left = budget.shareLeft(right);
  return left.count >= 1 && left.value >= value ? offer('share') : null;
}
