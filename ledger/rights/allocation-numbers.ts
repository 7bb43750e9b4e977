/**
 * Which allocation numbers of a hub epoch are used up: `numbers/<hub epoch>/<n>` in the store's shard, four bits for each of 1,024
 * numbers. An escrow's units have no names, so that the number is what makes an allocation good for one spend. A gap in the numbers
 * is harmless: what can be spent is bounded by the right, not by them.
 */
import { storeShard } from '../ids.ts';
import { chunkItems, copyChunk, nibbleAt, setNibble } from '../state/nibbles.ts';
import type { LedgerOverlay, LedgerView } from '../state/view.ts';

/** Bits of a number: the hub's own record of it was executed; a reservation was made with it. */
const numberBits = { recorded: 1, spent: 2 } as const;
/** What a number was used for. */
export type NumberUse = keyof typeof numberBits;

/** A number of a store's hub. */
export interface AllocationNumber {
  readonly store: string;
  readonly hubEpoch: number;
  readonly number: number;
}

function chunkKey({ hubEpoch, number }: AllocationNumber): string {
  return `numbers/${hubEpoch}/${Math.floor(number / chunkItems)}`;
}

function bitsOf(view: LedgerView, at: AllocationNumber): number {
  return nibbleAt(view.get(storeShard(at.store), chunkKey(at)), at.number % chunkItems);
}

/** Whether the number was used so before. */
export function isNumberUsed(view: LedgerView, at: AllocationNumber, use: NumberUse): boolean {
  return (bitsOf(view, at) & numberBits[use]) !== 0;
}

/** Notes a use of the number. */
export function useNumber(tx: LedgerOverlay, at: AllocationNumber, use: NumberUse): void {
  const bits = bitsOf(tx, at) | numberBits[use];
  const shard = storeShard(at.store);
  const chunk = copyChunk(tx.get(shard, chunkKey(at)));
  setNibble(chunk, at.number % chunkItems, bits);
  tx.put(shard, chunkKey(at), chunk);
}
