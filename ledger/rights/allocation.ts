/** A hub's signed word that one owned unit goes to one lane, once (ARCHITECTURE D5). */
import { encodeCbor } from '#core/codec';
import { type Infer, versioned } from '#core/format';
import {
  accountIdFormat,
  couponSerialFormat,
  epochFormat,
  gcnFormat,
  rightIdFormat,
  sequenceFormat,
  signatureFormat,
} from '../ids.ts';

/** One allocation as signed. */
export const allocationFormat = versioned(
  'allocation',
  1,
  { bytesMax: 320 },
  {
    rightId: rightIdFormat,
    /** The hub terminal's account id. */
    hub: accountIdFormat,
    hubEpoch: epochFormat,
    /** The lane terminal's account id. */
    lane: accountIdFormat,
    /** Dense per hub epoch, from 0. */
    number: sequenceFormat,
    gcn: gcnFormat,
    serial: couponSerialFormat,
    signature: signatureFormat,
  },
);
/** A decoded allocation. */
export type Allocation = Infer<typeof allocationFormat>;

/** Signature domain of an allocation. */
export const allocationDomain = 'bizain/allocation/1';

/** The bytes that the hub signs: every field but the signature, bound to the chain. */
export function allocationMessage(chainId: Uint8Array, unsigned: Omit<Allocation, 'signature'>): Uint8Array {
  const { rightId, hub, hubEpoch, lane, number, gcn, serial } = unsigned;
  return encodeCbor([chainId, rightId, hub, hubEpoch, lane, number, gcn, serial]);
}
