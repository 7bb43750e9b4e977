/**
 * What an executor is given and gives back. It is a module that exports `execute: Execute`, of a name and version of the registry;
 * a validator runs it in a thread of its own, with limits of time and memory. It must be a function of its argument: no clock, no
 * randomness, nothing from outside, for a quorum of validators has to come to the same bytes. It may throw: that is a failed call.
 * Whatever it says, the ledger pays out of what the caller has reserved and nowhere else (SPEC K5), so that a sandbox for programs
 * of strangers needs no other trust than this shape.
 */
import { bytes, type Infer, list, optional, record, versioned } from '#core/format';
import { accountIdFormat, heightFormat, timeMsFormat } from '../ids.ts';
import {
  argsFormat,
  callNumberFormat,
  executorNameFormat,
  executorVersionFormat,
  functionNameFormat,
  readKeyFormat,
  readsMax,
  reservedFormat,
  reservedMax,
} from './call.ts';
import type { CallResult } from './result.ts';

/** Largest object that a call can read: one that asks for a larger one fails. */
export const readBytesMax = 4_096;

/** A call with everything that it may know. */
export const callInputFormat = versioned(
  'call-input',
  1,
  { bytesMax: 320 * 1024 },
  {
    number: callNumberFormat,
    executor: executorNameFormat,
    version: executorVersionFormat,
    function: functionNameFormat,
    args: argsFormat,
    caller: accountIdFormat,
    reserved: list(reservedFormat, { max: reservedMax }),
    /** The block at whose end was read, and its time. */
    height: heightFormat,
    timeMs: timeMsFormat,
    /** The objects asked for, in order; null where there is none. */
    values: list(record('read-value', { read: readKeyFormat, value: optional(bytes({ max: readBytesMax })) }), {
      max: readsMax,
    }),
  },
);
/** What an executor is given. */
export type CallInput = Infer<typeof callInputFormat>;

/** An executor. */
export type Execute = (input: CallInput) => CallResult | Promise<CallResult>;
