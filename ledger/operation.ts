/** Every operation the ledger knows. Codec numbers are never reused; SPEC.md says what each operation does. */
import { type Infer, variant } from '#core/format';
import { accountOperations } from './accounts/operations.ts';
import { allianceOperations } from './alliances/operations.ts';
import { assetOperations } from './assets/operations.ts';
import { basketOperations } from './baskets/operations.ts';
import { contractOperations } from './contracts/operations.ts';
import { couponOperations } from './coupons/operations.ts';
import { journalOperations } from './journal/operations.ts';
import { marketOperations } from './market/operations.ts';
import { rightOperations } from './rights/operations.ts';
import { traceOperations } from './trace/operations.ts';
import { validatorOperations } from './validators/operations.ts';

/** Every operation by its codec number. */
export const operationFormat = variant('operation', {
  ...accountOperations,
  ...couponOperations,
  ...basketOperations,
  ...rightOperations,
  ...traceOperations,
  ...journalOperations,
  ...assetOperations,
  ...marketOperations,
  ...allianceOperations,
  ...validatorOperations,
  ...contractOperations,
});
/** A decoded operation. */
export type Operation = Infer<typeof operationFormat>;
/** The name of an operation. */
export type OperationKind = Operation['kind'];
