/** `asset.burn`: an owner ends units of its own (SPEC V4). */
import { debitFault } from '../accounts/debit-consent.ts';
import { applied, type Handler, refused } from '../effect.ts';
import { reason } from '../reasons.ts';
import { burnDebit } from './debited.ts';
import { burn } from './supply.ts';

/** Rule V4. */
export const burnAsset: Handler<'asset.burn'> = (tx, by, { asset, from, amount, consent }) => {
  if (amount === 0n) return refused(reason.BAD_OPERATION);
  let faults = debitFault(tx, by, { owner: from, what: burnDebit({ asset, amount }), consent });
  if (faults === 0n) faults = burn(tx, { asset, from, amount, nowMs: by.blockTimeMs });
  if (faults !== 0n) return refused(faults);
  return applied(amount, 0n, { movements: [{ asset, from, to: null, amount }], lines: [] });
};
