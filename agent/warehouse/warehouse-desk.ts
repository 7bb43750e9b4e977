/** Scans in the modes of a warehouse: goods and logistics units come in, go out, come back, are inspected and packed. */
import { writeDown } from '#agent/checkout/coupon-entries';
import { judgeOf, type Till } from '#agent/checkout/till';
import { makeVerdict, type ScanSlip } from '#agent/checkout/verdict-desk';
import { nothingFound } from '#agent/verdict/findings';
import { judgeProduct, type ProductItem } from '#agent/verdict/judge-product';
import { judgeUnit } from '#agent/verdict/judge-unit';
import type { Text } from '#agent/verdict/reason-texts';
import type { Verdict } from '#agent/verdict/verdict';
import type { Operation } from '#ledger/operation';
import { readUnit } from '#ledger/trace/logistics-unit';
import type { ProductDesk, ProductFact } from './product-desk.ts';

/** The modes of a warehouse. `inspect` passes what is scanned, `reject` fails it. */
export type WarehouseMode = 'receive' | 'ship' | 'return' | 'inspect' | 'reject' | 'pack';

/** Whether a mode of the terminal is one of the warehouse's. */
export function isWarehouseMode(mode: string): mode is WarehouseMode {
  return ['receive', 'ship', 'return', 'inspect', 'reject', 'pack'].includes(mode);
}

const packFirst: Text = { en: 'Scan the box first', zh: '请先扫描箱码' };
const itemsOnly: Text = { en: 'Logistics unit: scan the items in it', zh: '物流单元：请扫描其中商品' };

/** What was packed last, so that it can be taken out again. */
interface LastPacked {
  readonly sscc: string;
  readonly products: Extract<Operation, { kind: 'trace.aggregate' }>['products'];
  readonly units: readonly string[];
}

/** See the head of the file. The open box and the destination last until the mode changes. */
export class WarehouseDesk {
  readonly #till: Till;
  readonly #products: ProductDesk;
  #openBox: string | null = null;
  #destination: string | null = null;
  #last: LastPacked | null = null;

  constructor(till: Till, products: ProductDesk) {
    this.#till = till;
    this.#products = products;
  }

  /** Another mode begins. */
  changeMode(): void {
    this.#openBox = null;
    this.#destination = null;
    this.#last = null;
  }

  /** One product was scanned. */
  product(slip: ScanSlip, item: ProductItem, mode: WarehouseMode): Verdict {
    if (mode === 'pack') return this.#packProduct(slip, item);
    return this.#products.record(slip, item, this.#factOf(mode));
  }

  #factOf(mode: Exclude<WarehouseMode, 'pack'>): ProductFact {
    const to = this.#destination;
    const facts: Readonly<Record<typeof mode, ProductFact>> = {
      receive: {
        act: 'receive',
        subject: 'receipt',
        operation: (product) => ({ kind: 'trace.receive', target: { kind: 'product', ...product } }),
      },
      ship: {
        act: 'ship',
        subject: 'shipment',
        operation: (product) => ({ kind: 'trace.ship', target: { kind: 'product', ...product }, to }),
      },
      return: { act: 'return', subject: 'return', operation: (product) => ({ kind: 'trace.return', ...product }) },
      inspect: {
        act: 'inspect',
        subject: 'inspection',
        operation: (product) => ({ kind: 'trace.inspect', ...product, passed: true }),
      },
      reject: {
        act: 'inspect',
        subject: 'rejection',
        operation: (product) => ({ kind: 'trace.inspect', ...product, passed: false }),
      },
    };
    return facts[mode];
  }

  /** A logistics unit was scanned: it moves as a whole, or it is the box that is packed. */
  unit(slip: ScanSlip, sscc: string, mode: WarehouseMode): Verdict {
    const target = { kind: 'unit', sscc } as const;
    if (mode === 'receive') return this.#recordUnit(slip, sscc, { kind: 'trace.receive', target }, 'receipt');
    if (mode === 'ship') {
      return this.#recordUnit(slip, sscc, { kind: 'trace.ship', target, to: this.#destination }, 'shipment');
    }
    if (mode !== 'pack') return this.#say(slip, itemsOnly);
    const box = this.#openBox;
    if (box === null || box === sscc) {
      this.#openBox = box === null ? sscc : null;
      const isOpen = this.#openBox !== null;
      return this.#say(slip, isOpen ? { en: 'Box open', zh: '开始装箱' } : { en: 'Box closed', zh: '装箱完成' });
    }
    return this.#pack(slip, { sscc: box, products: [], units: [sscc] });
  }

  /** A store's GLN was scanned while shipping: what is shipped from now on goes there. */
  shipTo(slip: ScanSlip, gln: string): Verdict {
    this.#destination = gln;
    return this.#say(slip, { en: `Shipping to ${gln}`, zh: `发往 ${gln}` });
  }

  /** Ends the box that is being packed; null where there is none. */
  confirm(slip: ScanSlip): Verdict | null {
    if (this.#openBox === null) return null;
    this.#openBox = null;
    this.#last = null;
    return this.#say(slip, { en: 'Box closed', zh: '装箱完成' });
  }

  /** Takes out what was packed last; null where there is nothing. */
  undo(slip: ScanSlip): Verdict | null {
    const last = this.#last;
    if (last === null) return null;
    const verdict = this.#recordUnit(slip, last.sscc, { kind: 'trace.disaggregate', ...last }, 'unpacking');
    if (verdict.entry !== null) this.#last = null;
    return verdict;
  }

  #packProduct(slip: ScanSlip, item: ProductItem): Verdict {
    const sscc = this.#openBox;
    if (sscc === null) return this.#say(slip, packFirst);
    const { lot } = judgeProduct(judgeOf(this.#till), item, 'pack');
    const { tradeItem, serial } = item;
    if (lot === null || serial === null) {
      const findings = judgeProduct(judgeOf(this.#till), item, 'pack');
      return makeVerdict(this.#till, slip, { subject: 'packing', findings });
    }
    return this.#pack(slip, { sscc, products: [{ tradeItem, lot, serials: [serial] }], units: [] });
  }

  #pack(slip: ScanSlip, what: LastPacked): Verdict {
    const verdict = this.#recordUnit(slip, what.sscc, { kind: 'trace.aggregate', ...what }, 'packing');
    if (verdict.entry !== null) this.#last = what;
    return verdict;
  }

  /** Writes down what happened to a unit, unless the ledger could not know it. */
  #recordUnit(
    slip: ScanSlip,
    sscc: string,
    operation: Operation,
    subject: 'receipt' | 'shipment' | 'packing' | 'unpacking',
  ): Verdict {
    const { isKnown, ...findings } = judgeUnit(judgeOf(this.#till), sscc, operation);
    if (!isKnown && !this.#isStillOnItsWay(sscc, operation)) {
      return makeVerdict(this.#till, slip, { subject, findings });
    }
    const written = writeDown(this.#till, (tx) =>
      tx.append(this.#till.draft(operation, { note: { verdictId: slip.id } })),
    );
    if (!written.ok) {
      const blocked = { ...findings, status: 'blocked', reasons: [written.reason] } as const;
      return makeVerdict(this.#till, slip, { subject, findings: blocked });
    }
    this.#till.kick();
    // What is on its way to the ledger cannot be checked yet; it was judged when it was packed.
    const said = isKnown ? findings : ({ ...findings, status: 'sellable', reasons: [] } as const);
    return makeVerdict(this.#till, slip, { subject, findings: said, finality: 'provisional', entry: written.value });
  }

  /** Whether a unit is unknown only because the entry that packed it has not come back from the region. */
  #isStillOnItsWay(sscc: string, operation: Operation): boolean {
    const justPacked = this.#last?.sscc === sscc && operation.kind === 'trace.disaggregate';
    return justPacked && readUnit(this.#till.shards.view, sscc) === null;
  }

  #say(slip: ScanSlip, text: Text): Verdict {
    const findings = { ...nothingFound, identity: 'match', status: 'sellable' } as const;
    return makeVerdict(this.#till, slip, { subject: 'packing', findings, text });
  }
}
