/** The bearer's consent: an item key, derived from the seed in the code, signs where the item is spent (ARCHITECTURE D4). */

import { utf8 } from '#core/bytes';
import { encodeCbor } from '#core/codec';
import { publicKeyOf } from '#core/ed25519';
import { taggedHash } from '#core/hash';

/** Signature domain of a consent. */
export const consentDomain = 'bizain/consent/1';
/** Bytes of a key commitment kept on the ledger for each item. */
export const keyCommitmentBytes = 16;

/** The item's Ed25519 seed (32 bytes) from the 16-byte seed printed in the code; it never leaves the lane. */
export function itemKeySeed(gcn: string, serial: number, codeSeed: Uint8Array): Uint8Array {
  return taggedHash('bizain/item-key/1', utf8(`${gcn}/${serial}`), codeSeed);
}

/** What the series commits to for an item: the first 16 bytes of the hash of its public key. */
export function keyCommitment(publicKey: Uint8Array): Uint8Array {
  return taggedHash('bizain/key-commitment/1', publicKey).slice(0, keyCommitmentBytes);
}

/** The commitment that belongs to a code, to be compared with the series' table. */
export function commitmentOfCode(gcn: string, serial: number, codeSeed: Uint8Array): Uint8Array {
  return keyCommitment(publicKeyOf(itemKeySeed(gcn, serial, codeSeed)));
}

/** The bytes that the item key signs: chain, item, terminal and basket, so that a listener can use them nowhere else. */
export function consentMessage(
  chainId: Uint8Array,
  item: { readonly gcn: string; readonly serial: number },
  spend: { readonly terminal: string; readonly basket: Uint8Array },
): Uint8Array {
  return encodeCbor([chainId, item.gcn, item.serial, spend.terminal, spend.basket]);
}

/** The bytes that the item key signs to bind its item to a holder: it is of use to nobody else. */
export function claimMessage(
  chainId: Uint8Array,
  item: { readonly gcn: string; readonly serial: number },
  holder: string,
): Uint8Array {
  return encodeCbor([chainId, 'claim', item.gcn, item.serial, holder]);
}
