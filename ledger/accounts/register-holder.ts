/** `holder.register`: an issuer lets a member in under a pseudonym (SPEC A12). */
import { applied, type Handler, refused } from '../effect.ts';
import { reason } from '../reasons.ts';
import { readHolder, writeHolder } from './holder.ts';

/** Rule A12. */
export const registerHolder: Handler<'holder.register'> = (tx, by, { holder, publicKey }) => {
  if (readHolder(tx, holder) !== null) return refused(reason.ALREADY_EXISTS);
  writeHolder(tx, holder, { issuer: by.author, publicKey, epoch: 0, rebinding: null });
  return applied();
};
