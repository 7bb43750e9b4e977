/** The pseudonym of a member (ARCHITECTURE D14): one for each issuer, so that nobody else can tell whose it is or join two of them. */
import { toHex, utf8 } from '#core/bytes';
import { taggedHash } from '#core/hash';

/**
 * The holder id of a member number: `@` and the first 16 bytes, in hex, of the tagged hash of salt and number. `secretSalt` is 32 random
 * bytes of the issuer that never go on the ledger: member numbers are few enough to be tried out by whoever knows it. Erasing a salt
 * of one member (or the issuer's, for all) unlinks for good what the ledger says of the pseudonym.
 */
export function holderIdOf(secretSalt: Uint8Array, memberNumber: string): string {
  return `@${toHex(taggedHash('bizain/holder/1', Uint8Array.of(secretSalt.length), secretSalt, utf8(memberNumber)).subarray(0, 16))}`;
}
