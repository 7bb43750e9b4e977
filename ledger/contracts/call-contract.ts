/** `contract.call`: a call is ordered, its worst case locked in the caller's balances; what it does is settled later (SPEC K2, ARCHITECTURE D10). */
import { readAsset } from '../assets/asset.ts';
import { debitFaults, lock } from '../assets/balance.ts';
import { applied, type Handler, refused } from '../effect.ts';
import { reason } from '../reasons.ts';
import type { LedgerView } from '../state/view.ts';
import { readWishedValidators } from '../validators/validator-set.ts';
import {
  type OpenCall,
  openCallsMax,
  openCallsOfCallerMax,
  readCallBook,
  readVoters,
  writeCallAt,
  writeCallBook,
} from './call.ts';
import { versionInForce } from './executor-registry.ts';

/** The latest deadline, from the block's time. */
export const callMsMax = 30 * 86_400_000;

type Reserved = OpenCall['reserved'];

function ascends(reserved: Reserved): boolean {
  return reserved.every(
    ({ asset, amount }, at) => amount > 0n && (at === 0 || (reserved[at - 1]?.asset ?? '') < asset),
  );
}

/** Reasons against locking what the call may cost. */
function reserveFaults(view: LedgerView, owner: string, reserved: Reserved, nowMs: number): bigint {
  return reserved.reduce((faults, { asset, amount }) => {
    const fault =
      readAsset(view, asset) === null ? reason.NO_SUCH_ASSET : debitFaults(view, { owner, asset }, amount, nowMs);
    return faults | fault;
  }, 0n);
}

/** Rule K2. */
export const callContract: Handler<'contract.call'> = (tx, by, op) => {
  const { executor, reads, reserved, args, deadlineMs } = op;
  const { author: caller, epoch, sequence, blockTimeMs, height } = by;
  const version = versionInForce(tx, executor, height);
  if (version === null) return refused(reason.NO_SUCH_EXECUTOR);
  const readsAt = op.readsAt === 0 ? height : op.readsAt;
  const inTime = deadlineMs > blockTimeMs && deadlineMs <= blockTimeMs + callMsMax;
  if (!ascends(reserved) || readsAt < height || !inTime) return refused(reason.BAD_OPERATION);
  const book = readCallBook(tx);
  if (book.open.filter((one) => one.caller === caller).length >= openCallsOfCallerMax)
    return refused(reason.TOO_MANY_OPEN);
  if (book.open.length >= openCallsMax) return refused(reason.LIMIT_EXCEEDED);
  const faults = reserveFaults(tx, caller, reserved, blockTimeMs);
  if (faults !== 0n) return refused(faults);
  for (const { asset, amount } of reserved) lock(tx, { owner: caller, asset }, amount, blockTimeMs);
  const taken = new Set(book.open.map(({ slot }) => slot));
  const slot = Array.from({ length: openCallsMax }, (_, at) => at).find((at) => !taken.has(at)) ?? 0;
  const number = book.nextNumber;
  const voters = [...(readVoters(tx) ?? readWishedValidators(tx).map(({ name }) => name))];
  const entry = { number, caller, epoch, sequence, executor, version, function: op.function, args, reads, reserved };
  writeCallAt(tx, slot, { ...entry, readsAt, deadlineMs, voters, attestations: [], certified: null });
  const place = { number, slot, caller, deadlineMs, isCertified: false };
  writeCallBook(tx, { nextNumber: number + 1, open: [...book.open, place] });
  return applied();
};
