import { strict as assert } from 'node:assert';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Operation } from '#ledger/operation';
import { outcomes, type Receipt } from '#ledger/receipt';
import type { LedgerView } from '#ledger/state/view';
import { readCustodyCounts } from '#ledger/trace/custody';
import { productsIn, type ReadProduct, readCustody, readProduct } from '#ledger/trace/read';
import { basketOf, day, gtin, lot, ssccOf, startMs, storeA, storeB, World } from '../../unit/ledger/world.ts';

const stores = [storeA, storeB] as const;
const lanes = [`${storeA}/lane-1`, `${storeA}/lane-2`, `${storeB}/lane-1`] as const;
const batch = { tradeItem: gtin, lot };
/** Listed, of the other batch, and not listed at all. */
const serials = ['s0', 's1', 's2', 's3', 's4', 's5'] as const;
const units = [1, 2, 3, 4].map(ssccOf);

/** What a person with a notebook would know of one product. */
interface Noted {
  sold: boolean;
  destroyed: boolean;
  sales: number;
  cleanSales: number;
  returns: number;
  at: string | null;
  box: string | null;
}

/** The notebook: written from the facts alone, as they come. */
class Notebook {
  readonly products = new Map<string, Noted>();
  readonly parents = new Map<string, string | null>();

  constructor() {
    for (const serial of serials) {
      const nothing = { sold: false, destroyed: false, sales: 0, cleanSales: 0, returns: 0, at: null, box: null };
      this.products.set(serial, nothing);
    }
  }

  isIn(box: string | null, unit: string): boolean {
    for (let at = box; at !== null; at = this.parents.get(at) ?? null) if (at === unit) return true;
    return false;
  }

  /** The products that a target names. */
  targets(target: Extract<Operation, { kind: 'trace.receive' }>['target']): Noted[] {
    if (target.kind === 'unit') {
      this.parents.set(target.sscc, null);
      return [...this.products.values()].filter(({ box }) => this.isIn(box, target.sscc));
    }
    const product = this.products.get(target.serial);
    if (product !== undefined) product.box = null;
    return product === undefined ? [] : [product];
  }

  write(author: string, operation: Operation): void {
    const store = author.slice(0, author.indexOf('/'));
    const product = 'serial' in operation ? this.products.get(String(operation.serial)) : undefined;
    if (operation.kind === 'trace.receive' || operation.kind === 'trace.ship') {
      const at = operation.kind === 'trace.receive' ? store : null;
      for (const one of this.targets(operation.target)) if (!one.sold && !one.destroyed) one.at = at;
    } else if (operation.kind === 'trace.aggregate') this.#pack(operation);
    else if (operation.kind === 'trace.disaggregate') this.#unpack(operation);
    else if (product !== undefined) this.#act(store, operation.kind, product);
  }

  #act(store: string, kind: Operation['kind'], product: Noted): void {
    if (kind === 'trace.sell') {
      product.sales++;
      if (!product.sold) product.cleanSales++;
      product.sold = true;
      product.at = null;
      product.box = null;
    } else if (kind === 'trace.return') {
      if (product.sold) product.returns++;
      product.sold = false;
      product.at = product.destroyed ? null : store;
      product.box = null;
    } else if (kind === 'trace.destroy') {
      product.destroyed = true;
      product.at = null;
      product.box = null;
    }
  }

  #pack({ sscc, products, units: inner }: Extract<Operation, { kind: 'trace.aggregate' }>): void {
    if (!this.parents.has(sscc)) this.parents.set(sscc, null);
    for (const serial of products.flatMap((group) => group.serials)) {
      const product = this.products.get(serial);
      if (product !== undefined && !product.sold && !product.destroyed) product.box = sscc;
    }
    for (const unit of inner) this.parents.set(unit, sscc);
  }

  #unpack({ sscc, products, units: inner }: Extract<Operation, { kind: 'trace.disaggregate' }>): void {
    const all = products.length === 0 && inner.length === 0;
    const named = all ? [...serials] : products.flatMap((group) => group.serials);
    for (const serial of named) {
      const product = this.products.get(serial);
      if (product?.box === sscc) product.box = null;
    }
    for (const [unit, parent] of this.parents) {
      if (parent === sscc && (all || inner.includes(unit))) this.parents.set(unit, null);
    }
  }
}

interface Step {
  readonly author: number;
  readonly kind: number;
  readonly a: number;
  readonly b: number;
}
const small = fc.nat({ max: 63 });
const steps = fc.array(fc.record({ author: small, kind: small, a: small, b: small }), { minLength: 20, maxLength: 80 });
const pick = <T>(list: readonly T[], n: number): T => list[n % list.length] as T;

function operationOf({ kind, a, b }: Step): { byBrand: boolean; operation: Operation } {
  // One in eight serials was never made.
  const serial = a % 8 === 7 ? 'x' : pick(serials, a);
  const product = { ...batch, serial };
  const sscc = pick(units, b);
  const some = [...new Set([serial, pick(serials, b)])].sort();
  const group = [{ ...batch, serials: some }];
  const target = b % 3 === 0 ? ({ kind: 'unit', sscc } as const) : ({ kind: 'product', ...product } as const);
  const inner = b % 4 === 0 ? [pick(units, a)] : [];
  const operations: Operation[] = [
    { kind: 'trace.receive', target },
    { kind: 'trace.receive', target },
    { kind: 'trace.ship', target, to: pick([...stores, null], b) },
    { kind: 'trace.sell', ...product, basket: basketOf(1) },
    { kind: 'trace.sell', ...product, basket: basketOf(2) },
    { kind: 'trace.return', ...product },
    { kind: 'trace.inspect', ...product, passed: b % 2 === 0 },
    { kind: 'trace.aggregate', sscc, products: b % 8 === 0 ? [] : group, units: inner },
    { kind: 'trace.aggregate', sscc, products: group, units: inner },
    { kind: 'trace.disaggregate', sscc, products: b % 3 === 0 ? [] : group, units: inner },
    { kind: 'trace.destroy', ...product },
  ];
  const operation = pick(operations, kind);
  // Destroying is rarer than the rest: what is destroyed has little history left.
  return operation.kind === 'trace.destroy' && a % 4 !== 0
    ? { byBrand: false, operation: { kind: 'trace.return', ...product } }
    : { byBrand: operation.kind === 'trace.aggregate' && a % 3 === 0, operation };
}

function check(view: LedgerView, notebook: Notebook): void {
  for (const [serial, noted] of notebook.products) {
    const found = readProduct(view, { ...batch, serial }) as ReadProduct;
    const status = found.status;
    assert.equal(status === 'destroyed', noted.destroyed, `${serial} destroyed`);
    if (!noted.destroyed) assert.equal(status === 'sold' || status === 'sold-again', noted.sold, `${serial} sold`);
    assert.equal(found.sales, Math.min(15, noted.sales), `${serial}: sales counted`);
    assert.equal(found.packedIn, noted.box, `${serial} is packed where it was put last`);
    const held = stores.filter((store) => readCustody(view, store, { ...batch, serial })?.isHere === true);
    assert.deepEqual(held, noted.at === null ? [] : [noted.at], `${serial} is held where it arrived last`);
  }
  for (const unit of units) {
    const inside = productsIn(view, unit);
    if (inside === null) continue;
    const wanted = [...notebook.products].filter(([, { box }]) => notebook.isIn(box, unit)).map(([serial]) => serial);
    assert.deepEqual(inside.map(({ serial }) => serial).sort(), wanted, `contents of ${unit}`);
  }
  const counts = stores.map((store) => readCustodyCounts(view, store, batch));
  const sum = (name: 'sold' | 'returned'): number => counts.reduce((all, count) => all + count[name], 0);
  const noted = [...notebook.products.values()];
  assert.equal(
    sum('sold'),
    noted.reduce((all, { cleanSales }) => all + cleanSales, 0),
    'clean sales',
  );
  assert.equal(
    sum('returned'),
    noted.reduce((all, { returns }) => all + returns, 0),
    'sales taken back',
  );
  assert.equal(
    sum('sold') - sum('returned'),
    noted.filter(({ sold }) => sold).length,
    'each product has one clean sale',
  );
}

describe('random histories of physical facts by hostile lanes (SPEC I6)', () => {
  it('I6: counts add up, a product is with one store at most and in one box at most, and no fact is refused', () => {
    const seen = new Set<string>();
    fc.assert(
      fc.property(steps, (list) => {
        const world = World.open();
        const fields = { ...batch, name: 'Tea', expiryMs: startMs + day, markets: [], complete: true };
        world.all('brand', [{ kind: 'batch.commission', ...fields, serials: [...serials] }]);
        const notebook = new Notebook();
        for (const step of list) {
          const { byBrand, operation } = operationOf(step);
          const author = byBrand ? 'brand' : pick(lanes, step.author);
          const { receipts } = world.commit([world.segment(author, [operation])]);
          const outcome = outcomes[(receipts[0] as Receipt).outcome] as string;
          seen.add(`${outcome} ${operation.kind}`);
          const single = 'serial' in operation || ('target' in operation && operation.target.kind === 'product');
          if (single) assert.notEqual(outcome, 'refused', `${operation.kind} of a product is recorded`);
          if (outcome !== 'refused') notebook.write(author, operation);
          check(world.state, notebook);
        }
      }),
      { numRuns: 120 },
    );
    for (const one of [
      'applied trace.receive',
      'refused trace.receive',
      'conflicted trace.receive',
      'applied trace.ship',
      'applied trace.sell',
      'conflicted trace.sell',
      'applied trace.return',
      'conflicted trace.return',
      'applied trace.aggregate',
      'conflicted trace.aggregate',
      'refused trace.aggregate',
      'applied trace.disaggregate',
      'applied trace.destroy',
      'applied trace.inspect',
    ]) {
      expect(seen, one).toContain(one);
    }
  });
});
