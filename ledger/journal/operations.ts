/** Operations of journals: codec numbers 130 to 139. */
import { type Cases, list, record } from '#core/format';
import {
  accountIdFormat,
  epochFormat,
  hashFormat,
  laneFormat,
  sequenceFormat,
  signatureFormat,
  storeIdFormat,
} from '../ids.ts';
import { gapFormat } from './gap.ts';
import { salvagedSegmentsMax } from './salvage.ts';
import { signedSpanFormat } from './span.ts';
import { streamFormat } from './stream.ts';

/** See SPEC.md, section Journals. */
export const journalOperations = {
  'journal.gap': {
    tag: 130,
    format: record('journal.gap', {
      store: storeIdFormat,
      lane: laneFormat,
      stream: streamFormat,
      gap: gapFormat,
      /** Of the terminal's key in force, over the gap. */
      signature: signatureFormat,
    }),
  },
  'journal.accuse': {
    tag: 131,
    format: record('journal.accuse', {
      terminal: accountIdFormat,
      epoch: epochFormat,
      stream: streamFormat,
      one: signedSpanFormat,
      other: signedSpanFormat,
    }),
  },
  'journal.salvage': {
    tag: 132,
    format: record('journal.salvage', {
      author: accountIdFormat,
      epoch: epochFormat,
      stream: streamFormat,
      fromSequence: sequenceFormat,
      /** Chain hash of the entry before it. */
      previousHash: hashFormat,
      /** The segments as they were signed, each by its last entry; together they are the branch. */
      segments: list(record('salvaged-segment', { throughSequence: sequenceFormat, headHash: hashFormat }), {
        min: 1,
        max: salvagedSegmentsMax,
      }),
    }),
  },
} as const satisfies Cases;
