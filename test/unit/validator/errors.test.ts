import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { VALIDATOR_ERROR_CODES } from '#sync/validator/errors';

test('the documented error codes are those of the code', () => {
  const readme = readFileSync(join(import.meta.dirname, '../../../sync/validator/README.md'), 'utf8');
  const documented = [...readme.matchAll(/^\| `([A-Z_]+)` \|/gm)].map(([, code]) => code);
  expect(documented).toEqual([...VALIDATOR_ERROR_CODES]);
});
