/** `settle`: the executor of settlement functions that the alliance's business wants, each a pure function of what its call reads. */
import { decode, type Format } from '#core/format';
import type { LedgerView } from '../../state/view.ts';
import type { ReadKey } from '../call.ts';
import type { CallInput, Execute } from '../executor-port.ts';
import type { CallResult } from '../result.ts';
import { netDebts, netDebtsArgsFormat, netDebtsReads } from './net-debts.ts';
import { payIf, payIfArgsFormat, payIfReads } from './pay-if.ts';
import { payProRata, payProRataArgsFormat, payProRataReads } from './pay-pro-rata.ts';
import { NotRead, readView } from './read-values.ts';

interface SettlementFunction {
  /** What a call with these arguments has to read; null where they are none. */
  reads(args: Uint8Array): ReadKey[] | null;
  run(view: LedgerView, args: Uint8Array): CallResult;
}

function settlementFunction<A>(
  format: Format<A>,
  reads: (args: A) => ReadKey[],
  run: (view: LedgerView, args: A) => CallResult,
): SettlementFunction {
  return {
    reads(args) {
      const decoded = decode(format, args);
      return decoded.ok ? reads(decoded.value) : null;
    },
    run(view, args) {
      const decoded = decode(format, args);
      return decoded.ok ? run(view, decoded.value) : { kind: 'failed', code: 'BAD_ARGUMENTS' };
    },
  };
}

/** By name. */
export const settlementFunctions: ReadonlyMap<string, SettlementFunction> = new Map([
  ['net-debts', settlementFunction(netDebtsArgsFormat, netDebtsReads, netDebts)],
  ['pay-pro-rata', settlementFunction(payProRataArgsFormat, payProRataReads, payProRata)],
  ['pay-if', settlementFunction(payIfArgsFormat, payIfReads, payIf)],
]);

/** Version 1 of the executor. */
export const execute: Execute = (input: CallInput) => {
  const called = settlementFunctions.get(input.function);
  if (called === undefined) return { kind: 'failed', code: 'NO_SUCH_FUNCTION' };
  try {
    return called.run(readView(input), input.args);
  } catch (error) {
    if (error instanceof NotRead) return { kind: 'failed', code: 'NOT_READ' };
    throw error;
  }
};
