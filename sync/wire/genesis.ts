/** The region's first page: who votes, who administers, from when. Its hash is the chain id. */
import { encode, type Infer, list, record, text, uint, versioned } from '#core/format';
import { taggedHash } from '#core/hash';
import { publicKeyFormat, timeMsFormat } from '#ledger/ids';
import { validatorNameFormat, validatorsMax, validatorsMin } from '#ledger/validators/validator-set';

/** A member of the validator set. */
export const validatorInfoFormat = record('validator-info', {
  name: validatorNameFormat,
  /** Ed25519; signs votes and proves the beacon. */
  publicKey: publicKeyFormat,
});
export type ValidatorInfo = Infer<typeof validatorInfoFormat>;

/** The validators of an epoch, in the order of their indices. */
export const validatorSetFormat = list(validatorInfoFormat, { min: validatorsMin, max: validatorsMax });

/** Most keys that the operators may have. */
export const operatorsMax = 16;

/** Who speaks for the region where its validators cannot: keys kept offline, of which `threshold` together are believed. */
export const operatorsFormat = record('operators', {
  /** From 1 to the number of keys; another one is believed by nobody. */
  threshold: uint({ max: operatorsMax }),
  publicKeys: list(publicKeyFormat, { min: 1, max: operatorsMax }),
});
export type Operators = Infer<typeof operatorsFormat>;

/** The first page; its bytes never change. */
export const genesisFormat = versioned(
  'genesis',
  2,
  { bytesMax: 16_384 },
  {
    region: text({ min: 1, max: 32, pattern: /^[a-z0-9][a-z0-9-]*$/ }),
    timeMs: timeMsFormat,
    validators: validatorSetFormat,
    adminPublicKey: publicKeyFormat,
    /** Blocks an epoch, in turns of the whole set: an epoch has `epochTurns * validators.length` blocks. */
    epochTurns: uint({ max: 1_000_000 }),
    /** An idle region makes a block this often. */
    heartbeatMs: uint({ max: 600_000 }),
    /** 32 bytes drawn when the region was made; seeds the first two epochs' schedules. */
    seed: publicKeyFormat,
    operators: operatorsFormat,
  },
);
export type Genesis = Infer<typeof genesisFormat>;

/** The chain id: 32 bytes that every signature on this chain covers. */
export function chainIdOf(genesis: Genesis): Uint8Array {
  return taggedHash('bizain/genesis/1', encode(genesisFormat, genesis));
}

/** Hash of an ordered validator set, as committed in headers. */
export function validatorSetHash(validators: readonly ValidatorInfo[]): Uint8Array {
  const parts = validators.flatMap((v) => [
    Uint8Array.of(v.name.length),
    new TextEncoder().encode(v.name),
    v.publicKey,
  ]);
  return taggedHash('bizain/validator-set/1', ...parts);
}
