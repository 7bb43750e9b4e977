import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { DRIVER_ERROR_CODES } from '#drivers/errors';
import { SCANNER_FAULT_REASONS } from '#drivers/scanner';
import { PARSE_REASONS } from '#drivers/symbology/parse-reason';

const readme = readFileSync(new URL('../../../drivers/README.md', import.meta.url), 'utf8');

function documented(where: string): string[] {
  const rows = [...readme.matchAll(/^\| `([A-Z0-9_]+)` +\|[^|]*\| ([a-z ]+?) +\|$/gm)];
  return rows.filter((row) => row[2] === where).map((row) => row[1] ?? '');
}

test.each([
  ['refused code', PARSE_REASONS],
  ['scanner fault', SCANNER_FAULT_REASONS],
  ['error', DRIVER_ERROR_CODES],
])('the README documents exactly the codes of kind "%s"', (where, codes) => {
  expect(documented(where).sort()).toEqual([...codes].sort());
});
