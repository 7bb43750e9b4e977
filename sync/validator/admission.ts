/** What becomes of a segment at the door. */
import type { SpeakerFault } from '#ledger/journal/admit-segment';
import type { Segment } from '#ledger/journal/segment';
import type { Pooled } from './pooled-stream.ts';

/** Why a segment is turned away. `BUSY`: later perhaps. */
export type TurnAway = 'BAD_FORMAT' | SpeakerFault | 'BAD_SIGNATURE' | 'GAP' | 'FORK' | 'BUSY';

/** What its sender is told. */
export interface TurnedAwayFor {
  readonly reason: TurnAway;
  /** Where this validator stands with the stream; null where it does not know. */
  readonly nextSequence: number | null;
  /** `BUSY`: when to come again, milliseconds. */
  readonly retryAfterMs: number | null;
}

/** A segment that has a place here if its signature is good. It counts as waiting until `enter` or `drop` is called, once. */
export interface Candidate {
  readonly kind: 'candidate';
  readonly segment: Segment;
  readonly bytes: Uint8Array;
  readonly digest: Uint8Array;
  /** `digest` in hex. */
  readonly name: string;
  /** Whose signature it must be. */
  readonly publicKey: Uint8Array;
  readonly arrivedMs: number;
}

/** What became of a segment at the door. `segment` where it could be read. */
export type Admission =
  | { readonly kind: 'admitted'; readonly pooled: Pooled }
  | { readonly kind: 'known' }
  /** `justNow`: its receipts have only just been published. */
  | { readonly kind: 'duplicate'; readonly segment: Segment; readonly justNow: boolean }
  | ({ readonly kind: 'turned-away'; readonly segment: Segment | null } & TurnedAwayFor);

/** A segment turned away. */
export function turnedAway(
  reason: TurnAway,
  segment: Segment | null,
  nextSequence: number | null = null,
  retryAfterMs: number | null = null,
): Admission {
  return { kind: 'turned-away', reason, segment, nextSequence, retryAfterMs };
}
