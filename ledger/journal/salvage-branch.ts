/** `journal.salvage`: the admin lets in what a revoked, frozen or replaced key had signed, segment by segment (SPEC J12). */
import { equalBytes } from '#core/bytes';
import { applied, type Handler, refused } from '../effect.ts';
import { reason } from '../reasons.ts';
import { authorKeyOf, speakingKey } from './author-key.ts';
import { readSalvage, salvagedSegmentsMax, writeSalvage } from './salvage.ts';
import { segmentEntriesMax } from './segment.ts';
import type { Span } from './span.ts';
import { headOf } from './stream-head.ts';

/** Rule J11. */
export const salvageBranch: Handler<'journal.salvage'> = (tx, by, operation) => {
  const { author, epoch, stream, fromSequence, previousHash, segments } = operation;
  const of = { author, epoch, stream };
  if (authorKeyOf(tx, author, epoch) === null) return refused(reason.UNKNOWN_ACCOUNT);
  // Whoever may speak sends its segments itself.
  if (speakingKey(tx, author, epoch) !== null) return refused(reason.BAD_OPERATION);
  if (fromSequence > headOf(tx, by.chainId, of).nextSequence) return refused(reason.OUT_OF_GAP);
  const { done } = readSalvage(tx, of);
  const spans: Span[] = [];
  let next = { firstSequence: fromSequence, previousHash };
  for (const { throughSequence, headHash } of segments) {
    const entryCount = throughSequence - next.firstSequence + 1;
    if (entryCount < 1 || entryCount > segmentEntriesMax || throughSequence === Number.MAX_SAFE_INTEGER)
      return refused(reason.BAD_OPERATION);
    if (done.some((head) => equalBytes(head, headHash))) return refused(reason.ALREADY_EXISTS);
    spans.push({ ...next, lastSequence: throughSequence, headHash });
    next = { firstSequence: throughSequence + 1, previousHash: headHash };
  }
  if (done.length + spans.length > salvagedSegmentsMax) return refused(reason.LIMIT_EXCEEDED);
  writeSalvage(tx, of, { spans, done });
  return applied();
};
