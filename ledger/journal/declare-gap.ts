/** `journal.gap`: terminal and manager declare entries lost, so that later ones go on (SPEC J10). */
import { verifySignature } from '#core/ed25519';
import { adminAccount } from '../accounts/account.ts';
import { readStore } from '../accounts/store.ts';
import { applied, type Handler, refused } from '../effect.ts';
import { reason } from '../reasons.ts';
import { writeOffUnit } from '../rights/write-off-unit.ts';
import type { LedgerOverlay } from '../state/view.ts';
import { authorKey } from './author-key.ts';
import { type Gap, gapDomain, gapEntriesMax, gapMessage } from './gap.ts';
import { headOf, writeStreamHead } from './stream-head.ts';

/** Voids the leased units that may have been promised; reason bits where one of them is not the store's to lose. */
function writeOff(tx: LedgerOverlay, store: string, lostUnits: Gap['lostUnits']): bigint {
  return lostUnits.reduce(
    (faults, { rightId, gcn, serial }) => faults | writeOffUnit(tx, store, rightId, { kind: 'item', gcn, serial }),
    0n,
  );
}

/** Rule J9. */
export const declareGap: Handler<'journal.gap'> = (tx, by, { store, lane, stream, gap, signature }) => {
  const shop = readStore(tx, store);
  if (shop === null) return refused(reason.NO_SUCH_STORE);
  if (by.author !== adminAccount && by.author !== shop.merchant) return refused(reason.NOT_AUTHORISED);
  const author = `${store}/${lane}`;
  const key = authorKey(tx, author);
  if (key === null) return refused(reason.UNKNOWN_ACCOUNT);
  if (key.standing !== 'good') return refused(key.standing === 'frozen' ? reason.FROZEN : reason.NOT_AUTHORISED);
  const of = { author, epoch: key.epoch, stream };
  const message = gapMessage(by.chainId, of, gap);
  if (!verifySignature({ publicKey: key.publicKey, domain: gapDomain, message, signature }))
    return refused(reason.APPROVAL_MISSING);
  const { fromSequence, throughSequence, headHash, lostUnits } = gap;
  if (fromSequence !== headOf(tx, by.chainId, of).nextSequence) return refused(reason.OUT_OF_GAP);
  const entryCount = throughSequence - fromSequence + 1;
  if (entryCount < 1 || throughSequence === Number.MAX_SAFE_INTEGER) return refused(reason.BAD_OPERATION);
  if (entryCount > gapEntriesMax) return refused(reason.LIMIT_EXCEEDED);
  const fault = writeOff(tx, store, lostUnits);
  if (fault !== 0n) return refused(fault);
  writeStreamHead(tx, of, { nextSequence: throughSequence + 1, headHash, hold: null });
  return applied();
};
