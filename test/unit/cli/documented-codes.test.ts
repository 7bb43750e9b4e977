import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { API_ERROR_CODES } from '#agent/api/errors';
import { packageRoot } from '#agent/api/screen-files';
import { CLI_ERROR_CODES } from '#agent/cli/errors';
import { exitCode } from '#agent/cli/exit-code';
import { DEMO_ERROR_CODES } from '#agent/demo/errors';
import { OFFICE_ERROR_CODES } from '#agent/office/errors';

const readme = readFileSync(join(packageRoot(), 'agent/README.md'), 'utf8');
const firstCells = (heading: string): string[] => {
  const section = readme.slice(readme.indexOf(heading)).split('\n## ')[0] ?? '';
  return [...section.matchAll(/^\| *`?([A-Z_0-9]+)`? *\|/gm)].map((match) => match[1] ?? '');
};

describe('agent/README.md', () => {
  it('lists exactly the error codes that the faces raise', () => {
    const raised = [...API_ERROR_CODES, ...OFFICE_ERROR_CODES, ...CLI_ERROR_CODES, ...DEMO_ERROR_CODES];
    expect(firstCells('## Error codes of the faces').sort()).toEqual([...raised].sort());
  });

  it('lists exactly the exit codes', () => {
    expect(firstCells('## The command line')).toEqual(Object.values(exitCode).map(String));
  });
});
