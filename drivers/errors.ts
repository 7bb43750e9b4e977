// Operating errors of the drivers. Bad input is never one of them: it is a returned value or a counted fault.

import { BizainError, type BizainErrorInit } from '#core/errors';

/** Error codes raised in `drivers/`; README.md of this folder says what each means. */
export const DRIVER_ERROR_CODES = [
  'SCANNER_DEVICE_MISSING',
  'PROFILE_NOT_FOUND',
  'PROFILE_INVALID',
  'SIMULATED_SCANNER_FAILED',
] as const;

/** One of the drivers' own error codes. */
export type DriverErrorCode = (typeof DRIVER_ERROR_CODES)[number];

/** An operating error of a driver. */
export class DriverError extends BizainError {
  override readonly name = 'DriverError';

  constructor(init: BizainErrorInit & { readonly code: DriverErrorCode }) {
    super(init);
  }
}
