/** Calls that are ordered and not yet settled, in `x/contracts`: what each may cost at most, what it reads, and who has attested what. */
import { bool, bytes, type Infer, list, optional, record, text, uint, versioned } from '#core/format';
import {
  accountIdFormat,
  amountFormat,
  assetIdFormat,
  contractsShard,
  epochFormat,
  hashFormat,
  heightFormat,
  sequenceFormat,
  shardIdFormat,
  timeMsFormat,
} from '../ids.ts';
import { storedObject } from '../state/stored-object.ts';
import type { LedgerOverlay, LedgerView } from '../state/view.ts';
import { validatorNameFormat, validatorsMax } from '../validators/validator-set.ts';
import { callResultFormat } from './result.ts';

/** Most calls open at a time, of all accounts and of one. */
export const openCallsMax = 128;
export const openCallsOfCallerMax = 16;
/** Most assets reserved, and objects read, by one call. */
export const reservedMax = 8;
export const readsMax = 64;
export const argsBytesMax = 4_096;

/** Name of an executor; with its version it names the program. */
export const executorNameFormat = text({ min: 1, max: 32, pattern: /^[a-z][a-z0-9-]*$/ });
export const executorVersionFormat = uint({ max: 0xffff_ffff });
/** Number of a call, from 0, by the order of calls. */
export const callNumberFormat = uint({ max: Number.MAX_SAFE_INTEGER });
export const functionNameFormat = text({ min: 1, max: 32, pattern: /^[a-z][a-z0-9-]*$/ });
export const argsFormat = bytes({ max: argsBytesMax });

/** The most that a call may pay of an asset. */
export const reservedFormat = record('call-reserve', { asset: assetIdFormat, amount: amountFormat });
/** An object that the executor is given as it stands at one height. */
export const readKeyFormat = record('call-read', { shard: shardIdFormat, key: text({ min: 1, max: 160 }) });
export type ReadKey = Infer<typeof readKeyFormat>;

/** One call. */
export const callFormat = record('call', {
  number: callNumberFormat,
  /** The entry that ordered it. */
  caller: accountIdFormat,
  epoch: epochFormat,
  sequence: sequenceFormat,
  executor: executorNameFormat,
  version: executorVersionFormat,
  function: functionNameFormat,
  args: argsFormat,
  reads: list(readKeyFormat, { max: readsMax }),
  reserved: list(reservedFormat, { max: reservedMax }),
  /** The block whose end the executor reads. */
  readsAt: heightFormat,
  /** Block time after which it fails. */
  deadlineMs: timeMsFormat,
  /** Who voted when it was ordered: a quorum of them settles it. */
  voters: list(validatorNameFormat, { max: validatorsMax }),
  attestations: list(record('attestation', { validator: validatorNameFormat, resultHash: hashFormat }), {
    max: validatorsMax,
  }),
  /** What a quorum has attested, until the block ends. */
  certified: optional(callResultFormat),
});
/** An open call. */
export type OpenCall = Infer<typeof callFormat>;

/** `call/<slot>`: an open call, or free. */
export const callSlotFormat = versioned('call-slot', 1, { bytesMax: 48 * 1024 }, { call: optional(callFormat) });

/** `calls`: which calls are open, in order. */
export const callBookFormat = versioned(
  'call-book',
  1,
  { bytesMax: 16 * 1024 },
  {
    nextNumber: callNumberFormat,
    open: list(
      record('call-place', {
        number: callNumberFormat,
        slot: uint({ max: openCallsMax - 1 }),
        caller: accountIdFormat,
        deadlineMs: timeMsFormat,
        isCertified: bool(),
      }),
      { max: openCallsMax },
    ),
  },
);
/** The book of calls. */
export type CallBook = Infer<typeof callBookFormat>;

/** `voters`: who votes in the epoch of the last block. */
export const votersFormat = versioned(
  'voters',
  1,
  { bytesMax: 1_024 },
  { names: list(validatorNameFormat, { max: validatorsMax }) },
);

/** `dispute/<validator>`: calls whose certified result it contradicted, and the last of them. */
export const disputeFormat = versioned(
  'dispute',
  1,
  { bytesMax: 128 },
  { count: uint({ max: Number.MAX_SAFE_INTEGER }), number: callNumberFormat, resultHash: hashFormat },
);

const slots = storedObject(callSlotFormat);
const books = storedObject(callBookFormat);
const voters = storedObject(votersFormat);
const disputes = storedObject(disputeFormat);
const nothingOpen: CallBook = { nextNumber: 0, open: [] };
const slotKey = (slot: number): string => `call/${slot}`;

/** Which calls are open. */
export function readCallBook(view: LedgerView): CallBook {
  return books.read(view, contractsShard, 'calls') ?? nothingOpen;
}

/** Replaces the book. */
export function writeCallBook(tx: LedgerOverlay, book: CallBook): void {
  books.write(tx, contractsShard, 'calls', book);
}

/** The call in a slot; null where it is free. */
export function readCallAt(view: LedgerView, slot: number): OpenCall | null {
  return slots.read(view, contractsShard, slotKey(slot))?.call ?? null;
}

/** Fills or frees a slot. */
export function writeCallAt(tx: LedgerOverlay, slot: number, call: OpenCall | null): void {
  slots.write(tx, contractsShard, slotKey(slot), { call });
}

/** All open calls, in order. */
export function readOpenCalls(view: LedgerView): OpenCall[] {
  return readCallBook(view).open.flatMap(({ slot }) => readCallAt(view, slot) ?? []);
}

/** Who votes now, as noted at the start of this block or an earlier one; null where nobody ever said. */
export function readVoters(view: LedgerView): readonly string[] | null {
  return voters.read(view, contractsShard, 'voters')?.names ?? null;
}

/** Notes who votes. */
export function writeVoters(tx: LedgerOverlay, names: readonly string[]): void {
  voters.write(tx, contractsShard, 'voters', { names: [...names] });
}

/** Calls whose certified result a validator contradicted. */
export function readDispute(view: LedgerView, validator: string): Infer<typeof disputeFormat> | null {
  return disputes.read(view, contractsShard, `dispute/${validator}`);
}

/** Notes that a validator attested another result than a quorum. */
export function noteDispute(tx: LedgerOverlay, validator: string, number: number, resultHash: Uint8Array): void {
  const count = (readDispute(tx, validator)?.count ?? 0) + 1;
  disputes.write(tx, contractsShard, `dispute/${validator}`, { count, number, resultHash });
}
