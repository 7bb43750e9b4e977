/** `asset.hold`: a lane reserves an amount of an owner's for a basket, on one of three bases (SPEC V8, ARCHITECTURE D4). */
import { debitFault } from '../accounts/debit-consent.ts';
import { readStore } from '../accounts/store.ts';
import { basketRoomFault } from '../baskets/basket-room.ts';
import { openReservationsMax, readOpen, writeOpen } from '../baskets/open-reservations.ts';
import {
  type Authorship,
  applied,
  conflicted,
  type Handler,
  type OperationOf,
  refused,
  terminalOf,
} from '../effect.ts';
import { reason } from '../reasons.ts';
import { type Footing, footingOf } from '../rights/footing.ts';
import { bookConflict, drawUnit } from '../rights/settle-unit.ts';
import type { LedgerOverlay } from '../state/view.ts';
import { readAsset, readAssetTerms } from './asset.ts';
import { assetAcceptanceFault } from './asset-acceptance.ts';
import { debitFaults, lock } from './balance.ts';
import { holdDebit } from './debited.ts';
import { holdMax } from './hold.ts';
import { supersededFault } from './superseded.ts';

type Hold = OperationOf<'asset.hold'>;

/** Against the hold whatever the balance: consent, merchant, terms, room. */
function ownFaults(tx: LedgerOverlay, by: Authorship, op: Hold, { right, basis }: Footing): bigint {
  const { store, lane } = terminalOf(by);
  const { asset, owner, termsVersion, consent } = op;
  let faults = 0n;
  // The terms at grant time hold for the right until it closes, and what is the store's own stands whatever became of an alliance.
  const isGranted = right?.termsVersion === termsVersion;
  if (!isGranted) faults |= supersededFault(tx, by, asset, termsVersion);
  if (!isGranted || basis !== 'owned') {
    const merchant = readStore(tx, store)?.merchant ?? null;
    faults |= assetAcceptanceFault(tx, { asset, termsVersion, merchant, atMs: by.timeLowMs });
  }
  const open = readOpen(tx, store, lane);
  if (open.length >= openReservationsMax) faults |= reason.TOO_MANY_OPEN;
  faults |= basketRoomFault(tx, by, open, { basket: op.basket, terms: null });
  return faults | debitFault(tx, by, { owner, what: holdDebit(op), consent });
}

/** Rule V8. */
export const holdAmount: Handler<'asset.hold'> = (tx, by, op) => {
  const { store, lane } = terminalOf(by);
  const { asset, owner, amount: value, termsVersion, basket } = op;
  if (readAsset(tx, asset) === null) return refused(reason.NO_SUCH_ASSET);
  if (readAssetTerms(tx, asset, termsVersion) === null || value === 0n) return refused(reason.BAD_OPERATION);
  if (value > holdMax) return refused(reason.LIMIT_EXCEEDED);
  const spend = { kind: 'amount', asset, owner, amount: value } as const;
  const footing = footingOf(tx, by, spend, op.basis);
  const of = { owner, asset };
  const isOwned = footing.basis === 'owned';
  // What an escrow owns is locked already.
  const missing = isOwned ? 0n : debitFaults(tx, of, value, by.blockTimeMs);
  const faults = footing.faults | ownFaults(tx, by, op, footing);
  if (faults !== 0n || (missing !== 0n && footing.basis !== 'budget')) return refused(faults, missing);

  let conflict = missing;
  if (missing !== 0n) conflict |= bookConflict(tx, store, footing, value);
  else if (!drawUnit(tx, by, footing, spend)) lock(tx, of, value, by.blockTimeMs);
  const { epoch, sequence } = by;
  const rightId = footing.right?.id ?? null;
  writeOpen(tx, store, lane, [
    ...readOpen(tx, store, lane),
    { kind: 'hold', epoch, sequence, basket, asset, owner, termsVersion, value, rightId, isOwned, conflict },
  ]);
  return conflict === 0n ? applied(value, footing.flags) : conflicted(conflict | footing.flags, value);
};
