/** The chain state that enough validators report alike: f+1 signed reports hold an honest one. */
import { decode } from '#core/format';
import { faultyMax } from '#ledger/validators/quorum';
import { type ChainState, chainStateFormat } from '#sync/pbft/chain';
import type { AskedValidator } from './asked-validator.ts';

/** See the file's head. */
export interface AgreedChain {
  readonly chain: ChainState;
  readonly epochTurns: number;
  /** Who reports it. */
  readonly by: readonly string[];
  /** Whether f+1 of them signed it. */
  readonly certain: boolean;
}

function bytesOfHex(hex: string): Uint8Array {
  return Uint8Array.from(Buffer.from(hex, 'hex'));
}

/** The state that most validators report, the newest of those; null where none reports a readable one. */
export function agreedChain(asked: readonly AskedValidator[]): AgreedChain | null {
  const groups = new Map<string, AskedValidator[]>();
  for (const one of asked) {
    if (one.report === null) continue;
    const name = `${one.report.epochTurns}/${one.report.chainState}`;
    groups.set(name, [...(groups.get(name) ?? []), one]);
  }
  const heightOf = (group: readonly AskedValidator[]): number => group[0]?.report?.height ?? 0;
  const sorted = [...groups.values()].sort((a, b) => b.length - a.length || heightOf(b) - heightOf(a));
  for (const group of sorted) {
    const report = group[0]?.report;
    const decoded = report == null ? null : decode(chainStateFormat, bytesOfHex(report.chainState));
    if (report == null || decoded === null || !decoded.ok) continue;
    const signed = group.filter(({ source }) => source === 'broker').length;
    return {
      chain: decoded.value,
      epochTurns: report.epochTurns,
      by: group.map(({ name }) => name),
      certain: signed > faultyMax(asked.length),
    };
  }
  return null;
}
