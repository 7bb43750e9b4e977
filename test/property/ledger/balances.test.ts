import fc from 'fast-check';
import { expect, it } from 'vitest';
import {
  type BalanceOf,
  debitFaults,
  give,
  lifetimeDaysMax,
  lock,
  lockedOf,
  lotQuantumMs,
  lotsMax,
  quantumEnd,
  readBalance,
  setFrozen,
  spendable,
  take,
  takeExpired,
  takeLocked,
  takeLockedLate,
  totalOf,
  unlock,
} from '#ledger/assets/balance';
import { reasonsIn } from '#ledger/reasons';
import { LedgerState } from '#ledger/state/ledger-state';
import { StateOverlay } from '#ledger/state/state-overlay';
import { startMs } from '../../unit/ledger/world.ts';

const of: BalanceOf = { owner: 'somebody', asset: 'points' };
const dayMs = 86_400_000;
const never = Number.POSITIVE_INFINITY;

/** The same balance, unit by unit: each is the date it ends. */
class Model {
  open: number[] = [];
  locked: number[] = [];
  expired = 0;
  frozen = false;

  age(now: number): void {
    this.expired += this.open.filter((end) => end < now).length;
    this.open = this.open.filter((end) => end >= now).sort((a, b) => a - b);
    this.locked.sort((a, b) => a - b);
  }

  canDebit(count: number): boolean {
    return !this.frozen && count <= this.open.length;
  }
}

type Kind = 'give' | 'take' | 'lock' | 'unlock' | 'sell' | 'capture' | 'expire' | 'freeze' | 'wait';
const kinds: Kind[] = ['give', 'take', 'lock', 'unlock', 'sell', 'capture', 'expire', 'freeze', 'wait'];
const steps = fc.array(
  fc.record({
    kind: fc.constantFrom(...kinds, 'give', 'lock', 'wait'),
    count: fc.nat(40),
    days: fc.oneof(fc.integer({ min: 1, max: lifetimeDaysMax }), fc.constant(0)),
  }),
  { minLength: 1, maxLength: 60, size: 'max' },
);
const endOf = (days: number, now: number): number => (days === 0 ? never : quantumEnd(now + days * dayMs));
const dates = (lots: readonly { expiryMs: number | null; amount: bigint }[]): number[] =>
  lots
    .flatMap(({ expiryMs, amount }) => new Array<number>(Number(amount)).fill(expiryMs ?? never))
    .sort((a, b) => a - b);

/** One step on both; what came out must be the same. */
function step(
  tx: StateOverlay,
  model: Model,
  now: number,
  { kind, count, days }: { kind: Kind; count: number; days: number },
): void {
  const amount = BigInt(count);
  switch (kind) {
    case 'give': {
      const end = endOf(days, now);
      give(tx, of, [{ expiryMs: end === never ? null : end, amount }], now);
      model.open.push(...new Array<number>(count).fill(end));
      break;
    }
    case 'take': {
      const lots = take(tx, of, amount, now);
      expect(lots === null).toBe(!model.canDebit(count));
      if (lots !== null) expect(dates(lots)).toEqual(model.open.splice(0, count));
      break;
    }
    case 'lock': {
      const faults = reasonsIn(debitFaults(tx, of, amount, now));
      expect(faults.includes('FROZEN')).toBe(model.frozen);
      expect(faults.includes('INSUFFICIENT_BALANCE')).toBe(count > model.open.length);
      expect(lock(tx, of, amount, now) === 0n).toBe(model.canDebit(count));
      if (model.canDebit(count)) model.locked.push(...model.open.splice(0, count));
      break;
    }
    case 'unlock': {
      const some = Math.min(count, model.locked.length);
      unlock(tx, of, BigInt(some), now);
      model.open.push(...model.locked.splice(model.locked.length - some, some));
      break;
    }
    case 'sell': {
      const some = Math.min(count, model.locked.length);
      const inDate = model.locked.filter((end) => end >= now);
      const lots = takeLocked(tx, of, BigInt(some), now);
      expect(lots === null).toBe(inDate.length < some);
      if (lots === null) break;
      expect(dates(lots)).toEqual(inDate.slice(0, some));
      model.locked = [...model.locked.filter((end) => end < now), ...inDate.slice(some)];
      break;
    }
    case 'capture': {
      const some = Math.min(count, model.locked.length);
      const taken = model.locked.splice(0, some).map((end) => (end < now ? quantumEnd(now) : end));
      expect(dates(takeLockedLate(tx, of, BigInt(some), now))).toEqual(taken.sort((a, b) => a - b));
      break;
    }
    case 'expire': {
      expect(takeExpired(tx, of, now)).toBe(BigInt(model.expired));
      model.expired = 0;
      break;
    }
    case 'freeze': {
      model.frozen = count % 2 === 0;
      setFrozen(tx, of, model.frozen);
      break;
    }
    case 'wait':
      break;
  }
}

it('V9: a balance is the same as its units kept one by one, whatever is given, taken, locked and freed while time goes by', () => {
  let moved = 0;
  fc.assert(
    fc.property(steps, (list) => {
      const tx = new StateOverlay(LedgerState.empty());
      const model = new Model();
      let now = startMs;
      for (const one of list) {
        if (one.kind === 'wait') now += one.days * (dayMs / 4);
        model.age(now);
        step(tx, model, now, one);
        model.age(now);
        const balance = readBalance(tx, of);
        expect(spendable(balance, now)).toBe(BigInt(model.open.length));
        expect(lockedOf(balance)).toBe(BigInt(model.locked.length));
        expect(totalOf(balance)).toBe(BigInt(model.open.length + model.locked.length + model.expired));
        moved++;
      }
    }),
    { numRuns: 1_500 },
  );
  expect(moved).toBeGreaterThan(10_000);
});

it('V9: a balance with a lot of every possible date, open and locked, fits its leaf, also while they run out', () => {
  const tx = new StateOverlay(LedgerState.empty());
  const amount = 2n ** 88n;
  const put = (days: number, now: number): void => {
    give(tx, of, [{ expiryMs: endOf(days, now), amount }], now);
    expect(lock(tx, of, amount / 2n, now)).toBe(0n);
  };
  // The latest first: each lock then finds its own lot to be the earliest.
  for (let days = lifetimeDaysMax; days > 0; days -= 30) put(days, startMs);
  const full = readBalance(tx, of);
  expect(full.open.lots.length).toBeGreaterThanOrEqual(60);
  expect(full.locked.lots.length).toBeGreaterThanOrEqual(60);
  for (let period = 1; period < 2 * lotsMax; period++) {
    put(lifetimeDaysMax, startMs + period * lotQuantumMs);
    const { open, locked } = readBalance(tx, of);
    expect(Math.max(open.lots.length, locked.lots.length)).toBeLessThan(lotsMax);
  }
});
