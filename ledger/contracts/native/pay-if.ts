/**
 * An escrow: the payee is paid if, at the height that is read, a journal's entry has been executed (the receipt of a delivery, an
 * acceptance); otherwise the caller has its money back. The call reserves the amount until then.
 */
import { record, versioned } from '#core/format';
import { accountIdFormat, amountFormat, assetIdFormat, authorShard, epochFormat, sequenceFormat } from '../../ids.ts';
import { streamFormat } from '../../journal/stream.ts';
import { headKey, streamHead } from '../../journal/stream-head.ts';
import type { LedgerView } from '../../state/view.ts';
import type { ReadKey } from '../call.ts';
import type { CallResult } from '../result.ts';

/** Arguments of `pay-if`. */
export const payIfArgsFormat = versioned(
  'pay-if',
  1,
  { bytesMax: 512 },
  {
    asset: assetIdFormat,
    payee: accountIdFormat,
    amount: amountFormat,
    /** The entry whose receipt is the condition. */
    entry: record('awaited-entry', {
      author: accountIdFormat,
      epoch: epochFormat,
      stream: streamFormat,
      sequence: sequenceFormat,
    }),
  },
);

interface PayIfArgs {
  readonly asset: string;
  readonly payee: string;
  readonly amount: bigint;
  readonly entry: {
    readonly author: string;
    readonly epoch: number;
    readonly stream: number;
    readonly sequence: number;
  };
}

/** What a call has to read. */
export function payIfReads({ entry: { author, epoch, stream } }: PayIfArgs): ReadKey[] {
  return [{ shard: authorShard(author), key: headKey(author, epoch, stream) }];
}

/** See the head of the file. */
export function payIf(view: LedgerView, { asset, payee, amount, entry }: PayIfArgs): CallResult {
  const head = streamHead(view, entry.author, entry.epoch, entry.stream);
  const isMet = head !== null && head.nextSequence > entry.sequence;
  if (!isMet) return { kind: 'done', payments: [], nettings: [], events: ['not received'] };
  return { kind: 'done', payments: [{ asset, to: payee, amount }], nettings: [], events: ['received'] };
}
