/** Operations of validators: codec numbers 140 to 149. */
import { type Cases, record } from '#core/format';
import { publicKeyFormat, signatureFormat } from '../ids.ts';
import { contradictionFormat } from './evidence.ts';
import { addressFormat, validatorNameFormat } from './validator-set.ts';

/** See SPEC.md, section Validators. */
export const validatorOperations = {
  'validator.join': {
    tag: 140,
    format: record('validator.join', {
      name: validatorNameFormat,
      publicKey: publicKeyFormat,
      address: addressFormat,
      /** By the key itself, over `possessionMessage`. */
      possession: signatureFormat,
    }),
  },
  'validator.leave': { tag: 141, format: record('validator.leave', { name: validatorNameFormat }) },
  /** The author's new voting key, or the same one under a new address. */
  'validator.rotate': {
    tag: 142,
    format: record('validator.rotate', {
      publicKey: publicKeyFormat,
      address: addressFormat,
      /** By the key itself, over `possessionMessage`. */
      possession: signatureFormat,
    }),
  },
  'validator.accuse': {
    tag: 143,
    format: record('validator.accuse', {
      validator: validatorNameFormat,
      /** The key that both statements are signed with. */
      publicKey: publicKeyFormat,
      shown: contradictionFormat,
    }),
  },
} as const satisfies Cases;
