/** Status of coupon items in chunk leaves: `chunk/<n>` of the series' shard holds serials n x 1,024 and up, four bits each. */
import { assert } from '#core/assert';
import { seriesShard } from '../ids.ts';
import { reason } from '../reasons.ts';
import { rememberLast } from '../remember-last.ts';
import type { SerialRange } from '../rights/serial-ranges.ts';
import { chunkItems, copyChunk, nibbleAt, setNibble, withNibble } from '../state/nibbles.ts';
import type { LedgerOverlay, LedgerView } from '../state/view.ts';

/** Statuses by their four bits. 0 is no item: never issued. */
const statusNames = ['none', 'available', 'leased', 'reserved', 'redeemed', 'voided', 'expired', 'offered'] as const;
/** Where an issued item stands. */
export type ItemStatus = Exclude<(typeof statusNames)[number], 'none'>;

const codeOf = new Map<string, number>(statusNames.map((name, code) => [name, code]));
const chunkKey = rememberLast((chunk: number) => `chunk/${chunk}`);

/** Why an item of this status cannot be taken by whoever finds it so. */
export const takenReason: Readonly<Record<Exclude<ItemStatus, 'available'>, bigint>> = {
  leased: reason.LEASED_TO_OTHER,
  reserved: reason.RESERVED_ELSEWHERE,
  redeemed: reason.ALREADY_REDEEMED,
  voided: reason.VOIDED,
  expired: reason.EXPIRED,
  // Its owner has put it up for sale.
  offered: reason.RESERVED_ELSEWHERE,
};

/** The item's status, or null where no such item was issued. */
export function readItemStatus(view: LedgerView, gcn: string, serial: number): ItemStatus | null {
  const chunk = view.get(seriesShard(gcn), chunkKey(Math.floor(serial / chunkItems)));
  const name = statusNames[nibbleAt(chunk, serial % chunkItems)];
  if (name === undefined) assert(false, `item ${gcn} ${serial} has no known status`);
  return name === 'none' ? null : name;
}

/** Writes one item's status. */
export function writeItemStatus(tx: LedgerOverlay, gcn: string, serial: number, status: ItemStatus): void {
  const shard = seriesShard(gcn);
  const key = chunkKey(Math.floor(serial / chunkItems));
  const index = serial % chunkItems;
  const byte = tx.get(shard, key)?.[index >>> 1];
  assert(byte !== undefined, 'an item that was issued');
  tx.putByte(shard, key, index >>> 1, withNibble(byte, index, codeOf.get(status) as number));
}

/** Moves every item of the range that has status `from` (null: not issued) to `to`; tells how many had it. */
export function moveItems(
  tx: LedgerOverlay,
  gcn: string,
  { first, last }: SerialRange,
  move: { readonly from: ItemStatus | null; readonly to: ItemStatus },
): number {
  const shard = seriesShard(gcn);
  const from = codeOf.get(move.from ?? 'none') as number;
  const to = codeOf.get(move.to) as number;
  let moved = 0;
  for (let serial = first; serial <= last; ) {
    const number = Math.floor(serial / chunkItems);
    const end = Math.min(last + 1, (number + 1) * chunkItems);
    const chunk = copyChunk(tx.get(shard, chunkKey(number)));
    let movedHere = 0;
    for (; serial < end; serial++) {
      if (nibbleAt(chunk, serial % chunkItems) !== from) continue;
      setNibble(chunk, serial % chunkItems, to);
      movedHere++;
    }
    if (movedHere > 0) tx.put(shard, chunkKey(number), chunk);
    moved += movedHere;
  }
  return moved;
}
