/** What a lane has reserved and not yet closed: `open/<lane>` in the store's shard, at most 256. */
import { type Infer, list, optional, record, uint, versioned } from '#core/format';
import {
  basketIdFormat,
  couponSerialFormat,
  epochFormat,
  gcnFormat,
  rightIdFormat,
  sequenceFormat,
  storeShard,
} from '../ids.ts';
import { storedObject } from '../state/stored-object.ts';
import type { LedgerOverlay, LedgerView } from '../state/view.ts';
import { amountFormat } from './terms.ts';

/** Most open reservations of one lane. */
export const openReservationsMax = 256;

/** What a reservation turned out to rest on. */
export const restsOn = { online: 0, owned: 1, budget: 2 } as const;

/** One reservation that no capture or release has closed yet. */
export const openReservationFormat = record('open-reservation', {
  /** The reserving entry, in the lane's value stream. */
  epoch: epochFormat,
  sequence: sequenceFormat,
  basket: basketIdFormat,
  gcn: gcnFormat,
  serial: couponSerialFormat,
  /** A number of `restsOn`. */
  basis: uint({ max: 2 }),
  rightId: optional(rightIdFormat),
  termsVersion: uint({ max: 0xffff }),
  value: amountFormat,
  /** Reason bits of a conflicted reservation, which holds no item; 0 for one that holds its item. */
  conflict: uint({}),
});
/** An open reservation as stored. */
export type OpenReservation = Infer<typeof openReservationFormat>;

/** `open/<lane>` in the store's shard, oldest first. */
export const openReservationsFormat = versioned(
  'open-reservations',
  1,
  { bytesMax: 48 * 1024 },
  {
    items: list(openReservationFormat, { max: openReservationsMax }),
  },
);

const openLists = storedObject(openReservationsFormat);
const openKey = (lane: string): string => `open/${lane}`;

/** A lane's open reservations, oldest first. */
export function readOpen(view: LedgerView, store: string, lane: string): readonly OpenReservation[] {
  return openLists.read(view, storeShard(store), openKey(lane))?.items ?? [];
}

/** Replaces a lane's open reservations. */
export function writeOpen(tx: LedgerOverlay, store: string, lane: string, items: readonly OpenReservation[]): void {
  openLists.write(tx, storeShard(store), openKey(lane), { items });
}
