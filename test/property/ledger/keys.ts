/** Keys by name, and which name has the secret of a public key: whoever an act makes the owner of a key can sign with it. */
import { toHex } from '#core/bytes';
import { publicOf, seedOf } from '../../unit/ledger/world.ts';

const publicKeys = new Map<string, Uint8Array>();
const names = new Map<string, string>();

/** The public key of a name. */
export function keyOf(name: string): Uint8Array {
  const known = publicKeys.get(name);
  if (known !== undefined) return known;
  const made = publicOf(name);
  publicKeys.set(name, made);
  names.set(toHex(made), name);
  return made;
}

/** The secret seed of a public key that `keyOf` has made; of nobody for any other. */
export function seedFor(publicKey: Uint8Array | null): Uint8Array {
  return seedOf(publicKey === null ? 'nobody' : (names.get(toHex(publicKey)) ?? 'nobody'));
}
