/** Whether the admin named a segment to be salvaged (SPEC J12): the very one, by its place and the chain hashes at both ends. */
import { equalBytes } from '#core/bytes';
import type { LedgerView } from '../state/view.ts';
import { readSalvage } from './salvage.ts';
import { type Segment, segmentHead } from './segment.ts';

/** How many named segments come before this one; null where it is not named. Hashes its entries only if its place is right. */
export function namedPlace(view: LedgerView, segment: Segment): number | null {
  const { firstSequence, previousHash, entries } = segment;
  const lastSequence = firstSequence + entries.length - 1;
  const { spans } = readSalvage(view, segment);
  const place = spans.findIndex(
    (span) =>
      span.firstSequence === firstSequence &&
      span.lastSequence === lastSequence &&
      equalBytes(span.previousHash, previousHash),
  );
  const span = spans[place];
  return span !== undefined && equalBytes(span.headHash, segmentHead(segment)) ? place : null;
}
