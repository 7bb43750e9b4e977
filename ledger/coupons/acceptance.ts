/** Whose stores take a coupon (SPEC C5) or an asset (SPEC V8). */
import { reason } from '../reasons.ts';
import type { AcceptedBy } from './terms.ts';

/** Something that an issuer brought out, in a store of a merchant. */
export interface Acceptance {
  readonly acceptedBy: AcceptedBy;
  readonly issuer: string;
  /** Null for a store that is not on the ledger. */
  readonly merchant: string | null;
}

/** Reason bits against taking it there. `inAlliance`: those against it where an alliance is named. */
export function acceptanceFault(
  { acceptedBy, issuer, merchant }: Acceptance,
  inAlliance: (alliance: string) => bigint,
): bigint {
  if (merchant === null) return reason.NOT_ACCEPTED_HERE;
  if (acceptedBy.kind === 'merchants') {
    return acceptedBy.accounts.includes(merchant) ? 0n : reason.NOT_ACCEPTED_HERE;
  }
  // One's own is good in one's own stores, whatever becomes of an alliance.
  if (merchant === issuer) return 0n;
  const fault = acceptedBy.kind === 'issuer' ? reason.NOT_ACCEPTED_HERE : inAlliance(acceptedBy.id);
  return fault === 0n ? 0n : fault | reason.NOT_ACCEPTED_HERE;
}
