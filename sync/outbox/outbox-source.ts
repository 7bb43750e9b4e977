/** The journal as the outbox sees it: sealed segments to send, receipts to settle them with. */
import type { Receipt } from '#ledger/receipt';

/** A sealed segment on its way. `bytes` are what was signed: they are sent unchanged, however often. */
export interface OutgoingSegment {
  readonly stream: number;
  readonly firstSequence: number;
  readonly lastSequence: number;
  readonly bytes: Uint8Array;
}

/** Where segments come from and where their receipts go. The journal implements it. */
export interface OutboxSource {
  /**
   * The oldest sealed segments that are not fully receipted, at most `count` of them and `bytes` in total (one
   * segment is given however large). Seals what is unsealed first; sealed bytes are durable before they are returned.
   */
  nextSegments(limit: { readonly count: number; readonly bytes: number }): readonly OutgoingSegment[];
  /** Takes certified receipts of this journal's author and epoch, in any order, any number of times. */
  settle(receipts: readonly Receipt[]): void;
}
