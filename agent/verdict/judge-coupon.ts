/** What the cached ledger says of a coupon here and now: the ledger's own rules over the shard, taking nothing (ARCHITECTURE D4). */
import { publicKeyOf, signMessage } from '#core/ed25519';
import { consentDomain, consentMessage, itemKeySeed } from '#ledger/coupons/consent';
import type { Consent } from '#ledger/coupons/operations';
import type { Purchase } from '#ledger/coupons/purchase';
import { itemStatus, readTerms } from '#ledger/coupons/read';
import { consentRule, type Terms, valueMaxOf } from '#ledger/coupons/terms';
import type { OperationOf } from '#ledger/effect';
import { seriesShard } from '#ledger/ids';
import { judgeOperation } from '#ledger/judge';
import { type ReasonName, reasonsIn } from '#ledger/reasons';
import type { Basis } from '#ledger/rights/basis';
import { readRights } from '#ledger/rights/read';
import { gcnOf, leaseCovers, type Right } from '#ledger/rights/right';
import type { LedgerView } from '#ledger/state/view';
import { type Findings, nothingFound } from './findings.ts';
import type { VerdictBasis } from './verdict.ts';

/** A coupon as its code says: `seed` is null for a code of AI 255. */
export interface CouponItem {
  readonly gcn: string;
  readonly serial: number;
  readonly seed: Uint8Array | null;
}

/** What a coupon is used on and by whom, as far as the POS program has said. */
export interface CouponUse {
  readonly basket: Uint8Array;
  /** Null: not told yet. */
  readonly purchase: Purchase | null;
  /** The holder's id on the ledger. */
  readonly holder: string | null;
}

/** Who judges, and when. */
export interface Judge {
  readonly chainId: Uint8Array;
  /** The terminal's account id, its store, and the epoch it is enrolled under. */
  readonly terminal: string;
  readonly store: string;
  readonly epoch: number;
  readonly view: LedgerView;
  readonly sequence: number;
  readonly seenHeight: number;
  readonly timeLowMs: number;
  readonly timeHighMs: number;
  /** Certified height and freshness of a cached shard. */
  heightOf(shard: string): number | null;
  /** Whether the shard is known to be current (the line is up and nothing is outstanding). */
  isFresh(shard: string): boolean;
}

/** What a coupon could be taken on, by the shards here. */
export interface CouponFindings extends Findings {
  readonly terms: Terms | null;
  /** The open lease of this store that covers the item, if it is still the store's to spend. */
  readonly owned: Right | null;
  /** Open budgets of this store for the series, oldest first. */
  readonly budgets: readonly Right[];
  /** The bearer's consent to a spend in the basket that was judged for; null without a seed or where none is asked. */
  readonly consent: Consent | null;
  /** Whether a refusal rests only on facts that the region may know better by now. */
  readonly isSoft: boolean;
}

// Facts that a younger shard may contradict: worth asking the region while the line is up. What is redeemed, expired or
// forged stays so.
const soft: ReadonlySet<ReasonName> = new Set([
  'NOT_CACHED',
  'NO_SUCH_SERIES',
  'NO_SUCH_ITEM',
  'RESERVED_ELSEWHERE',
  'LEASED_TO_OTHER',
  'TOO_MANY_OPEN',
]);

/** The item key's consent to a spend at this terminal in this basket; null without a seed. */
function consentOf(judge: Judge, item: CouponItem, basket: Uint8Array): Consent | null {
  if (item.seed === null) return null;
  const seed = itemKeySeed(item.gcn, item.serial, item.seed);
  const message = consentMessage(judge.chainId, item, { terminal: judge.terminal, basket });
  return { kind: 'bearer', publicKey: publicKeyOf(seed), signature: signMessage(seed, consentDomain, message) };
}

/** The reservation of an item on a basis, under a version of its terms. */
export function reserveOperation(
  item: CouponItem,
  spend: CouponUse & { readonly basis: Basis; readonly termsVersion: number; readonly consent: Consent | null },
): OperationOf<'coupon.reserve'> {
  const { gcn, serial } = item;
  return { kind: 'coupon.reserve', gcn, serial, ...spend };
}

/**
 * What cannot be told from the clock is said as just that: the ledger too refuses only what is surely out of its time, so
 * the policy for CLOCK_UNCERTAIN decides (ARCHITECTURE D7).
 */
function withoutDoubt(reasons: readonly ReasonName[]): readonly ReasonName[] {
  if (!reasons.includes('CLOCK_UNCERTAIN')) return reasons;
  return reasons.filter((reason) => reason !== 'EXPIRED' && reason !== 'NOT_YET_VALID');
}

/** The ledger's answer to an operation on the shards here: the reasons against it, whether it would be taken, and for how much. */
export function judgeHere(
  judge: Judge,
  operation: OperationOf<'coupon.reserve'>,
): { readonly taken: boolean; readonly reasons: readonly ReasonName[]; readonly value: bigint } {
  const { chainId, terminal: author, epoch, sequence, seenHeight, timeLowMs, timeHighMs } = judge;
  const by = { chainId, author, epoch, sequence, seenHeight, timeLowMs, timeHighMs, notAfterMs: null };
  const judgement = judgeOperation(judge.view, by, operation);
  const reasons = withoutDoubt(reasonsIn(judgement.reasons));
  return { taken: reasons.every((reason) => reason === 'CLOCK_UNCERTAIN'), reasons, value: judgement.value };
}

function basisOf(judge: Judge, shard: string): VerdictBasis {
  if (!judge.view.holds(shard)) return 'none';
  return judge.isFresh(shard) ? 'fresh-shard' : 'stale-shard';
}

/** Judges a coupon on the shards here. Its consent is bound to the basket that it would go to. */
export function judgeCoupon(judge: Judge, item: CouponItem, use: CouponUse): CouponFindings {
  const { basket } = use;
  const { view, store } = judge;
  const shard = seriesShard(item.gcn);
  const base = { ...nothingFound, terms: null, owned: null, budgets: [], consent: null, isSoft: true };
  // Without the terms it is not known whether consent is asked: given unasked, it does no harm.
  if (!view.holds(shard)) return { ...base, consent: consentOf(judge, item, basket), reasons: ['NOT_CACHED'] };
  const height = judge.heightOf(shard);
  const basis = basisOf(judge, shard);
  const newest = readTerms(view, item.gcn);
  if (newest === null) return { ...base, basis, height, identity: 'no-match', reasons: ['NO_SUCH_SERIES'] };
  const rights = readRights(view, store).filter(
    (right) => gcnOf(right) === item.gcn && (right.lane === null || `${store}/${right.lane}` === judge.terminal),
  );
  const lease = rights.find((right) => leaseCovers(right, item.serial)) ?? null;
  const owned = lease !== null && itemStatus(view, item.gcn, item.serial) === 'leased' ? lease : null;
  // The terms of the grant hold for a right until it closes, whatever the issuer has changed since.
  const terms = (owned === null ? null : readTerms(view, item.gcn, owned.termsVersion)) ?? newest;
  const consent = terms.consent === consentRule.bearer ? consentOf(judge, item, basket) : null;
  const spend = { ...use, basis: footing(owned), termsVersion: terms.version, consent };
  const { reasons, value } = judgeHere(judge, reserveOperation(item, spend));
  // The hub's word is asked for after this; a local judgement of an owned unit is about everything else.
  const against = reasons.filter((reason) => reason !== 'ALLOCATION_MISSING');
  const named: ReasonName[] = against.includes('CONSENT_INVALID') ? [...against, 'TAMPERED'] : against;
  const unknown = named.some((reason) => reason === 'NO_SUCH_ITEM' || reason === 'TAMPERED');
  const blocking = named.filter((reason) => reason !== 'CLOCK_UNCERTAIN');
  return {
    identity: unknown ? 'no-match' : 'match',
    status: blocking.length > 0 ? 'blocked' : named.length > 0 ? 'warn' : 'sellable',
    basis,
    fault: named.includes('CLOCK_UNCERTAIN') ? 'clock' : 'none',
    reasons: named,
    title: terms.title,
    // A refusal has no value: what the coupon could be worth tells more.
    value: blocking.length === 0 ? value : valueMaxOf(terms),
    unit: terms.unit,
    priorUse: named.includes('ALREADY_REDEEMED') ? { here: false, terminal: null, atMs: null } : null,
    height,
    terms,
    owned,
    // What only the region can tell of a person or an alliance is no loss that a budget was granted for.
    budgets: named.includes('NOT_CACHED')
      ? []
      : rights.filter(({ grant, lane }) => grant.kind === 'budget' && lane === null),
    consent,
    isSoft: blocking.every((reason) => soft.has(reason)),
  };
}

function footing(owned: Right | null): Basis {
  if (owned !== null) return { kind: 'owned', rightId: owned.id, allocation: null };
  return { kind: 'online', fallbackRightId: null };
}
