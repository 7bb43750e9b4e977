/** `contract.enable`: new calls go to another version of an executor from a height on; open ones stay with theirs (SPEC K1). */
import { applied, type Handler, refused } from '../effect.ts';
import { reason } from '../reasons.ts';
import { enabledMax, readExecutors, writeExecutor } from './executor-registry.ts';

/** Rule K1. */
export const enableExecutor: Handler<'contract.enable'> = (tx, by, { executor, version, fromHeight }) => {
  const known = readExecutors(tx);
  const last = known.findLast((one) => one.executor === executor);
  if (last?.version === version || (last === undefined && version === 0)) return refused(reason.ALREADY_EXISTS);
  // A change is known before it is in force, and none overtakes another.
  if (fromHeight <= by.height || (last !== undefined && fromHeight <= last.fromHeight))
    return refused(reason.BAD_OPERATION);
  if (known.length >= enabledMax) return refused(reason.LIMIT_EXCEEDED);
  writeExecutor(tx, { executor, version, fromHeight }, by.height);
  return applied();
};
