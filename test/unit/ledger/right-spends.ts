/** Holds of amounts on rights, straight through the rights room: what a till's hold does, without consent and terms of the asset. */
import { lock, takeLockedLate, unlock } from '#ledger/assets/balance';
import { retire } from '#ledger/assets/supply';
import type { Authorship } from '#ledger/effect';
import type { Basis } from '#ledger/rights/basis';
import { footingOf } from '#ledger/rights/footing';
import { bookConflict, captureUnit, drawUnit, type HeldUnit, returnUnit } from '#ledger/rights/settle-unit';
import type { Spend } from '#ledger/rights/spend';
import type { LedgerOverlay } from '#ledger/state/view';
import { chainId, type World } from './world.ts';

/** An amount held for a basket. */
export interface Hold {
  readonly store: string;
  readonly spend: Extract<Spend, { kind: 'amount' }>;
  readonly held: HeldUnit;
}

function change<T>(world: World, work: (tx: LedgerOverlay) => T): T {
  const tx = world.state.overlay();
  const done = work(tx);
  world.state.commit(world.state.evaluate(tx, world.height));
  return done;
}

/** Holds an amount, or says why not. */
export function hold(world: World, author: string, spend: Hold['spend'], basis: Basis): Hold | bigint {
  const { timeMs, height } = world;
  const by: Authorship = {
    chainId,
    author,
    epoch: 0,
    sequence: 0,
    timeLowMs: timeMs,
    timeHighMs: timeMs,
    notAfterMs: null,
    blockTimeMs: timeMs,
    height,
  };
  const store = author.split('/')[0] as string;
  const footing = footingOf(world.state, by, spend, basis);
  if (footing.faults !== 0n) return footing.faults;
  return change(world, (tx) => {
    let conflict = 0n;
    if (footing.basis === 'owned') drawUnit(tx, by, footing, spend);
    else {
      conflict = lock(tx, spend, spend.amount, timeMs);
      if (conflict !== 0n) conflict |= bookConflict(tx, store, footing, spend.amount);
      else drawUnit(tx, by, footing, spend);
    }
    const rightId = footing.right?.id ?? null;
    return { store, spend, held: { rightId, isOwned: footing.basis === 'owned', conflict, value: spend.amount } };
  });
}

/** Pays `taken` of a hold: the units are burned. */
export function captureHeld(world: World, { store, spend, held }: Hold, taken: bigint): void {
  change(world, (tx) => {
    if (held.conflict !== 0n) return;
    takeLockedLate(tx, spend, taken, world.timeMs);
    retire(tx, spend.asset, taken);
    if (!captureUnit(tx, store, held, taken)) unlock(tx, spend, spend.amount - taken, world.timeMs);
  });
}

/** Ends a hold without a sale. */
export function returnHeld(world: World, { store, spend, held }: Hold): void {
  change(world, (tx) => {
    if (returnUnit(tx, store, held) || held.conflict !== 0n) return;
    unlock(tx, spend, spend.amount, world.timeMs);
  });
}
