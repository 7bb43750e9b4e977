/** What follows when the region has answered: waiting scans, budgets, baskets, the hub, and news about verdicts given before. */

import { type ReasonName, reasonsIn } from '#ledger/reasons';
import type { Baskets } from './checkout/baskets.ts';
import type { BudgetUnit, LaneBudget } from './checkout/lane-budget.ts';
import type { ReceiptWaiter } from './checkout/receipt-waiter.ts';
import type { Till } from './checkout/till.ts';
import type { SettledEntry } from './journal/settlement.ts';
import type { Settlement, Verdict } from './verdict/verdict.ts';

/** Verdicts remembered for their settlement; older ones are settled without a duration. */
const verdictsMax = 8_192;

interface Given {
  readonly startedMs: number;
  /** The entry whose receipt settles the verdict. */
  readonly entry: { readonly stream: number; readonly sequence: number };
  /** What the ledger said of its reservation, if that was a no. */
  reasons: readonly ReasonName[];
}

/** See the head of the file. */
export class SettlementDesk {
  readonly #till: Till;
  readonly #parts: { readonly budget: LaneBudget; readonly baskets: Baskets; readonly waiter: ReceiptWaiter };
  readonly #onSettlement: (settlement: Settlement) => void;
  readonly #given = new Map<string, Given>();

  constructor(
    till: Till,
    parts: { readonly budget: LaneBudget; readonly baskets: Baskets; readonly waiter: ReceiptWaiter },
    onSettlement: (settlement: Settlement) => void,
  ) {
    this.#till = till;
    this.#parts = parts;
    this.#onSettlement = onSettlement;
  }

  /** Remembers a verdict that was journalled. */
  gave(verdict: Verdict): void {
    if (verdict.entry === null) return;
    const startedMs = this.#till.clock.monotonicMs() - verdict.elapsedMs;
    this.#given.set(verdict.id, { startedMs, entry: verdict.entry, reasons: [] });
    for (const oldest of this.#given.keys()) {
      if (this.#given.size <= verdictsMax) break;
      this.#given.delete(oldest);
    }
  }

  /** Takes entries that have just settled, in the journal's order. */
  settled(entries: readonly SettledEntry[]): void {
    for (const entry of entries) {
      this.#follow(entry);
      this.#report(entry);
    }
    this.#parts.waiter.settled(entries);
  }

  #follow(entry: SettledEntry): void {
    const { journal } = this.#till;
    const unit = this.#parts.budget.settle(entry);
    if (unit !== null) this.#budgetUnitSettled(unit, entry);
    if (entry.kind === 'coupon.reserve' && entry.state === 'refused')
      this.#parts.baskets.dropItem(entry.place.sequence);
    // The journal has dropped the claim by now if this was its end; then the hub may forget it too.
    const keys = entry.kind === 'basket.release' ? this.#releasedKeys(entry) : [entry.note.unitKey];
    const ends = entry.kind === 'basket.release' || entry.state === 'refused';
    for (const key of keys) {
      if (ends && key !== null && journal.claim(key) === null)
        this.#till.hub().link?.tell({ kind: 'release', unit: key });
    }
  }

  #releasedKeys({ place }: SettledEntry): (string | null)[] {
    const operation = this.#till.journal.entry(place)?.entry.operation;
    if (operation?.kind !== 'basket.release') return [];
    return operation.reservations.map(
      (sequence) => this.#till.journal.entry({ ...place, sequence })?.note.unitKey ?? null,
    );
  }

  /** Also of a unit of this lane's share: the hub may have granted it from the pool in an answer that was lost. */
  #budgetUnitSettled({ unitKey: unit, rightId }: BudgetUnit, { state, height }: SettledEntry): void {
    const { desk, link } = this.#till.hub();
    const lostAtHeight = state === 'conflicted' ? height : null;
    const news = { kind: 'settled', unit, rightId, lostAtHeight } as const;
    if (desk === null) link?.tell(news);
    else this.#till.journal.atomically((tx) => desk.handle(tx, this.#till.terminal, news));
  }

  #report(entry: SettledEntry): void {
    const { verdictId } = entry.note;
    if (verdictId === null) return;
    const given = this.#given.get(verdictId);
    const { stream, sequence } = entry.place;
    const isLast =
      given === undefined
        ? entry.kind !== 'coupon.reserve'
        : given.entry.stream === stream && given.entry.sequence === sequence;
    const reasons = reasonsIn(entry.reasons);
    if (!isLast) {
      // Why a reservation failed says more than that its capture found none.
      if (given !== undefined && entry.kind === 'coupon.reserve' && entry.state !== 'final') given.reasons = reasons;
      return;
    }
    const said = given !== undefined && given.reasons.length > 0 && entry.state !== 'final' ? given.reasons : reasons;
    this.#given.delete(verdictId);
    this.#onSettlement({
      verdictId,
      entry: { stream, sequence },
      state: entry.state,
      reasons: said,
      height: entry.height,
      elapsedMs: given === undefined ? null : this.#till.clock.monotonicMs() - given.startedMs,
    });
  }
}
