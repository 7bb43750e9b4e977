import { existsSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { afterEach, expect, test } from 'vitest';
import { eventually, ProcessRegion } from '../../fixtures/process-region.ts';
import { bizain } from '../cli/run-bizain.ts';

let region: ProcessRegion;
afterEach(() => region.close());

const eventsOf = (errors: string): string[] =>
  errors
    .split('\n')
    .filter((line) => line.startsWith('{'))
    .map((line) => (JSON.parse(line) as { event?: string }).event ?? '');

test('a validator says that it starts, what it waits for and that it stops, and ends with 0 without any peer', async () => {
  region = await ProcessRegion.open();
  // In the state folder: a service sees the folder of its key read-only.
  const mark = join(region.stateDir(0), 'validator.key.unused');
  expect(existsSync(mark)).toBe(true);
  await region.start(0);
  expect(existsSync(mark)).toBe(false);
  await eventually(() => eventsOf(region.errorsOf(0)).includes('broker-up'), 'the broker');
  const said = region.errorsOf(0);
  expect(eventsOf(said)[0]).toBe('started');
  expect(JSON.parse(said.split('\n')[0] ?? '')).toMatchObject({
    region: 'faults',
    validator: 'v1',
    height: 0,
    members: ['v1', 'v2', 'v3', 'v4'],
  });
  expect(eventsOf(said)).not.toContain('taking-part');
  const { exit, errors } = await region.stopHearing(0);
  expect(exit).toBe(0);
  expect(eventsOf(errors).slice(-2)).toEqual(['stopping', 'stopped']);
});

test('a second validator on the same state, or a configuration that makes no sense, does not start and says what to do', async () => {
  region = await ProcessRegion.open();
  await region.start(0);
  const config = region.configs[0] as string;
  const second = await bizain(['validator', '--config', config]);
  expect(second.exit).toBe(3);
  expect(second.err).toMatch(/stop the other one\. \[STORE_BUSY\]/);
  const bad = join(dirname(config), 'bad.json');
  writeFileSync(bad, '{"genesis": "genesis.cbor", "keyfile": "x"}');
  const broken = await bizain(['validator', '--config', bad]);
  expect(broken.exit).toBe(2);
  expect(broken.err).toMatch(/Correct these keys\. \[VALIDATOR_CONFIG_INVALID\]/);
});
