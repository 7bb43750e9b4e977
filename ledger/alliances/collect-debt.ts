/** `alliance.collect`: what a member owes is paid from the cover that it has by now (SPEC L8). */
import { applied, type Handler, refused } from '../effect.ts';
import { reason } from '../reasons.ts';
import { readAlliance, readDebt, termsInForce } from './alliance.ts';
import { payDebt } from './pay.ts';

/** Rule L8. */
export const collectDebt: Handler<'alliance.collect'> = (tx, by, { alliance, debtor, creditor }) => {
  const terms = readAlliance(tx, alliance) === null ? null : termsInForce(tx, alliance, by.blockTimeMs);
  if (terms === null) return refused(reason.NO_SUCH_ALLIANCE);
  if (by.author !== debtor && by.author !== creditor) return refused(reason.NOT_AUTHORISED);
  if (readDebt(tx, alliance, debtor, creditor) === 0n) return refused(reason.BAD_OPERATION);
  const payment = { alliance, asset: terms.settlementAsset, from: debtor, to: creditor, nowMs: by.blockTimeMs };
  const movements = payDebt(tx, payment);
  const value = movements.reduce((sum, { amount }) => sum + amount, 0n);
  return value === 0n ? refused(reason.BOND_EXHAUSTED) : applied(value, 0n, { movements, lines: [] });
};
