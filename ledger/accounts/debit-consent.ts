/**
 * Who may take from an account's balance (SPEC A10 and A11, ARCHITECTURE D4): the owner, the custodian of a holder without a key, or
 * an author with a consent signed for just this debit. A consent counts once, also where its entry is ordered weeks later.
 */
import { type CborValue, encodeCbor } from '#core/codec';
import { verifySignature } from '#core/ed25519';
import { bytesOf, type Infer, list, record, versioned } from '#core/format';
import type { Authorship } from '../effect.ts';
import { bookShard, isHolder, signatureFormat, terminalParts, timeMsFormat } from '../ids.ts';
import { reason } from '../reasons.ts';
import { storedObject } from '../state/stored-object.ts';
import type { LedgerOverlay, LedgerView } from '../state/view.ts';
import { readAccount } from './account.ts';
import { readHolder } from './holder.ts';

/** Signature domain of a consent to a debit. */
export const debitConsentDomain = 'bizain/debit-consent/1';
/** A consent ends at most this long after the debit it is given for. */
export const consentAheadMsMax = 10 * 60_000;
/** How long spent nonces are kept: a consent that ended longer before the block's time counts as expired. */
export const spentKeptMs = 30 * 86_400_000;
/** Most spent nonces kept of an owner for one author. */
export const spentConsentsMax = 64;

/** The owner's word for one debit, as an operation carries it. */
export const debitConsentFormat = record('debit-consent', {
  /** Drawn by the signer, at random or as a counter: with `notAfterMs` it is used once. */
  nonce: bytesOf(8),
  /** Certificate time after which it is no longer good. */
  notAfterMs: timeMsFormat,
  /** Of the holder's key, of its custodian's key for a holder without one, or of the account's key. */
  signature: signatureFormat,
});
/** A decoded consent. */
export type DebitConsent = Infer<typeof debitConsentFormat>;

const spentConsentFormat = record('spent-consent', { notAfterMs: timeMsFormat, nonce: bytesOf(8) });

/**
 * `consents/<owner>/<author>` in the owner's book. A consent is signed for one author; if all of an owner's shared one list, an owner
 * could push out by others what it had given to a till that is cut off.
 */
export const spentConsentsFormat = versioned(
  'spent-consents',
  1,
  { bytesMax: 2_048 },
  {
    /** Consents that end then or earlier are expired: what was spent of them is no longer known. */
    floorMs: timeMsFormat,
    /** Ascending by end, oldest spent first. */
    spent: list(spentConsentFormat, { max: spentConsentsMax }),
  },
);
const spentConsents = storedObject(spentConsentsFormat);
const spentKey = (owner: string, author: string): string => `consents/${owner}/${author}`;

/** One debit: whose balance, and everything that the owner agrees to besides. */
export interface Debit {
  readonly owner: string;
  /** Kind of operation first, then asset, amount, basket and what else the rule takes from the operation. */
  readonly what: readonly CborValue[];
  readonly consent: DebitConsent | null;
}

/** The bytes that the owner's key signs; `author` is the terminal or account that will write the debit. */
export function debitConsentMessage(
  chainId: Uint8Array,
  { owner, what }: Pick<Debit, 'owner' | 'what'>,
  author: string,
  { nonce, notAfterMs }: Pick<DebitConsent, 'nonce' | 'notAfterMs'>,
): Uint8Array {
  return encodeCbor([chainId, owner, what, author, nonce, notAfterMs]);
}

/** The key whose consent counts for the owner now; null where nobody can consent. */
function consentKey(view: LedgerView, owner: string): Uint8Array | null {
  // A terminal signs its own journal and has no business with balances of others in its name.
  if (terminalParts(owner) !== null) return null;
  const holder = isHolder(owner) ? readHolder(view, owner) : null;
  if (isHolder(owner) && holder === null) return null;
  if (holder !== null && holder.publicKey !== null) return holder.publicKey;
  const account = readAccount(view, holder === null ? owner : holder.issuer);
  return account === null || account.revoked ? null : account.publicKey;
}

/** Notes a consent as spent; reason bits where it was spent before, or may have been. */
function spend(tx: LedgerOverlay, by: Authorship, owner: string, { nonce, notAfterMs }: DebitConsent): bigint {
  const key = spentKey(owner, by.author);
  const book = spentConsents.read(tx, bookShard(owner), key) ?? { floorMs: 0, spent: [] };
  let floorMs = Math.max(book.floorMs, by.blockTimeMs - spentKeptMs);
  if (notAfterMs <= floorMs) return reason.CONSENT_EXPIRED;
  const name = nonce.join();
  if (book.spent.some((one) => one.notAfterMs === notAfterMs && one.nonce.join() === name)) return reason.CONSENT_SPENT;
  const spent = [...book.spent, { notAfterMs, nonce }].filter((one) => one.notAfterMs > floorMs);
  spent.sort((a, b) => a.notAfterMs - b.notAfterMs);
  while (spent.length > spentConsentsMax) {
    floorMs = spent[0]?.notAfterMs ?? floorMs;
    while ((spent[0]?.notAfterMs ?? Number.POSITIVE_INFINITY) <= floorMs) spent.shift();
  }
  spentConsents.write(tx, bookShard(owner), key, { floorMs, spent });
  return 0n;
}

/**
 * Reason bits against taking `what` from the owner's balance by this author; none where it may. A consent that was good is spent in
 * `tx`: a refusal of the whole operation, which drops `tx`, leaves it good.
 */
export function debitFault(tx: LedgerOverlay, by: Authorship, { owner, what, consent }: Debit): bigint {
  // A terminal owns nothing: what it took from itself only a budget could bear.
  if (by.author === owner) return terminalParts(owner) === null ? 0n : reason.CONSENT_INVALID;
  const holder = isHolder(owner) ? readHolder(tx, owner) : null;
  if (isHolder(owner) && holder === null) return reason.UNKNOWN_ACCOUNT;
  if (holder !== null && holder.publicKey === null && holder.issuer === by.author) return 0n;
  if (consent === null) return reason.CONSENT_MISSING;
  const publicKey = consentKey(tx, owner);
  if (publicKey === null) return reason.CONSENT_INVALID;
  const message = debitConsentMessage(by.chainId, { owner, what }, by.author, consent);
  const { signature, notAfterMs } = consent;
  if (!verifySignature({ publicKey, domain: debitConsentDomain, message, signature })) return reason.CONSENT_INVALID;
  // One that ends far ahead would be a key for later.
  if (notAfterMs > by.timeHighMs + consentAheadMsMax) return reason.CONSENT_INVALID;
  if (notAfterMs < by.timeLowMs) return reason.CONSENT_EXPIRED;
  return spend(tx, by, owner, consent);
}
