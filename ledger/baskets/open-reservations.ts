/** What a lane has reserved and not yet closed: `open/<lane>` in the store's shard, at most 256. */
import { bool, type Infer, list, optional, record, uint, variant, versioned } from '#core/format';
import { openHoldFormat } from '../assets/hold.ts';
import {
  amountFormat,
  basketIdFormat,
  couponSerialFormat,
  epochFormat,
  gcnFormat,
  holderIdFormat,
  rightIdFormat,
  sequenceFormat,
  storeShard,
} from '../ids.ts';
import { reasonSetFormat } from '../reasons.ts';
import { rememberLast } from '../remember-last.ts';
import type { HeldUnit } from '../rights/settle-unit.ts';
import { storedObject } from '../state/stored-object.ts';
import type { LedgerOverlay, LedgerView } from '../state/view.ts';

/** Most open reservations of one lane. */
export const openReservationsMax = 256;

/** A coupon that is reserved. */
export const openItemFormat = record('open-item', {
  /** The reserving entry, in the lane's value stream. */
  epoch: epochFormat,
  sequence: sequenceFormat,
  basket: basketIdFormat,
  rightId: optional(rightIdFormat),
  /** Whether it rests on a right that owns the item. */
  isOwned: bool(),
  /** What it takes off; where its purchase is not known yet, the most that it can. */
  value: amountFormat,
  /** Reasons of a conflicted reservation, which holds no item; none for one that holds its item. */
  conflict: reasonSetFormat,
  gcn: gcnFormat,
  serial: couponSerialFormat,
  termsVersion: uint({ max: 0xffff }),
  /** Whether the reservation named its purchase. */
  isPriced: bool(),
  /** Whose use was counted; null where the terms do not count by holder. */
  holder: optional(holderIdFormat),
});
/** A coupon that is reserved, as stored. */
export type OpenItem = Infer<typeof openItemFormat>;

/** One reservation that no capture or release has closed yet. */
export const openReservationFormat = variant('open-reservation', {
  item: { tag: 0, format: openItemFormat },
  hold: { tag: 1, format: openHoldFormat },
});
/** An open reservation as stored. */
export type OpenReservation = Infer<typeof openReservationFormat>;

/** `open/<lane>` in the store's shard, oldest first. */
export const openReservationsFormat = versioned(
  'open-reservations',
  2,
  { bytesMax: 56 * 1024 },
  {
    items: list(openReservationFormat, { max: openReservationsMax }),
  },
);

const openLists = storedObject(openReservationsFormat);
const openKey = rememberLast((lane: string) => `open/${lane}`);

/** A lane's open reservations, oldest first. */
export function readOpen(view: LedgerView, store: string, lane: string): readonly OpenReservation[] {
  return openLists.read(view, storeShard(store), openKey(lane))?.items ?? [];
}

/** Replaces a lane's open reservations. */
export function writeOpen(tx: LedgerOverlay, store: string, lane: string, items: readonly OpenReservation[]): void {
  openLists.write(tx, storeShard(store), openKey(lane), { items });
}

/** What a reservation's right has to do with it. */
export function heldUnit({ rightId, isOwned, conflict, value }: HeldUnit): HeldUnit {
  return { rightId, isOwned, conflict, value };
}
