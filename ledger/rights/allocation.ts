/** A hub's signed word that one owned unit goes to one lane, once (ARCHITECTURE D5). */
import { encodeCbor } from '#core/codec';
import { encode, type Infer, versioned } from '#core/format';
import { accountIdFormat, epochFormat, rightIdFormat, sequenceFormat, signatureFormat } from '../ids.ts';
import { spendFormat } from './spend.ts';

/** One allocation as signed. */
export const allocationFormat = versioned(
  'allocation',
  1,
  { bytesMax: 384 },
  {
    rightId: rightIdFormat,
    /** The hub terminal's account id. */
    hub: accountIdFormat,
    hubEpoch: epochFormat,
    /** The lane terminal's account id. */
    lane: accountIdFormat,
    /** Used once per hub epoch; a hub counts from 0. */
    number: sequenceFormat,
    unit: spendFormat,
    signature: signatureFormat,
  },
);
/** A decoded allocation. */
export type Allocation = Infer<typeof allocationFormat>;

/** Signature domain of an allocation. */
export const allocationDomain = 'bizain/allocation/1';

/** The bytes that the hub signs: every field but the signature, bound to the chain. */
export function allocationMessage(chainId: Uint8Array, unsigned: Omit<Allocation, 'signature'>): Uint8Array {
  const { rightId, hub, hubEpoch, lane, number, unit } = unsigned;
  return encodeCbor([chainId, rightId, hub, hubEpoch, lane, number, encode(spendFormat, unit)]);
}
