/** `asset.freeze`: the issuer freezes or thaws an account's balance, where the asset's terms let it (SPEC V5). */
import { applied, type Handler, refused } from '../effect.ts';
import { reason } from '../reasons.ts';
import { readAsset, readAssetTerms } from './asset.ts';
import { setFrozen } from './balance.ts';
import { isOwner } from './owner.ts';

/** Rule V5. */
export const freezeAsset: Handler<'asset.freeze'> = (tx, by, { asset, owner, frozen }) => {
  const record = readAsset(tx, asset);
  if (record === null) return refused(reason.NO_SUCH_ASSET);
  const freezable = readAssetTerms(tx, asset)?.freezable ?? false;
  if (record.issuer !== by.author || !freezable) return refused(reason.NOT_AUTHORISED);
  if (!isOwner(tx, owner)) return refused(reason.UNKNOWN_ACCOUNT);
  setFrozen(tx, { owner, asset }, frozen);
  return applied();
};
