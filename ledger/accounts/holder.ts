/**
 * Holders: people as the ledger knows them, by a pseudonym of one issuer (ARCHITECTURE D14). `holder` objects live in the holder's
 * book, which no till caches.
 */
import { type Infer, optional, record, versioned } from '#core/format';
import { accountIdFormat, bookShard, epochFormat, publicKeyFormat, timeMsFormat } from '../ids.ts';
import { storedObject } from '../state/stored-object.ts';
import type { LedgerOverlay, LedgerView } from '../state/view.ts';

/** The key that an issuer wants to give a holder who has one, and since when (block time). */
export const rebindingFormat = record('rebinding', { publicKey: optional(publicKeyFormat), sinceMs: timeMsFormat });

/** `holder/<id>` in the holder's book. */
export const holderFormat = versioned(
  'holder',
  1,
  { bytesMax: 256 },
  {
    /** The issuer that knows who it is. Custodial holders spend by its word. */
    issuer: accountIdFormat,
    /** Null: custodial, a member number without a key. */
    publicKey: optional(publicKeyFormat),
    /** Of the key; a new one starts new streams. */
    epoch: epochFormat,
    rebinding: optional(rebindingFormat),
  },
);
/** A holder as stored. */
export type Holder = Infer<typeof holderFormat>;

const holders = storedObject(holderFormat);
const holderKey = (id: string): string => `holder/${id}`;
const formerHolderKey = (id: string, epoch: number): string => `holder/${id}/${epoch}`;

/** The holder, or null. */
export function readHolder(view: LedgerView, id: string): Holder | null {
  return holders.read(view, bookShard(id), holderKey(id));
}

/** The holder as an earlier epoch of its key ended, or null. */
export function readFormerHolder(view: LedgerView, id: string, epoch: number): Holder | null {
  return holders.read(view, bookShard(id), formerHolderKey(id, epoch));
}

/** Creates or replaces a holder. */
export function writeHolder(tx: LedgerOverlay, id: string, holder: Holder): void {
  holders.write(tx, bookShard(id), holderKey(id), holder);
}

/** Gives the holder another key, or none; what the old one had signed can still be checked. */
export function bindHolder(tx: LedgerOverlay, id: string, holder: Holder, publicKey: Uint8Array | null): void {
  holders.write(tx, bookShard(id), formerHolderKey(id, holder.epoch), holder);
  writeHolder(tx, id, { ...holder, publicKey, epoch: holder.epoch + 1, rebinding: null });
}
