/** Products at the till and in the warehouse: judged like a sale, written down as what happened (ARCHITECTURE D3, D8). */

import { askOwnDesk, writeDown } from '#agent/checkout/coupon-entries';
import { judgeOf, type Till } from '#agent/checkout/till';
import { findPriorUse, priorUseIn, priorUseOf } from '#agent/checkout/used-set';
import { makeVerdict, type ScanSlip } from '#agent/checkout/verdict-desk';
import type { HubAnswer } from '#agent/hub/hub-message';
import type { EntryPlace } from '#agent/journal/entry-state';
import type { Findings } from '#agent/verdict/findings';
import { judgeProduct, type ProductAct, type ProductFindings, type ProductItem } from '#agent/verdict/judge-product';
import type { PriorUse, Verdict } from '#agent/verdict/verdict';
import type { Result } from '#core/result';
import type { Operation } from '#ledger/operation';
import type { ReasonName } from '#ledger/reasons';

type Used = Extract<HubAnswer, { kind: 'used' }>;

/**
 * Takes products. A sale that is refused did not happen and is not written down; goods that arrived are there whatever is
 * wrong with them, so every known one is.
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
    return this.#verdict(slip, 'sell', prior === null ? found : soldHere(found, prior));
  }

  /** Sells one product: the store's used-set first, then the cached ledger, then the journal. */
  async sell(slip: ScanSlip, item: ProductItem): Promise<Verdict> {
    const found = judgeProduct(judgeOf(this.#till), item, 'sell');
    const prior = priorUseIn(this.#till, slip.key);
    if (prior !== null) return this.#verdict(slip, 'sell', soldHere(found, prior));
    if (found.reasons.includes('ALREADY_SOLD_HERE')) {
      const seller = await findPriorUse(this.#till, slip.key);
      return this.#verdict(slip, 'sell', seller === null ? found : soldHere(found, seller));
    }
    const refused = found.status === 'blocked' || found.lot === null || item.serial === null;
    if (refused || found.lot === null || item.serial === null) return this.#verdict(slip, 'sell', found);
    const used = await this.#askHub(slip.key);
    if (used !== null) return this.#verdict(slip, 'sell', soldHere(found, priorUseOf(used)));
    const product = { gtin: item.gtin, lot: found.lot, serial: item.serial };
    const operation: Operation = { kind: 'trace.sell', ...product, basket: this.#till.entropy.bytes(16) };
    const written = this.#write(slip, operation, true);
    if (!written.ok) {
      this.#till.hub().link?.tell({ kind: 'release', unit: slip.key });
      return this.#verdict(slip, 'sell', { ...found, status: 'blocked', reasons: [written.reason] });
    }
    if ('used' in written.value) return this.#verdict(slip, 'sell', soldHere(found, priorUseOf(written.value.used)));
    const { timeLowMs, timeHighMs } = this.#till.now();
    this.#till.hub().link?.tell({ kind: 'captured', unit: slip.key, timeLowMs, timeHighMs });
    return this.#verdict(slip, 'sell', found, written.value.place);
  }

  /** Receives one product. */
  receive(slip: ScanSlip, item: ProductItem): Verdict {
    const found = judgeProduct(judgeOf(this.#till), item, 'receive');
    if (found.lot === null || item.serial === null) return this.#verdict(slip, 'receive', found);
    const operation: Operation = { kind: 'trace.receive', gtin: item.gtin, lot: found.lot, serial: item.serial };
    const written = this.#write(slip, operation, false);
    if (!written.ok) return this.#verdict(slip, 'receive', { ...found, status: 'blocked', reasons: [written.reason] });
    return this.#verdict(slip, 'receive', found, 'place' in written.value ? written.value.place : null);
  }

  #write(
    slip: ScanSlip,
    operation: Operation,
    claims: boolean,
  ): Result<{ readonly place: EntryPlace } | { readonly used: Used }, ReasonName> {
    const written = writeDown(this.#till, (tx) => {
      const word = claims ? askOwnDesk(this.#till, tx, slip.key, { kind: 'unowned' }) : null;
      if (word?.kind === 'used') return { used: word };
      const note = { verdictId: slip.id, unitKey: claims ? slip.key : null };
      const place = tx.append(this.#till.draft(operation, { note }));
      const { timeLowMs: atLowMs, timeHighMs: atHighMs } = this.#till.now();
      if (claims) tx.putClaim({ unit: slip.key, terminal: this.#till.terminal, state: 'captured', atLowMs, atHighMs });
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

  /** A written fact counts at most `provisional`: another store may have sold the same code before. */
  #verdict(slip: ScanSlip, act: ProductAct, findings: Findings, entry: EntryPlace | null = null): Verdict {
    const finality = entry === null ? 'none' : 'provisional';
    return makeVerdict(this.#till, slip, { subject: act === 'sell' ? 'sale' : 'receipt', findings, finality, entry });
  }
}

function soldHere(found: ProductFindings, priorUse: PriorUse): ProductFindings {
  const reasons = found.reasons.filter(
    (reason) => reason !== 'ALREADY_SOLD_ELSEWHERE' && reason !== 'ALREADY_SOLD_HERE',
  );
  return { ...found, status: 'blocked', reasons: ['ALREADY_SOLD_HERE', ...reasons], priorUse };
}
