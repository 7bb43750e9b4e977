/** A terminal's word that it lost entries of its journal, and what of the store's own went with them (SPEC J10, ARCHITECTURE D3). */
import { encodeCbor } from '#core/codec';
import { type Infer, list, record } from '#core/format';
import { couponSerialFormat, gcnFormat, hashFormat, rightIdFormat, sequenceFormat } from '../ids.ts';
import type { StreamId } from './stream.ts';

/** Signature domain of a gap. */
export const gapDomain = 'bizain/gap/1';
/** Most entries of one gap: a lane writes no more in a week. */
export const gapEntriesMax = 100_000;

/** A unit of a lease that may have been promised in the lost entries. */
export const lostUnitFormat = record('lost-unit', {
  rightId: rightIdFormat,
  gcn: gcnFormat,
  serial: couponSerialFormat,
});
/** Units written off with one gap. */
export const lostUnitsFormat = list(lostUnitFormat, { max: 256 });

/** What is lost of one stream. */
export const gapFormat = record('gap', {
  fromSequence: sequenceFormat,
  throughSequence: sequenceFormat,
  /** Chain hash of the last lost entry: the next segment's `previousHash`. */
  headHash: hashFormat,
  lostUnits: lostUnitsFormat,
});
/** A decoded gap. */
export type Gap = Infer<typeof gapFormat>;

/** The bytes that the terminal signs. */
export function gapMessage(chainId: Uint8Array, { author, epoch, stream }: StreamId, gap: Gap): Uint8Array {
  const { fromSequence, throughSequence, headHash, lostUnits } = gap;
  const units = lostUnits.map(({ rightId, gcn, serial }) => [rightId, gcn, serial]);
  return encodeCbor([chainId, author, epoch, stream, fromSequence, throughSequence, headHash, units]);
}
