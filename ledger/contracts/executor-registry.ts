/** Which version of which executor new calls go to, by height: `executors` in `x/contracts` (SPEC K1). */
import { type Infer, list, record, versioned } from '#core/format';
import { contractsShard, heightFormat } from '../ids.ts';
import { storedObject } from '../state/stored-object.ts';
import type { LedgerOverlay, LedgerView } from '../state/view.ts';
import { executorNameFormat, executorVersionFormat } from './call.ts';

/** Most entries of the registry: what is in force, and what is to come. */
export const enabledMax = 32;

/** `executors`. */
export const executorsFormat = versioned(
  'executors',
  1,
  { bytesMax: 4_096 },
  {
    enabled: list(
      record('enabled-executor', {
        executor: executorNameFormat,
        /** 0: no new calls. */
        version: executorVersionFormat,
        fromHeight: heightFormat,
      }),
      { max: enabledMax },
    ),
  },
);
/** An entry of the registry. */
export type EnabledExecutor = Infer<typeof executorsFormat>['enabled'][number];

const executors = storedObject(executorsFormat);

/** The registry, each executor's entries by height. */
export function readExecutors(view: LedgerView): readonly EnabledExecutor[] {
  return executors.read(view, contractsShard, 'executors')?.enabled ?? [];
}

/** The version that a call ordered at a height goes to; null where there is none. */
export function versionInForce(view: LedgerView, executor: string, height: number): number | null {
  const found = readExecutors(view).findLast((one) => one.executor === executor && one.fromHeight <= height);
  return found === undefined || found.version === 0 ? null : found.version;
}

/** Adds an entry in place of those of its executor that were to come at its height or later; what has gone out of force goes. */
export function writeExecutor(tx: LedgerOverlay, added: EnabledExecutor, height: number): void {
  const before = readExecutors(tx);
  const kept = before.filter((one, at) => {
    const isOver = before.some(
      (later, place) => place > at && later.executor === one.executor && later.fromHeight <= height,
    );
    const isReplaced = one.executor === added.executor && one.fromHeight >= added.fromHeight;
    return !isOver && !isReplaced;
  });
  executors.write(tx, contractsShard, 'executors', { enabled: [...kept, added] });
}
