/** `contract.enable`: new calls go to another version of an executor from a height on; open ones stay with theirs (SPEC K1). */
import { applied, type Handler, refused } from '../effect.ts';
import { reason } from '../reasons.ts';
import { enabledMax, readExecutors, writeExecutor } from './executor-registry.ts';

/** Rule K1. */
export const enableExecutor: Handler<'contract.enable'> = (tx, by, { executor, version, fromHeight }) => {
  const known = readExecutors(tx);
  const own = known.filter((one) => one.executor === executor);
  const before = own.findLast((one) => one.fromHeight < fromHeight)?.version ?? 0;
  // What was to come at this height or later is replaced.
  const replaces = own.some((one) => one.fromHeight >= fromHeight);
  if (before === version && !replaces) return refused(reason.ALREADY_EXISTS);
  // A change is known before it is in force.
  if (fromHeight <= by.height) return refused(reason.BAD_OPERATION);
  if (known.length >= enabledMax) return refused(reason.LIMIT_EXCEEDED);
  writeExecutor(tx, { executor, version, fromHeight }, by.height);
  return applied();
};
