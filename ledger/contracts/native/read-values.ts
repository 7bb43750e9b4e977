/** The objects of a call's input as a view of the ledger, so that the ledger's own readers work on it. */
import type { LedgerView } from '../../state/view.ts';
import type { CallInput } from '../executor-port.ts';

/** A function asked for what its call does not read. */
export class NotRead extends Error {}

/** Holds just what was read; asking for anything else ends the call. */
export function readView({ values }: Pick<CallInput, 'values'>): LedgerView {
  const known = new Map(values.map(({ read, value }) => [`${read.shard} ${read.key}`, value]));
  return {
    holds: () => true,
    get(shard, key) {
      const value = known.get(`${shard} ${key}`);
      if (value === undefined) throw new NotRead(`${shard} ${key}`);
      return value ?? undefined;
    },
  };
}
