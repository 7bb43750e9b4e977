/** Whether whoever has the code of an item consents (SPEC C7). */
import { equalBytes } from '#core/bytes';
import { verifySignature } from '#core/ed25519';
import type { LedgerView } from '../state/view.ts';
import { consentDomain, keyCommitment } from './consent.ts';
import type { KeyConsent } from './operations.ts';
import { readKeyCommitment } from './series.ts';

/** Whether the key that the series commits to for the item has signed the message. */
export function keyConsents(
  view: LedgerView,
  { gcn, serial }: { readonly gcn: string; readonly serial: number },
  { publicKey, signature }: KeyConsent,
  message: Uint8Array,
): boolean {
  const committed = readKeyCommitment(view, gcn, serial);
  if (committed === null || !equalBytes(keyCommitment(publicKey), committed)) return false;
  return verifySignature({ publicKey, domain: consentDomain, message, signature });
}
