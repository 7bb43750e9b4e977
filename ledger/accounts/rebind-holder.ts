/** `holder.rebind` and `holder.keep`: another key for a holder, by the issuer after a delay in which the holder may object (SPEC A13 and A14). */
import { equalBytes } from '#core/bytes';
import { applied, type Handler, refused } from '../effect.ts';
import { reason } from '../reasons.ts';
import { bindHolder, readHolder, writeHolder } from './holder.ts';

/** How long a holder has, in block time, to object to a new key: long enough for somebody whose phone is in repair over a weekend. */
export const rebindDelayMs = 72 * 3_600_000;

const sameKey = (a: Uint8Array | null, b: Uint8Array | null): boolean =>
  a === null || b === null ? a === b : equalBytes(a, b);

/** Rule A13. */
export const rebindHolder: Handler<'holder.rebind'> = (tx, by, { holder: id, publicKey }) => {
  const holder = readHolder(tx, id);
  if (holder === null) return refused(reason.UNKNOWN_ACCOUNT);
  if (by.author !== id && by.author !== holder.issuer) return refused(reason.NOT_AUTHORISED);
  if (sameKey(holder.publicKey, publicKey)) return refused(reason.ALREADY_EXISTS);
  // Who has no key yet cannot object, and its issuer could spend for it anyway.
  const { rebinding } = holder;
  const due = rebinding !== null && by.blockTimeMs >= rebinding.sinceMs + rebindDelayMs;
  if (by.author === id || holder.publicKey === null || (due && sameKey(rebinding.publicKey, publicKey))) {
    bindHolder(tx, id, holder, publicKey);
    return applied();
  }
  if (rebinding !== null && sameKey(rebinding.publicKey, publicKey)) return refused(reason.NOT_YET_VALID);
  writeHolder(tx, id, { ...holder, rebinding: { publicKey, sinceMs: by.blockTimeMs } });
  return applied();
};

/** Rule A14. */
export const keepHolder: Handler<'holder.keep'> = (tx, by) => {
  const holder = readHolder(tx, by.author);
  if (holder === null) return refused(reason.UNKNOWN_ACCOUNT);
  if (holder.rebinding === null) return refused(reason.BAD_OPERATION);
  writeHolder(tx, by.author, { ...holder, rebinding: null });
  return applied();
};
