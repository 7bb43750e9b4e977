/** `asset.pay`: units go from one account to another, without the issuer (SPEC V3). */
import { debitFault } from '../accounts/debit-consent.ts';
import { applied, type Handler, refused } from '../effect.ts';
import { reason } from '../reasons.ts';
import { readAsset, readAssetTerms } from './asset.ts';
import { payDebit } from './debited.ts';
import { isOwner } from './owner.ts';
import { transfer } from './transfer.ts';

/** Rule V3. */
export const payAsset: Handler<'asset.pay'> = (tx, by, { asset, from, to, amount, consent }) => {
  const record = readAsset(tx, asset);
  const terms = readAssetTerms(tx, asset);
  if (record === null || terms === null) return refused(reason.NO_SUCH_ASSET);
  if (amount === 0n || from === to) return refused(reason.BAD_OPERATION);
  let faults = debitFault(tx, by, { owner: from, what: payDebit({ asset, to, amount }), consent });
  if (!isOwner(tx, to)) faults |= reason.UNKNOWN_ACCOUNT;
  // Not transferable: from the issuer and back, never from holder to holder.
  if (!terms.transferable && from !== record.issuer && to !== record.issuer) faults |= reason.NOT_TRANSFERABLE;
  if (faults === 0n) faults = transfer(tx, { asset, from, to, amount, nowMs: by.blockTimeMs });
  if (faults !== 0n) return refused(faults);
  return applied(amount, 0n, { movements: [{ asset, from, to, amount }], lines: [] });
};
