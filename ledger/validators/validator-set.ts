/** Who is to validate: `validators` in the region shard. An epoch's last block makes this the set of the epoch after the next (ARCHITECTURE D2). */
import { assert } from '#core/assert';
import { decode, type Infer, list, record, text, versioned } from '#core/format';
import { publicKeyFormat, regionShard, timeMsFormat } from '../ids.ts';
import type { StateChange } from '../state/ledger-state.ts';
import { storedObject } from '../state/stored-object.ts';
import type { LedgerOverlay, LedgerView } from '../state/view.ts';

/** Fewest validators of a region: one may fail. */
export const validatorsMin = 4;
/** Most validators of a region. */
export const validatorsMax = 16;

/** A validator's name: unique in the set, kept under a new key, and the name of its account. Nobody is called as the administrator is. */
export const validatorNameFormat = text({ min: 1, max: 32, pattern: /^(?!admin$)[a-z0-9][a-z0-9._-]*$/ });

/** `host:port` where its peers reach it; empty where only their configurations say so. */
export const addressFormat = text({ max: 255, pattern: /^([!-~]+:[0-9]{1,5})?$/ });

/** A validator that the region wishes to have. */
export const wishedValidatorFormat = record('wished-validator', {
  name: validatorNameFormat,
  /** Ed25519; signs votes and proves the beacon. */
  publicKey: publicKeyFormat,
  address: addressFormat,
  /** Block time at which it joined with this key; 0: from genesis. */
  sinceMs: timeMsFormat,
});
export type WishedValidator = Infer<typeof wishedValidatorFormat>;

/** `validators` in the region shard. */
export const wishedSetFormat = versioned(
  'wished-set',
  1,
  { bytesMax: 8 * 1024 },
  { validators: list(wishedValidatorFormat, { max: validatorsMax }) },
);
const setKey = 'validators';
const wishedSets = storedObject(wishedSetFormat);

/** The validators that the ledger wishes now, in the order of their indices. */
export function readWishedValidators(view: LedgerView): readonly WishedValidator[] {
  return wishedSets.read(view, regionShard, setKey)?.validators ?? [];
}

/** The validators that the ledger wishes once a change is committed on top of `before`. */
export function wishedAfter(change: Pick<StateChange, 'deltas'>, before: LedgerView): readonly WishedValidator[] {
  const { leaves } = change.deltas.find(({ shard }) => shard === regionShard) ?? { leaves: [] };
  const written = leaves.find(({ key }) => key === setKey);
  if (written === undefined) return readWishedValidators(before);
  const decoded = decode(wishedSetFormat, written.value);
  assert(decoded.ok, 'the wished set is of its format');
  return decoded.value.validators;
}

/** Replaces the wish. */
export function writeWishedValidators(tx: LedgerOverlay, validators: readonly WishedValidator[]): void {
  wishedSets.write(tx, regionShard, setKey, { validators });
}
