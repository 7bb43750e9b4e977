/** Products at the till and in the warehouse: judged first, written down as what happened (ARCHITECTURE D3, D8). */

import { askOwnDesk, writeDown } from '#agent/checkout/coupon-entries';
import { judgeOf, type Till } from '#agent/checkout/till';
import { findPriorUse, priorUseIn, priorUseOf } from '#agent/checkout/used-set';
import { makeVerdict, type ScanSlip } from '#agent/checkout/verdict-desk';
import type { HubAnswer } from '#agent/hub/hub-message';
import type { EntryPlace } from '#agent/journal/entry-state';
import type { Findings } from '#agent/verdict/findings';
import { judgeProduct, type ProductFindings, type ProductItem } from '#agent/verdict/judge-product';
import type { PriorUse, Verdict } from '#agent/verdict/verdict';
import type { TextFacts } from '#agent/verdict/verdict-text';
import type { Result } from '#core/result';
import type { Operation } from '#ledger/operation';
import type { ReasonName } from '#ledger/reasons';
import type { ProductKey } from '#ledger/trace/batch';
import type { ProductAct } from '#ledger/trace/judge-status';

type Used = Extract<HubAnswer, { kind: 'used' }>;

/** A physical fact to record of one product, besides a sale. */
export interface ProductFact {
  readonly act: Exclude<ProductAct, 'sell'>;
  readonly subject: Exclude<TextFacts['subject'], 'coupon' | 'sale'>;
  operation(product: ProductKey): Operation;
}

/**
 * Takes products. A sale that is refused did not happen and is not written down; goods that arrived, left, came back or were
 * inspected did so whatever is wrong with them, so every known one is.
 */
export class ProductDesk {
  readonly #till: Till;

  constructor(till: Till) {
    this.#till = till;
  }

  /** Judges a product as for a sale and writes nothing. */
  async verify(slip: ScanSlip, item: ProductItem): Promise<Verdict> {
    const found = judgeProduct(judgeOf(this.#till), item, 'sell');
    const prior = item.serial === null ? null : await findPriorUse(this.#till, slip.key);
    return this.#verdict(slip, 'sale', prior === null ? found : soldHere(found, prior));
  }

  /** Sells one product: the store's used-set first, then the cached ledger, then the journal. */
  async sell(slip: ScanSlip, item: ProductItem): Promise<Verdict> {
    const found = judgeProduct(judgeOf(this.#till), item, 'sell');
    const prior = priorUseIn(this.#till, slip.key);
    if (prior !== null) return this.#verdict(slip, 'sale', soldHere(found, prior));
    if (found.reasons.includes('ALREADY_SOLD_HERE')) {
      const seller = await findPriorUse(this.#till, slip.key);
      return this.#verdict(slip, 'sale', seller === null ? found : soldHere(found, seller));
    }
    const refused = found.status === 'blocked' || found.lot === null || item.serial === null;
    if (refused || found.lot === null || item.serial === null) return this.#verdict(slip, 'sale', found);
    const used = await this.#askHub(slip.key);
    if (used !== null) return this.#verdict(slip, 'sale', soldHere(found, priorUseOf(used)));
    const product = { tradeItem: item.tradeItem, lot: found.lot, serial: item.serial };
    const operation: Operation = { kind: 'trace.sell', ...product, basket: this.#till.entropy.bytes(16) };
    const written = this.#writeSale(slip, operation);
    if (!written.ok) {
      this.#till.hub().link?.tell({ kind: 'release', unit: slip.key });
      return this.#verdict(slip, 'sale', { ...found, status: 'blocked', reasons: [written.reason] });
    }
    if ('used' in written.value) return this.#verdict(slip, 'sale', soldHere(found, priorUseOf(written.value.used)));
    const { timeLowMs, timeHighMs } = this.#till.now();
    this.#till.hub().link?.tell({ kind: 'captured', unit: slip.key, timeLowMs, timeHighMs });
    return this.#verdict(slip, 'sale', found, written.value.place);
  }

  /** Records a fact of one product. */
  record(slip: ScanSlip, item: ProductItem, fact: ProductFact): Verdict {
    const { act, subject } = fact;
    const found = judgeProduct(judgeOf(this.#till), item, act);
    if (found.lot === null || item.serial === null) return this.#verdict(slip, subject, found);
    const operation = fact.operation({ tradeItem: item.tradeItem, lot: found.lot, serial: item.serial });
    const written = writeDown(this.#till, (tx) => {
      // What came back may be sold again: the used-set forgets the sale with the entry that takes it back.
      if (act === 'return') tx.dropClaim(slip.key);
      return tx.append(this.#till.draft(operation, { note: { verdictId: slip.id } }));
    });
    if (!written.ok) return this.#verdict(slip, subject, { ...found, status: 'blocked', reasons: [written.reason] });
    if (act === 'return') this.#till.hub().link?.tell({ kind: 'release', unit: slip.key });
    this.#till.kick();
    return this.#verdict(slip, subject, found, written.value);
  }

  #writeSale(
    slip: ScanSlip,
    operation: Operation,
  ): Result<{ readonly place: EntryPlace } | { readonly used: Used }, ReasonName> {
    const written = writeDown(this.#till, (tx) => {
      const word = askOwnDesk(this.#till, tx, slip.key, { kind: 'unowned' });
      if (word?.kind === 'used') return { used: word };
      const place = tx.append(this.#till.draft(operation, { note: { verdictId: slip.id, unitKey: slip.key } }));
      const { timeLowMs: atLowMs, timeHighMs: atHighMs } = this.#till.now();
      tx.putClaim({ unit: slip.key, terminal: this.#till.terminal, state: 'captured', atLowMs, atHighMs });
      return { place };
    });
    if (written.ok) this.#till.kick();
    return written;
  }

  /** The earlier use that another terminal, the hub, knows of; null where there is none or it cannot be asked. */
  async #askHub(unit: string): Promise<Used | null> {
    const { desk, link } = this.#till.hub();
    if (desk !== null || link === null) return null;
    const { timeLowMs, timeHighMs } = this.#till.now();
    const answer = await link.ask({ kind: 'claim', unit, want: { kind: 'unowned' }, timeLowMs, timeHighMs });
    return answer.ok && answer.value.kind === 'used' ? answer.value : null;
  }

  /** A written fact counts at most `provisional`: another store may have said the contrary before. */
  #verdict(
    slip: ScanSlip,
    subject: TextFacts['subject'],
    findings: Findings,
    entry: EntryPlace | null = null,
  ): Verdict {
    const finality = entry === null ? 'none' : 'provisional';
    return makeVerdict(this.#till, slip, { subject, findings, finality, entry });
  }
}

function soldHere(found: ProductFindings, priorUse: PriorUse): ProductFindings {
  const reasons = found.reasons.filter(
    (reason) => reason !== 'ALREADY_SOLD_ELSEWHERE' && reason !== 'ALREADY_SOLD_HERE',
  );
  return { ...found, status: 'blocked', reasons: ['ALREADY_SOLD_HERE', ...reasons], priorUse };
}
