/** One random history of rights on the ledger and on the model, step by step. */
import { strict as assert } from 'node:assert';
import fc from 'fast-check';
import { lockedOf, readBalance, totalOf } from '#ledger/assets/balance';
import { readItemStatus } from '#ledger/coupons/item-status';
import { readUses } from '#ledger/coupons/series-uses';
import type { Operation } from '#ledger/operation';
import { reasonsIn } from '#ledger/reasons';
import type { Allocation } from '#ledger/rights/allocation';
import type { Basis } from '#ledger/rights/basis';
import { readRights } from '#ledger/rights/read';
import { type Grant, leaseCovers, type Part } from '#ledger/rights/right';
import type { Spend } from '#ledger/rights/spend';
import { checkAssets } from '../../unit/ledger/all-balances.ts';
import { bob, openAssets } from '../../unit/ledger/asset-world.ts';
import { captureHeld, type Hold, hold, returnHeld } from '../../unit/ledger/right-spends.ts';
import {
  allocate,
  baseTerms,
  capture,
  day,
  gcn,
  grant,
  issuer,
  release,
  reserve,
  storeA,
  storeB,
  type World,
} from '../../unit/ledger/world.ts';
import { keyOf, type ModelHeld, type ModelPart, type ModelRight, RightsModel } from './rights-model.ts';

const itemCount = 12;
const useCount = 8;
const amountOfBob = 1_000n;
const openGcn = '4012345678918';
const terminals = [`${storeA}/lane-1`, `${storeA}/lane-2`, `${storeB}/lane-1`] as const;
const ids = ['r0', 'r1', 'r2', 'r3', 'r4', 'r5', 'r6', 'r7'] as const;
const kinds = ['lease', 'lease', 'uses', 'amount'] as const;

const stepKinds = [
  ...[
    'grant',
    'grant',
    'grant',
    'spend',
    'spend',
    'spend',
    'spend',
    'spend',
    'spend',
    'capture',
    'capture',
    'give-back',
  ],
  ...['sublease', 'sublease', 'release', 'release-part', 'closeout', 'renew', 'recall', 'online', 'wait', 'forge'],
] as const;
export const step = fc.record({
  kind: fc.constantFrom(...stepKinds),
  a: fc.nat(255),
  b: fc.nat(255),
  c: fc.nat(255),
});
type Step = typeof step extends fc.Arbitrary<infer S> ? S : never;

function openWorld(): World {
  const world = openAssets();
  world.all(issuer, [
    { kind: 'series.define', gcn, terms: { ...baseTerms, validUntilMs: 2 ** 43 } },
    { kind: 'coupon.issue', gcn, firstSerial: 0, count: itemCount, keyCommitments: new Uint8Array(0) },
    {
      kind: 'series.define',
      gcn: openGcn,
      terms: { ...baseTerms, validUntilMs: 2 ** 43, open: true, totalMax: useCount },
    },
  ]);
  return world;
}
const opening = openWorld();

interface Word {
  readonly allocation: Allocation;
  readonly isGood: boolean;
}

interface Unit {
  readonly spend: Spend;
  readonly part: ModelPart;
}

/** One history: the ledger and the model side by side. */
export class History {
  readonly world = opening.copy();
  readonly model = new RightsModel(itemCount, useCount, amountOfBob);
  readonly seen: Set<string>;
  /** Amounts are held through the rights room itself. */
  readonly #holds = new Map<ModelHeld, Hold>();
  readonly #usedNumbers = new Set<string>();
  #number = 0;
  #sequence = -1;
  #wasRefused = false;

  constructor(seen: Set<string>) {
    this.seen = seen;
    this.world.verifySignatures = false;
  }

  /** Does it, and asserts that the ledger takes it exactly when the model does. */
  do(author: string, operation: Operation, isGood: boolean): boolean {
    const { outcome, reasons } = this.world.do(author, operation);
    this.#wasRefused = outcome === 'refused';
    assert.equal(outcome === 'applied', isGood, `${operation.kind} by ${author}: ${outcome} ${reasons.join(' ')}`);
    this.seen.add(`${operation.kind} ${isGood ? 'yes' : 'no'}`);
    return isGood;
  }

  partOf(kind: ModelRight['kind'], { a, b }: Step): ModelPart {
    const first = a % itemCount;
    const last = Math.min(itemCount - 1, first + (b % 4));
    return {
      serials: kind === 'lease' ? Array.from({ length: last - first + 1 }, (_, n) => first + n) : [],
      count: kind === 'uses' ? 1 + (b % 4) : 0,
      amount: kind === 'amount' ? BigInt(1 + ((a * b) % 400)) : 0n,
    };
  }

  wirePart(kind: ModelRight['kind'], { serials, count, amount }: ModelPart): Part {
    if (kind === 'uses') return { kind, count };
    if (kind === 'amount') return { kind, amount };
    return { kind: 'items', ranges: [{ first: serials[0] as number, last: serials.at(-1) as number }] };
  }

  grant(one: Step): void {
    const { a, b, c } = one;
    const kind = kinds[c % kinds.length] as ModelRight['kind'];
    const store = a % 2 === 0 ? storeA : storeB;
    const id = ids[b % ids.length] as string;
    const part = this.partOf(kind, one);
    const given: Record<ModelRight['kind'], () => Grant> = {
      lease: () => ({
        kind: 'lease',
        gcn,
        ranges: [{ first: part.serials[0] as number, last: part.serials.at(-1) as number }],
      }),
      uses: () => ({ kind: 'uses', gcn: openGcn, count: part.count }),
      amount: () => ({ kind: 'amount', asset: 'points', owner: bob, amount: part.amount }),
    };
    const isGood = !this.model.rights.has(keyOf(store, id)) && this.model.homeHas(part);
    const lateRule = (a + b) % 2;
    const operation = grant(given[kind](), { rightId: id, store, lateRule, closeoutAfterMs: day * (1 + (c % 3)) });
    if (!this.do(issuer, operation, isGood)) return;
    this.model.takeHome(part);
    this.begin(
      { store, id, kind, lane: null, parent: null, lateCounts: lateRule === 1 },
      part,
      this.world.timeMs + day * (1 + (c % 3)),
    );
  }

  begin(
    right: Pick<ModelRight, 'store' | 'id' | 'lane' | 'parent' | 'kind' | 'lateCounts'>,
    part: ModelPart,
    closeoutFromMs: number,
  ): void {
    const fresh: ModelRight = {
      ...right,
      status: 'open',
      closeoutFromMs,
      recalled: false,
      covers: new Set(),
      items: new Set(),
      uses: 0,
      amount: 0n,
    };
    this.model.rights.set(keyOf(right.store, right.id), fresh);
    this.model.add(fresh, part);
  }

  pick({ a }: Step): ModelRight | null {
    const all = [...this.model.rights.values()];
    return all[a % all.length] ?? null;
  }

  sublease(one: Step): void {
    const right = this.pick(one);
    if (right === null) return;
    const { store, id, kind } = right;
    const subId = ids[one.b % ids.length] as string;
    const part = this.partOf(kind, { ...one, a: one.c, b: one.c >> 4 });
    const lane = store === storeA && one.c % 2 === 0 ? 'lane-2' : 'lane-1';
    const isGood =
      right.status === 'open' &&
      right.lane === null &&
      !right.recalled &&
      !this.model.rights.has(keyOf(store, subId)) &&
      this.model.has(right, part);
    const operation: Operation = { kind: 'right.sublease', rightId: id, subId, lane, part: this.wirePart(kind, part) };
    if (!this.do(`${store}/lane-1`, operation, isGood)) return;
    this.model.carve(right, part);
    const { lateCounts, closeoutFromMs } = right;
    this.begin({ store, id: subId, kind, lane, parent: id, lateCounts }, part, closeoutFromMs);
  }

  release(one: Step, whole: boolean): void {
    const right = this.pick(one);
    if (right === null) return;
    const { store, id, kind, lane } = right;
    const author = terminals[one.b % terminals.length] as string;
    const isHolder = author === `${store}/${lane ?? 'lane-1'}`;
    // A right of another store of the same name may be the author's own.
    const mine = isHolder ? right : this.model.rights.get(keyOf(author.split('/')[0] as string, id));
    if (mine !== right) return;
    const part = this.partOf(kind, { ...one, a: one.c, b: one.c >> 4 });
    const isGood = right.status === 'open' && (whole || this.model.has(right, part));
    const operation: Operation = { kind: 'right.release', rightId: id, part: whole ? null : this.wirePart(kind, part) };
    if (!this.do(author, operation, isGood && isHolder)) return;
    if (whole) this.model.end(right, 'released');
    else {
      this.model.carve(right, part);
      const parent = this.model.parentOf(right);
      if (parent === null) this.model.sendHome(part);
      else this.model.add(parent, part);
    }
  }

  grantor(one: Step): void {
    const right = this.pick(one);
    if (right === null) return;
    const { store, id: rightId } = right;
    const isOpen = right.status === 'open';
    if (one.kind === 'renew') {
      if (!this.do(issuer, { kind: 'right.renew', store, rightId, closeoutAfterMs: day }, isOpen)) return;
      right.closeoutFromMs = Math.max(right.closeoutFromMs, this.world.timeMs + day);
      right.recalled = false;
    } else if (one.kind === 'recall') {
      if (this.do(issuer, { kind: 'right.recall', store, rightId, deadlineMs: 0, ranges: [] }, isOpen))
        right.recalled = true;
    } else {
      const isGood = isOpen && this.world.timeMs >= right.closeoutFromMs;
      if (this.do(issuer, { kind: 'right.closeout', store, rightId }, isGood)) this.model.end(right, 'closed');
    }
  }

  /** A unit of the right, mostly one that it has. */
  #unitOf(right: ModelRight, { kind, c }: Step): Unit {
    const isHonest = kind === 'spend';
    if (right.kind === 'uses')
      return { spend: { kind: 'use', gcn: openGcn }, part: { serials: [], count: 1, amount: 0n } };
    if (right.kind === 'lease') {
      const own = isHonest ? [...right.items][c % Math.max(1, right.items.size)] : undefined;
      const serial = own ?? c % itemCount;
      return { spend: { kind: 'item', gcn, serial }, part: { serials: [serial], count: 0, amount: 0n } };
    }
    const amount = isHonest && right.amount > 0n ? 1n + (right.amount * BigInt(c)) / 512n : BigInt(1 + c);
    return { spend: { kind: 'amount', asset: 'points', owner: bob, amount }, part: { serials: [], count: 0, amount } };
  }

  /** Whether the model lets the lane spend the unit on the right, and from where. */
  #judge(right: ModelRight, author: string, { part }: Unit, word: Word | null): { isGood: boolean; isLate: boolean } {
    const { store, lane } = right;
    const throughHub = word === null ? author === `${store}/lane-1` : word.isGood;
    const isAllowed = lane === null ? throughHub : word === null && author === `${store}/${lane}`;
    const isLate = right.status === 'closed' && right.lateCounts && part.serials.every((one) => right.covers.has(one));
    const isThere = isLate ? this.model.homeHas(part) : right.status === 'open' && this.model.has(right, part);
    return { isGood: author.startsWith(store) && isAllowed && isThere, isLate };
  }

  /** Spends a unit on a right, honestly or not, by any lane. */
  spend(one: Step): void {
    const right = this.pick(one);
    if (right === null) return;
    const { store, id, kind } = right;
    const any = terminals[one.b % terminals.length] as string;
    const isHonest = one.kind === 'spend';
    const author = isHonest && right.lane !== null ? `${store}/${right.lane}` : any;
    // A right of another store may have the same name.
    if (!author.startsWith(store) && this.model.rights.has(keyOf(author.slice(0, 13), id))) return;
    const unit = this.#unitOf(right, one);
    const asksHub = right.lane === null && (author !== `${store}/lane-1` || !isHonest);
    const word = asksHub ? this.#word(store, author, id, unit.spend, isHonest ? 0 : one.c) : null;
    const { isGood, isLate } = this.#judge(right, author, unit, word);
    const from = isLate ? null : keyOf(store, id);
    const sequence = kind === 'amount' ? this.#sequence-- : this.world.next(author);
    const held: ModelHeld = {
      lane: author,
      sequence,
      kind,
      right: from,
      serial: unit.part.serials[0] ?? 0,
      amount: unit.part.amount,
    };
    this.#take(held, unit.spend, { kind: 'owned', rightId: id, allocation: word?.allocation ?? null }, isGood);
    if (word !== null && !this.#wasRefused) this.#usedNumbers.add(`${store} ${word.allocation.number}`);
    if (!isGood) return;
    if (isLate) this.seen.add('late yes');
    this.model.hold(held);
  }

  /** Reserves on the ledger, which must say what the model says. */
  #take(held: ModelHeld, spend: Spend, basis: Basis, isGood: boolean): void {
    if (spend.kind !== 'amount') {
      const serial = spend.kind === 'item' ? spend.serial : 0;
      this.do(held.lane, reserve(serial, { gcn: spend.gcn, basis }), isGood);
      return;
    }
    const made = hold(this.world, held.lane, spend, basis);
    this.#wasRefused = typeof made === 'bigint';
    const answer = typeof made === 'bigint' ? made : made.held.conflict;
    assert.equal(answer === 0n, isGood, `hold of ${spend.amount} by ${held.lane}: ${reasonsIn(answer).join(' ')}`);
    this.seen.add(`hold ${isGood ? 'yes' : 'no'}`);
    if (isGood && typeof made !== 'bigint') this.#holds.set(held, made);
  }

  /** A word of the hub: good, or with one thing wrong. */
  #word(store: string, lane: string, rightId: string, unit: Spend, wrong: number): Word {
    const hub = `${store}/lane-1`;
    const number = wrong % 5 === 1 ? Math.max(0, this.#number - 1) : this.#number++;
    const isUsed = this.#usedNumbers.has(`${store} ${number}`);
    const signer = wrong % 5 === 2 ? `${storeA}/lane-2` : hub;
    const forLane = wrong % 5 === 3 ? `${store}/other` : lane;
    const allocation = allocate(0, { rightId, hub, lane: forLane, number, unit }, signer);
    return { allocation, isGood: !isUsed && signer === hub && forLane === lane };
  }

  online({ a, b }: Step): void {
    const author = terminals[b % terminals.length] as string;
    const serial = a % itemCount;
    const held: ModelHeld = {
      lane: author,
      sequence: this.world.next(author),
      kind: 'lease',
      right: null,
      serial,
      amount: 0n,
    };
    if (this.do(author, reserve(serial), this.model.home.has(serial))) this.model.hold(held);
  }

  settle({ a, c, kind }: Step): void {
    const held = this.model.held[a % Math.max(1, this.model.held.length)];
    if (held === undefined) return;
    const captured = kind === 'capture';
    const made = this.#holds.get(held);
    const taken = captured ? (held.kind === 'amount' ? 1n + ((held.amount - 1n) * BigInt(c)) / 255n : 0n) : null;
    if (made === undefined) this.do(held.lane, captured ? capture(held.sequence) : release(held.sequence), true);
    else if (taken === null) returnHeld(this.world, made);
    else captureHeld(this.world, made, taken);
    this.model.settle(held, taken);
  }

  run(one: Step): void {
    if (one.kind === 'grant') this.grant(one);
    else if (one.kind === 'sublease') this.sublease(one);
    else if (one.kind === 'release' || one.kind === 'release-part') this.release(one, one.kind === 'release');
    else if (one.kind === 'closeout' || one.kind === 'renew' || one.kind === 'recall') this.grantor(one);
    else if (one.kind === 'spend' || one.kind === 'forge') this.spend(one);
    else if (one.kind === 'online') this.online(one);
    else if (one.kind === 'wait') this.world.timeMs += (one.a % 3) * day;
    else this.settle(one);
  }

  /** The ledger and the model have the same units in the same places. */
  check(): void {
    const { world, model } = this;
    const open = [storeA, storeB].flatMap((store) => readRights(world.state, store).map((right) => ({ store, right })));
    for (let serial = 0; serial < itemCount; serial++) {
      const owners = open.filter(({ right }) => leaseCovers(right, serial));
      assert.ok(owners.length <= 1, `item ${serial} is in two open rights`);
      const status = readItemStatus(world.state, gcn, serial);
      const isHeld = model.held.some((held) => held.kind === 'lease' && held.serial === serial);
      const inRight = [...model.rights.values()].some(({ items }) => items.has(serial));
      const expected = isHeld ? 'reserved' : model.redeemed.has(serial) ? 'redeemed' : inRight ? 'leased' : 'available';
      assert.equal(status, expected, `item ${serial}`);
    }
    assert.equal(open.length, [...model.rights.values()].filter(({ status }) => status === 'open').length);
    const heldUses = model.held.filter(({ kind }) => kind === 'uses').length;
    const inRights = [...model.rights.values()].reduce((sum, { uses }) => sum + uses, 0);
    assert.equal(readUses(world.state, openGcn), model.spentUses + heldUses + inRights);
    assert.ok(model.spentUses + heldUses <= useCount, 'all stores together stay within the total');
    const balance = readBalance(world.state, { owner: bob, asset: 'points' });
    assert.equal(totalOf(balance), amountOfBob - model.spentAmount);
    assert.equal(totalOf(balance) - lockedOf(balance), model.freeAmount);
    checkAssets(world.state);
  }
}
