/** Who belongs to the mesh: the validators of this epoch and the next, and those that the ledger wishes to have. */
import { toHex } from '#core/bytes';
import type { WishedValidator } from '#ledger/validators/validator-set';
import type { ChainState } from '../pbft/chain.ts';
import type { PeerId } from '../pbft/voting-set.ts';
import type { MeshMember, PeerAddress } from './peer-pair.ts';

const addressShape = /^(?:\[([0-9a-f:.]+)\]|([^\s:[\]]+)):([0-9]{1,5})$/i;

/** The address that a text `host:port` names, IPv6 in brackets; null for any other text. */
export function peerAddressOf(text: string): PeerAddress | null {
  const [, ipv6, other, digits] = addressShape.exec(text) ?? [];
  const host = ipv6 ?? other;
  const port = Number(digits);
  return host === undefined || port < 1 || port > 65_535 ? null : { host, port };
}

/**
 * The members by key, each once. One that was wished only lately is let in before its first epoch, to bring itself up to
 * the others; one that has left stays until its last epoch is over. Addresses come from the ledger, else from the
 * configuration, by name.
 */
export function meshMembers(
  { validators, validatorsNext }: Pick<ChainState, 'validators' | 'validatorsNext'>,
  wished: readonly Pick<WishedValidator, 'name' | 'publicKey' | 'address'>[],
  configured: ReadonlyMap<string, PeerAddress>,
): MeshMember[] {
  const addresses = new Map(wished.map(({ name, address }) => [name, peerAddressOf(address)]));
  const members = new Map<PeerId, MeshMember>();
  for (const { name, publicKey } of [...validators, ...validatorsNext, ...wished]) {
    const address = addresses.get(name) ?? configured.get(name) ?? null;
    members.set(toHex(publicKey), { publicKey, name, address });
  }
  return [...members.values()];
}
