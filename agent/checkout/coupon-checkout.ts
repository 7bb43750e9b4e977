/**
 * A coupon at the checkout, in the order that its safety rests on (ARCHITECTURE D4, D5): used here? - the cached ledger -
 * the hub - then the region with a deadline, or the store's own rights and budgets. Every yes is in the journal first.
 *
 * `final` is said when the region's certificate shows the reservation in force and the capture is fsynced: from then on only
 * this lane's own journal can end the reservation, and the capture is in it. So one block's wait is enough.
 */

import type { HubAnswer, HubClaim } from '#agent/hub/hub-message';
import type { EntryPlace } from '#agent/journal/entry-state';
import type { Findings } from '#agent/verdict/findings';
import {
  type CouponFindings,
  type CouponItem,
  type CouponUse,
  judgeCoupon,
  judgeHere,
  reserveOperation,
} from '#agent/verdict/judge-coupon';
import type { Text } from '#agent/verdict/reason-texts';
import type { Finality, Verdict, VerdictBasis } from '#agent/verdict/verdict';
import { toHex } from '#core/bytes';
import type { Result } from '#core/result';
import { openReservationsMax } from '#ledger/baskets/open-reservations';
import { needsPurchase, type Purchase, valueOn } from '#ledger/coupons/purchase';
import { type Terms, valueMaxOf } from '#ledger/coupons/terms';
import { type ReasonName, reasonNames, reasonsIn } from '#ledger/reasons';
import type { Basis } from '#ledger/rights/basis';
import type { Right } from '#ledger/rights/right';
import type { Baskets } from './baskets.ts';
import { type BudgetOffer, offerBudget } from './budget-offer.ts';
import {
  appendCapture,
  appendRelease,
  appendReserve,
  askOwnDesk,
  type CouponTaking,
  type Taken,
  writeDown,
} from './coupon-entries.ts';
import { budgetMode, type LaneBudget } from './lane-budget.ts';
import type { ReceiptWaiter } from './receipt-waiter.ts';
import type { StartGuard } from './start-guard.ts';
import { judgeOf, type Till } from './till.ts';
import type { Traffic } from './traffic.ts';
import { findPriorUse, priorUseIn, priorUseOf } from './used-set.ts';
import { makeVerdict, noFromBooks, type ScanSlip } from './verdict-desk.ts';

/** Parts that one lane has once. */
export interface CheckoutParts {
  readonly till: Till;
  readonly budget: LaneBudget;
  readonly baskets: Baskets;
  readonly waiter: ReceiptWaiter;
  readonly guard: StartGuard;
  readonly traffic: Traffic;
}

/** What the POS program said with a scan. `basket` as in `Baskets.idFor`. */
export interface AskedUse {
  readonly basket?: string;
  readonly purchase?: Purchase;
  readonly holder?: string;
}

/** One scan on its way through the checkout. */
interface Scan {
  readonly slip: ScanSlip;
  readonly item: CouponItem;
  readonly use: CouponUse;
  readonly found: CouponFindings;
}

/** How a yes came about. */
interface Yes {
  readonly taken: Taken;
  readonly finality: Finality;
  readonly basis?: VerdictBasis;
  readonly height?: number;
}

const inBasketText: Text = { en: 'Already in this basket', zh: '已在本单中' };

/** See the head of the file. */
export class CouponCheckout {
  readonly #parts: CheckoutParts;
  readonly #till: Till;

  constructor(parts: CheckoutParts) {
    this.#parts = parts;
    this.#till = parts.till;
  }

  /** Judges a coupon and takes nothing. */
  async verify(slip: ScanSlip, item: CouponItem, asked: AskedUse = {}): Promise<Verdict> {
    const use = { basket: new Uint8Array(16), purchase: asked.purchase ?? null, holder: asked.holder ?? null };
    const found = judgeCoupon(judgeOf(this.#till), item, use);
    const prior = await findPriorUse(this.#till, slip.key);
    const findings: Findings =
      prior === null ? found : { ...found, status: 'blocked', reasons: ['USED_HERE'], priorUse: prior };
    return makeVerdict(this.#till, slip, { subject: 'coupon', findings });
  }

  /** Judges a coupon and takes it if the answer is yes. */
  async take(slip: ScanSlip, item: CouponItem, asked: AskedUse = {}): Promise<Verdict> {
    const { baskets, traffic, guard } = this.#parts;
    const basket = this.#till.basketMode === 'manual' ? baskets.idFor(asked.basket) : baskets.fresh();
    if (basket === null) return this.#blank(slip, ['BAD_CODE']);
    const used = this.#usedHere(slip);
    if (used !== null) return used;
    const use = { basket, purchase: asked.purchase ?? null, holder: asked.holder ?? null };
    const found = judgeCoupon(judgeOf(this.#till), item, use);
    const scan = { slip, item, use, found };
    const blocking = found.reasons.some((reason) => reason !== 'CLOCK_UNCERTAIN');
    traffic.note(item.gcn, found);
    if (blocking && !(found.isSoft && this.#till.isOnline())) return this.#refuse(scan);
    if (this.#lacksPurchase(scan)) return this.#no(scan, ['MINIMUM_SPEND']);
    if (!baskets.hasRoom(basket)) return this.#no(scan, ['LIMIT_EXCEEDED']);
    // The ledger takes no more of one lane: told by the journal, since the cached shard may be from before an outage.
    if (this.#openCount >= openReservationsMax) return this.#no(scan, ['TOO_MANY_OPEN']);
    // The region judges for itself; only what rests on the store's own books needs them to be whole.
    const asksRegion = found.owned === null && this.#till.isOnline();
    if (guard.isBlocked || (!asksRegion && guard.allowance === 'none')) return this.#no(scan, ['UNANCHORED']);
    if (found.owned !== null) return this.#takeOwned(scan, found.owned);
    return asksRegion ? this.#takeOnline(scan) : this.#takeProvisional(scan);
  }

  /** Whether a coupon that is captured with its scan lacks what its terms ask of the purchase. */
  #lacksPurchase({ use, found: { terms } }: Scan): boolean {
    return !this.#isManual && use.purchase === null && terms !== null && needsPurchase(terms);
  }

  /** A no by the cached ledger. If somebody took the unit, the store may know who: "used here" says more than "used". */
  async #refuse(scan: Scan): Promise<Verdict> {
    const { reasons } = scan.found;
    const taken = reasons.some((reason) => reason === 'ALREADY_REDEEMED' || reason === 'RESERVED_ELSEWHERE');
    const prior = taken ? await findPriorUse(this.#till, scan.slip.key) : null;
    return prior === null ? this.#no(scan, reasons) : this.#no(scan, ['USED_HERE'], { priorUse: prior });
  }

  /** A unit that the store's own books say is taken: the local "already used" wins. */
  #usedHere(slip: ScanSlip): Verdict | null {
    const claim = this.#till.journal.claim(slip.key);
    // As the hub, a claim that this lane itself never wrote an entry for is no use: it may take the unit now.
    if (claim === null) return null;
    if (this.#parts.baskets.withUnit(slip.key) !== null) return this.#blank(slip, ['USED_HERE'], inBasketText);
    const mine = claim.terminal === this.#till.terminal;
    if (mine && claim.state === 'reserved') return this.#blank(slip, ['NO_ANSWER']);
    return this.#blank(slip, ['USED_HERE']);
  }

  async #takeOwned(scan: Scan, { id: rightId, lane, closeoutFromMs }: Right): Promise<Verdict> {
    const { gcn, serial } = scan.item;
    // A lane's own part is nobody else's to spend: the hub has no say in it.
    const want = lane === null ? ({ kind: 'owned', rightId, gcn, serial } as const) : ({ kind: 'unowned' } as const);
    const answer = lane === null ? await this.#askHub(scan, want) : { ok: true as const, value: null };
    if (!answer.ok) return this.#no(scan, ['HUB_UNREACHABLE']);
    const word = answer.value;
    if (word?.kind === 'used') return this.#usedByOther(scan, word);
    if (word?.kind === 'refused') return this.#no(scan, [reasonOfHub(word.reason)]);
    const allocation = word?.kind === 'allocated' ? word.allocation : null;
    const taking = this.#taking(scan, { kind: 'owned', rightId, allocation }, { mode: 'owned', claim: want });
    // From then on the right may be closed out, and only a clock that is surely earlier can exclude it.
    const isSure = this.#parts.guard.allowance === 'full' && this.#till.now().timeHighMs < closeoutFromMs;
    const finality = isSure ? 'guaranteed' : 'provisional';
    return this.#commit(scan, taking, finality);
  }

  async #takeProvisional(scan: Scan): Promise<Verdict> {
    const offer = await this.#offerBudget(scan);
    if (!offer.ok) return this.#no(scan, [offer.reason]);
    if (offer.value.kind === 'used') return this.#usedByOther(scan, offer.value.by);
    const { taking, unit } = this.#budgetTaking(scan, offer.value);
    return this.#commit(scan, taking, 'provisional', (reserve) => this.#parts.budget.took(reserve.sequence, unit));
  }

  #offerBudget(scan: Scan): Promise<Result<BudgetOffer, ReasonName>> {
    const { till, budget } = this.#parts;
    const ask = (want: HubClaim['want']) => this.#askHub(scan, want);
    const { item, found, use } = scan;
    const { budgets, terms } = found;
    return offerBudget({ till, budget, gcn: item.gcn, purchase: use.purchase, budgets, terms, ask });
  }

  #budgetTaking(scan: Scan, offer: Extract<BudgetOffer, { kind: 'offer' }>) {
    const { right, terms, source, value, shardHeight } = offer;
    const basis = { kind: 'budget', rightId: right.id, shardHeight } as const;
    const claim: HubClaim['want'] =
      source === 'pool' ? { kind: 'budget', rightId: right.id, value } : { kind: 'unowned' };
    const taking = this.#taking(scan, basis, { mode: budgetMode(source, value), claim, terms });
    return { taking, unit: { unitKey: scan.slip.key, rightId: right.id, value, source } };
  }

  /** Reserves and captures in one transaction (or only reserves, in an open basket): the yes of a store on its own. */
  #commit(scan: Scan, judged: CouponTaking, finality: Finality, then?: (reserve: EntryPlace) => void): Verdict {
    const { reasons, taken: isGood, value } = judgeHere(judgeOf(this.#till), judged.reserve);
    if (!isGood) return this.#noAfterHub(scan, reasons);
    const taking = { ...judged, value };
    const written = writeDown(this.#till, (tx) => {
      const word = askOwnDesk(this.#till, tx, taking.unitKey, taking.claim);
      if (word !== null && (word.kind === 'used' || word.kind === 'refused')) return { word };
      const reserve = appendReserve(this.#till, tx, taking);
      const capture = this.#isManual ? null : appendCapture(this.#till, tx, taking, reserve);
      return { taken: { reserve, capture } };
    });
    if (!written.ok) return this.#noAfterHub(scan, [written.reason]);
    if (written.value.taken === undefined) {
      const { word } = written.value;
      return word.kind === 'used'
        ? this.#usedByOther(scan, word)
        : this.#no(scan, [reasonOfHub(word.kind === 'refused' ? word.reason : '')]);
    }
    this.#parts.guard.took();
    then?.(written.value.taken.reserve);
    return this.#yes(scan, taking, { taken: written.value.taken, finality });
  }

  async #takeOnline(scan: Scan): Promise<Verdict> {
    const word = await this.#askHub(scan, { kind: 'unowned' });
    if (word.ok && word.value?.kind === 'used') return this.#usedByOther(scan, word.value);
    const fallback = scan.found.budgets.find((right) => this.#parts.budget.shareLeft(right).count > 0)?.id ?? null;
    const basis = { kind: 'online', fallbackRightId: fallback } as const;
    const taking = this.#taking(scan, basis, { mode: 'online', claim: { kind: 'unowned' } });
    const written = writeDown(this.#till, (tx) => {
      const own = askOwnDesk(this.#till, tx, taking.unitKey, taking.claim);
      if (own?.kind === 'used') return { used: own };
      return { reserve: appendReserve(this.#till, tx, taking, this.#till.now().timeHighMs + this.#till.onlineMs) };
    });
    if (!written.ok) return this.#noAfterHub(scan, [written.reason]);
    if (written.value.reserve === undefined) return this.#usedByOther(scan, written.value.used);
    const { reserve } = written.value;
    const answer = this.#parts.waiter.wait(reserve, this.#till.onlineMs);
    this.#till.kick();
    await answer;
    return this.#afterWait(scan, taking, reserve);
  }

  /** What the journal says of the reservation now decides, not what woke us. */
  async #afterWait(scan: Scan, taking: CouponTaking, reserve: EntryPlace): Promise<Verdict> {
    const settled = this.#onlineAnswer(scan, taking, reserve);
    if (settled !== null) return settled;
    if (this.#parts.guard.allowance === 'none') return this.#giveUp(scan, reserve);
    const offer = await this.#offerBudget(scan);
    // The answer may have come while the hub was asked: then what it gave from the pool is not needed.
    const late = this.#onlineAnswer(scan, taking, reserve);
    if (late !== null) {
      if (offer.ok && offer.value.kind === 'offer') this.#giveBack(scan, offer.value);
      return late;
    }
    if (offer.ok && offer.value.kind === 'offer') return this.#fallBack(scan, offer.value, reserve);
    return this.#giveUp(scan, reserve);
  }

  #onlineAnswer(scan: Scan, taking: CouponTaking, reserve: EntryPlace): Verdict | null {
    const stored = this.#till.journal.entry(reserve);
    if (stored === null || stored.state === 'pending' || stored.outcome === null) return null;
    const { height, reasons, value } = stored.outcome;
    if (stored.state !== 'final') {
      if (stored.state === 'conflicted')
        this.#till.journal.atomically((tx) => appendRelease(this.#till, tx, [reserve.sequence]));
      return this.#noAfterHub(scan, reasonsIn(reasons), { basis: 'certificate', height });
    }
    const certified = { ...taking, value };
    const capture = this.#isManual
      ? null
      : this.#till.journal.atomically((tx) => appendCapture(this.#till, tx, certified, reserve));
    return this.#yes(scan, certified, { taken: { reserve, capture }, finality: 'final', basis: 'certificate', height });
  }

  /**
   * No answer in time, and a budget unit at hand: the online reservation is released and the unit taken on the budget, in one
   * transaction. The ledger executes both in this order, so that a loss is always one that the budget bears.
   */
  #fallBack(scan: Scan, offer: Extract<BudgetOffer, { kind: 'offer' }>, online: EntryPlace): Verdict {
    const { taking, unit } = this.#budgetTaking(scan, offer);
    const written = writeDown(this.#till, (tx) => {
      appendRelease(this.#till, tx, [online.sequence]);
      const word = taking.claim.kind === 'budget' ? askOwnDesk(this.#till, tx, taking.unitKey, taking.claim) : null;
      if (word !== null && word.kind !== 'granted') return null;
      const reserve = appendReserve(this.#till, tx, taking);
      return { reserve, capture: this.#isManual ? null : appendCapture(this.#till, tx, taking, reserve) };
    });
    if (!written.ok) return this.#giveUp(scan, online);
    if (written.value === null) return this.#no(scan, ['NO_ANSWER']);
    this.#parts.guard.took();
    this.#parts.budget.took(written.value.reserve.sequence, unit);
    return this.#yes(scan, taking, { taken: written.value, finality: 'provisional' });
  }

  #giveBack({ slip }: Scan, { right, source }: Extract<BudgetOffer, { kind: 'offer' }>): void {
    const news = { kind: 'settled', unit: slip.key, rightId: right.id, lostAtHeight: null } as const;
    if (source === 'pool') this.#till.hub().link?.tell(news);
  }

  /** No answer and no budget: the release is fsynced before the no is shown. */
  #giveUp(scan: Scan, reserve: EntryPlace): Verdict {
    this.#till.journal.atomically((tx) => appendRelease(this.#till, tx, [reserve.sequence]));
    return this.#no(scan, ['NO_ANSWER']);
  }

  get #openCount(): number {
    return this.#till.journal.openReservations().filter(({ epoch }) => epoch === this.#till.epoch).length;
  }

  get #isManual(): boolean {
    return this.#till.basketMode === 'manual';
  }

  /** `terms`: those of the right that it rests on, where they are not the ones it was judged by. */
  #taking(
    scan: Scan,
    basis: Basis,
    how: { readonly mode: string; readonly claim: HubClaim['want']; readonly terms?: Terms },
  ): CouponTaking {
    const { slip, item, use, found } = scan;
    const { mode, claim, terms = found.terms } = how;
    const termsVersion = terms?.version ?? 1;
    const { consent } = found;
    return {
      verdictId: slip.id,
      unitKey: slip.key,
      reserve: reserveOperation(item, { ...use, basis, termsVersion, consent }),
      rightId: basis.kind === 'online' ? basis.fallbackRightId : basis.rightId,
      terms,
      value: terms === null ? null : valueOn(terms, use.purchase, valueMaxOf(terms)),
      unit: terms?.unit ?? null,
      mode,
      claim,
    };
  }

  /** Asks a hub that is another terminal; null where this terminal is the hub and asks itself in its transaction. */
  async #askHub(scan: Scan, want: HubClaim['want']): Promise<Result<HubAnswer | null, 'UNREACHABLE'>> {
    const { desk, link } = this.#till.hub();
    if (desk !== null) return { ok: true, value: null };
    if (link === null) return { ok: false, reason: 'UNREACHABLE' };
    const { timeLowMs, timeHighMs } = this.#till.now();
    const answer = await link.ask({ kind: 'claim', unit: scan.slip.key, want, timeLowMs, timeHighMs });
    return answer.ok ? answer : { ok: false, reason: 'UNREACHABLE' };
  }

  #yes(scan: Scan, taking: CouponTaking, yes: Yes): Verdict {
    const { slip, use, found } = scan;
    const { basket } = use;
    const entry = yes.taken.capture ?? yes.taken.reserve;
    const { timeLowMs, timeHighMs } = this.#till.now();
    if (yes.taken.capture === null) {
      const { value, unit, terms } = taking;
      const { sequence } = yes.taken.reserve;
      const isPriced = use.purchase !== null;
      this.#parts.baskets.add(basket, { sequence, unitKey: slip.key, value: value ?? 0n, unit, terms, isPriced });
    } else this.#till.hub().link?.tell({ kind: 'captured', unit: slip.key, timeLowMs, timeHighMs });
    this.#till.kick();
    const reasons = found.reasons.filter((reason) => reason === 'CLOCK_UNCERTAIN');
    const findings: Findings = {
      ...found,
      identity: 'match',
      status: reasons.length > 0 ? 'warn' : 'sellable',
      reasons,
      basis: yes.basis ?? found.basis,
      height: yes.height ?? found.height,
      priorUse: null,
      value: taking.unit === null ? null : taking.value,
    };
    return makeVerdict(this.#till, slip, {
      subject: 'coupon',
      findings,
      finality: yes.finality,
      entry,
      basket: toHex(basket),
    });
  }

  #no(scan: Scan, reasons: readonly ReasonName[], more: Partial<Findings> = {}): Verdict {
    const redeemed = reasons.includes('ALREADY_REDEEMED');
    const priorUse = redeemed ? { here: false, terminal: null, atMs: null } : null;
    const findings: Findings = { ...scan.found, status: 'blocked', reasons, priorUse, ...more };
    return makeVerdict(this.#till, scan.slip, { subject: 'coupon', findings });
  }

  /** As `#no`, after the hub may have noted the unit as this lane's: it is told otherwise. */
  #noAfterHub(scan: Scan, reasons: readonly ReasonName[], more: Partial<Findings> = {}): Verdict {
    this.#till.hub().link?.tell({ kind: 'release', unit: scan.slip.key });
    return this.#no(scan, reasons, more);
  }

  #usedByOther(scan: Scan, by: Extract<HubAnswer, { kind: 'used' }>): Verdict {
    return this.#no(scan, ['USED_HERE'], { priorUse: priorUseOf(by) });
  }

  /** A no that rests on this store's own books alone. */
  #blank(slip: ScanSlip, reasons: readonly ReasonName[], text?: Text): Verdict {
    const prior = reasons.includes('USED_HERE') ? priorUseIn(this.#till, slip.key) : null;
    return noFromBooks(this.#till, slip, { reasons, prior, ...(text === undefined ? {} : { text }) });
  }
}

function reasonOfHub(reason: string): ReasonName {
  return reasonNames.find((name) => name === reason) ?? 'HUB_UNREACHABLE';
}
