/** `offer.withdraw`: an open offer ends, and what is left of its goods is its owner's again (SPEC M2). */
import type { CborValue } from '#core/codec';
import { debitFault } from '../accounts/debit-consent.ts';
import { applied, type Handler, refused } from '../effect.ts';
import { reason } from '../reasons.ts';
import { countOf } from './goods.ts';
import { endOffer, findOffer, type OfferId } from './market-book.ts';

/** What an owner consents to when a terminal or another account withdraws its offer (SPEC A10). */
export function withdrawalDebit({ author, epoch, sequence }: OfferId): CborValue[] {
  return ['offer.withdraw', author, epoch, sequence];
}

/** Rule M2. */
export const withdrawOffer: Handler<'offer.withdraw'> = (tx, by, { owner, offer: id, consent }) => {
  const found = findOffer(tx, owner, id);
  if (found === null) return refused(reason.NO_SUCH_OFFER);
  const fault = debitFault(tx, by, { owner, what: withdrawalDebit(id), consent });
  if (fault !== 0n) return refused(fault);
  endOffer(tx, found, by.blockTimeMs);
  return applied(countOf(found.offer.give));
};
