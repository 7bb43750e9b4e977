/**
 * What a validator signs when it is asked for an object that is not there. Objects never leave a shard, so that "not there
 * after block h" holds for every height before too: f+1 members who say so of h or later have an honest one among them.
 */
import { utf8 } from '#core/bytes';
import { encodeCbor } from '#core/codec';
import { bytesOf, type Infer, record } from '#core/format';
import { hashFormat, heightFormat, publicKeyFormat } from '#ledger/ids';

/** Signature domain of an absence. */
export const absenceDomain = 'bizain/absence/1';

/** One validator's word. Which object it is about stands in the question. */
export const absenceFormat = record('absence', {
  /** The block after which the signer's state has no such object, and its hash. */
  height: heightFormat,
  blockHash: hashFormat,
  publicKey: publicKeyFormat,
  signature: bytesOf(64),
});
/** A decoded word of absence. */
export type Absence = Infer<typeof absenceFormat>;

/** An object by its place. */
export interface ObjectName {
  readonly shard: string;
  readonly key: string;
}

/** The signed bytes. */
export function absenceMessage(
  chainId: Uint8Array,
  { shard, key }: ObjectName,
  { height, blockHash }: Pick<Absence, 'height' | 'blockHash'>,
): Uint8Array {
  return encodeCbor([chainId, height, blockHash, utf8(shard), utf8(key)]);
}
