/** `journal.accuse`: two signed spans that contradict each other freeze a terminal, however long ago they were signed (SPEC J11). */
import { verifySignature } from '#core/ed25519';
import { applied, type Handler, refused } from '../effect.ts';
import { terminalParts } from '../ids.ts';
import { reason } from '../reasons.ts';
import { authorKey } from './author-key.ts';
import { freezeTerminal } from './freeze-terminal.ts';
import { contradict, type SignedSpan, segmentDomain, spanMessage } from './span.ts';

/** Rule J10. */
export const accuseFork: Handler<'journal.accuse'> = (tx, by, { terminal, epoch, stream, one, other }) => {
  const key = terminalParts(terminal) === null ? null : authorKey(tx, terminal);
  if (key === null) return refused(reason.UNKNOWN_ACCOUNT);
  if (key.epoch !== epoch) return refused(reason.WINDOW_OVER);
  const genuine = (span: SignedSpan): boolean => {
    const message = spanMessage(by.chainId, { author: terminal, epoch, stream }, span);
    return verifySignature({ publicKey: key.publicKey, domain: segmentDomain, message, signature: span.signature });
  };
  if (!contradict(one, other) || !genuine(one) || !genuine(other)) return refused(reason.BAD_OPERATION);
  return freezeTerminal(tx, terminal, by.height) ? applied() : refused(reason.ALREADY_EXISTS);
};
