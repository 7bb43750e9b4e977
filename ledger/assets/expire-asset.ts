/** `asset.expire`: the issuer burns what went out of date in the balances it names (SPEC V6). */
import { applied, type Handler, refused } from '../effect.ts';
import { reason } from '../reasons.ts';
import type { Movement } from '../receipt.ts';
import { readAsset } from './asset.ts';
import { takeExpired } from './balance.ts';
import { retire } from './supply.ts';

/** Rule V6. */
export const expireAsset: Handler<'asset.expire'> = (tx, by, { asset, owners }) => {
  const record = readAsset(tx, asset);
  if (record === null) return refused(reason.NO_SUCH_ASSET);
  if (record.issuer !== by.author) return refused(reason.NOT_AUTHORISED);
  const movements: Movement[] = [];
  let value = 0n;
  for (const owner of owners) {
    const amount = takeExpired(tx, { owner, asset }, by.blockTimeMs);
    if (amount === 0n) continue;
    movements.push({ asset, from: owner, to: null, amount });
    value += amount;
  }
  if (value > 0n) retire(tx, asset, value);
  return applied(value, 0n, { movements, lines: [] });
};
