/** Voting keys: proved by who brings them, and one validator's for ever (SPEC W2). */
import { toHex } from '#core/bytes';
import { encodeCbor } from '#core/codec';
import { verifySignature } from '#core/ed25519';
import { versioned } from '#core/format';
import type { Authorship } from '../effect.ts';
import { regionShard } from '../ids.ts';
import { storedObject } from '../state/stored-object.ts';
import type { LedgerOverlay, LedgerView } from '../state/view.ts';
import { validatorNameFormat } from './validator-set.ts';

/** Signature domain of a proof of possession. */
export const possessionDomain = 'bizain/validator-key/1';

/** The bytes that the owner of a voting key signs with it, to be the validator of this name on this chain. */
export function possessionMessage(chainId: Uint8Array, name: string, publicKey: Uint8Array): Uint8Array {
  return encodeCbor([chainId, name, publicKey]);
}

/** `validator-key/<hex>` in the region shard: whose key it is, or was. */
export const votingKeyFormat = versioned('voting-key', 1, { bytesMax: 64 }, { name: validatorNameFormat });
const votingKeys = storedObject(votingKeyFormat);
const votingKeyKey = (publicKey: Uint8Array): string => `validator-key/${toHex(publicKey)}`;

/** A key that a validator is to vote with. */
export interface VotingKey {
  readonly name: string;
  readonly publicKey: Uint8Array;
}

/** Whether the key's owner has signed that it is to be the validator of this name (rule W2). */
export function provesPossession(by: Authorship, { name, publicKey }: VotingKey, signature: Uint8Array): boolean {
  const message = possessionMessage(by.chainId, name, publicKey);
  return verifySignature({ publicKey, domain: possessionDomain, message, signature });
}

/** Whose voting key it is, or was; null where it is nobody's. */
export function validatorOfKey(view: LedgerView, publicKey: Uint8Array): string | null {
  return votingKeys.read(view, regionShard, votingKeyKey(publicKey))?.name ?? null;
}

/** Makes the key this validator's for ever; false where it is, or was, another's (rule W2). */
export function keepVotingKey(tx: LedgerOverlay, { name, publicKey }: VotingKey): boolean {
  const key = votingKeyKey(publicKey);
  const owner = votingKeys.read(tx, regionShard, key);
  // One key under two names would vote twice in a set that changes step by step.
  if (owner !== null) return owner.name === name;
  votingKeys.write(tx, regionShard, key, { name });
  return true;
}
