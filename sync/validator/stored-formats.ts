/** Formats of what a validator keeps for itself: never sent, versioned because a newer program reads it again. */
import { bytes, bytesOf, list, uint, versioned } from '#core/format';
import { settledPerBlockMax } from '#ledger/contracts/settle-calls';
import { matchLimits } from '#ledger/market/offer';
import { receiptBytesMax } from '#ledger/receipt';
import { blockEntriesMax } from '../wire/block.ts';
import { validatorSetFormat } from '../wire/genesis.ts';

/** The encoded receipts of one block, in order: of its entries, of the exchanges at its start, of the calls at its end. */
export const storedReceiptsFormat = versioned(
  'stored-receipts',
  1,
  { bytesMax: 56 * 1024 * 1024 },
  {
    receipts: list(bytes({ min: 1, max: receiptBytesMax }), {
      max: blockEntriesMax + matchLimits.crossedPerBlock + settledPerBlockMax,
    }),
  },
);

/** The history so far: how many blocks, and its peaks. */
export const storedHistoryFormat = versioned(
  'stored-history',
  1,
  { bytesMax: 4_096 },
  { count: uint({ max: Number.MAX_SAFE_INTEGER }), peaks: list(bytesOf(32), { max: 64 }) },
);

/** Up to which height deltas have been dropped. */
export const deltaFloorFormat = versioned(
  'delta-floor',
  1,
  { bytesMax: 32 },
  { height: uint({ max: Number.MAX_SAFE_INTEGER }) },
);

/** A validator set that some header names. */
export const storedSetFormat = versioned('stored-set', 1, { bytesMax: 4_096 }, { validators: validatorSetFormat });

/** Where the vote record is lost: up to which height nothing is said, as far as the disk can tell (SPEC R24). */
export const lostMemoryFormat = versioned(
  'lost-memory',
  1,
  { bytesMax: 32 },
  { silentUpTo: uint({ max: Number.MAX_SAFE_INTEGER }) },
);

/** Up to which height bodies and results have been dropped. */
export const prunedFormat = versioned(
  'pruned',
  1,
  { bytesMax: 32 },
  { height: uint({ max: Number.MAX_SAFE_INTEGER }) },
);
