/**
 * Multilateral netting: what members of an alliance owe each other in a ring is taken off all round, until no ring is left. Nobody
 * is better or worse off, and what is still owed is the least that leaves each member's balance as it was on these edges.
 */
import { list, versioned } from '#core/format';
import { debtKey, readDebt } from '../../alliances/alliance.ts';
import { accountIdFormat, allianceIdFormat, allianceShard } from '../../ids.ts';
import type { LedgerView } from '../../state/view.ts';
import type { ReadKey } from '../call.ts';
import type { CallNetting, CallResult } from '../result.ts';

/** Most members of one netting: each pair is read both ways. */
export const nettedMembersMax = 8;

/** Arguments of `net-debts`. */
export const netDebtsArgsFormat = versioned(
  'net-debts',
  1,
  { bytesMax: 1_024 },
  {
    alliance: allianceIdFormat,
    members: list(accountIdFormat, { min: 2, max: nettedMembersMax }),
  },
);

interface NetDebtsArgs {
  readonly alliance: string;
  readonly members: readonly string[];
}

/** What a call has to read. */
export function netDebtsReads({ alliance, members }: NetDebtsArgs): ReadKey[] {
  return members.flatMap((debtor) =>
    members.flatMap((creditor) =>
      debtor === creditor ? [] : [{ shard: allianceShard(alliance), key: debtKey(debtor, creditor) }],
    ),
  );
}

type Debts = readonly bigint[][];

const owed = (debts: Debts, debtor: number, creditor: number): bigint => debts[debtor]?.[creditor] ?? 0n;

/** A ring of debts as places of members, the last owing the first; null where there is none. In order of places, so that all find the same. */
function ringIn(debts: Debts): readonly number[] | null {
  const done = new Set<number>();
  const walk = (path: readonly number[]): readonly number[] | null => {
    const at = path.at(-1) ?? 0;
    for (let next = 0; next < debts.length; next++) {
      if (owed(debts, at, next) === 0n || done.has(next)) continue;
      const seen = path.indexOf(next);
      if (seen >= 0) return path.slice(seen);
      const found = walk([...path, next]);
      if (found !== null) return found;
    }
    done.add(at);
    return null;
  };
  for (let start = 0; start < debts.length; start++) {
    const found = done.has(start) ? null : walk([start]);
    if (found !== null) return found;
  }
  return null;
}

/** See the head of the file. Distinct members. */
export function netDebts(view: LedgerView, { alliance, members }: NetDebtsArgs): CallResult {
  if (new Set(members).size !== members.length) return { kind: 'failed', code: 'MEMBER_TWICE' };
  const before = members.map((debtor) =>
    members.map((creditor) => (debtor === creditor ? 0n : readDebt(view, alliance, debtor, creditor))),
  );
  const debts = before.map((row) => [...row]);
  // Each ring that is taken off ends one debt at least.
  for (let left = members.length ** 2; left > 0; left--) {
    const ring = ringIn(debts);
    if (ring === null) break;
    const edges = ring.map((debtor, at) => [debtor, ring[(at + 1) % ring.length] ?? 0] as const);
    const least = edges.reduce(
      (low, [a, b]) => (owed(debts, a, b) < low ? owed(debts, a, b) : low),
      owed(debts, ...(edges[0] as readonly [number, number])),
    );
    for (const [debtor, creditor] of edges)
      (debts[debtor] as bigint[])[creditor] = owed(debts, debtor, creditor) - least;
  }
  const nettings: CallNetting[] = members.flatMap((debtor, at) =>
    members.flatMap((creditor, to) => {
      const amount = owed(before, at, to) - owed(debts, at, to);
      return amount === 0n ? [] : [{ alliance, debtor, creditor, amount }];
    }),
  );
  return { kind: 'done', payments: [], nettings, events: [] };
}
