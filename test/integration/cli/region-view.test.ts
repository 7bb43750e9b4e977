import { join } from 'node:path';
import { afterEach, expect, test } from 'vitest';
import { startMosquitto } from '../../fixtures/broker.ts';
import { LiveRegion, until } from '../validator/live-region.ts';
import { bizain } from './run-bizain.ts';

let region: LiveRegion;
afterEach(() => region.close());

test('an operator sees from the exit code and the table how the region is, and who leads next', async () => {
  const broker = await startMosquitto();
  region = await LiveRegion.open({ broker, heartbeatMs: 300 });
  await region.start();
  await until(() => region.validators.every((v) => v.status().height >= 2 && v.status().peers.length === 3), 'blocks');
  const which = ['--region', join(region.folder, 'region')];

  const well = await bizain(['region', 'status', ...which, '--lang', 'en']);
  // A busy machine may be slow, and is told so.
  const worse = [...well.out.matchAll(/^ {2}(?:warning|ALARM) (\w+)/gm)].map((match) => match[1] ?? '');
  const slow = ['LOOP_SLOW', 'CERTIFICATES_SLOW', 'VIEW_CHANGING'];
  expect(worse.filter((code) => !slow.includes(code))).toEqual([]);
  expect([well.err, well.exit]).toEqual(['', worse.length === 0 ? 0 : 1]);
  expect(well.out).toMatch(/^Region test: 4 validators, 1 may fail, 3 make a quorum, 4 take part\.$/m);
  expect(well.out).toMatch(/^VALIDATOR +HEIGHT +LAG +VIEW/m);
  for (const name of ['v1', 'v2', 'v3', 'v4']) expect(well.out).toMatch(new RegExp(`^${name} +\\d+ `, 'm'));
  expect(well.out).toMatch(worse.length === 0 ? /^HEALTHY at height \d+\.$/m : /^NOT HEALTHY at height \d+:$/m);

  const { chain, due } = await (async () => {
    const { out, exit } = await bizain(['region', 'schedule', ...which, '--json', '--heights', '24']);
    expect(exit).toBe(0);
    const answer = JSON.parse(out) as { height: number; certain: boolean; due: { height: number; primary: string }[] };
    return { chain: answer, due: answer.due };
  })();
  expect(chain.certain).toBe(true);
  const foretold = new Map(due.map(({ height, primary }) => [height, primary]));
  await until(() => region.validator(0).status().height >= chain.height + 6, 'six more blocks');
  const made = region
    .validator(0)
    .status()
    .recentBlocks.filter(({ height, view }) => foretold.has(height) && view === 0);
  // Unless a slow machine makes a view fail, after which others are passed over.
  const failed = region.validator(0).status().viewChanges > 0;
  if (!failed) for (const { height, proposer } of made) expect(proposer).toBe(foretold.get(height));
  expect(made.length).toBeGreaterThan(0);

  await region.stop(2);
  const ill = await bizain(['region', 'status', ...which, '--lang', 'zh', '--timeout-ms', '1500']);
  expect(ill.exit).toBe(1);
  expect(ill.out).toMatch(/^v3 +无应答$/m);
  expect(ill.out).toMatch(/^ {2}警告 SILENT: v3 没有应答/m);
  const json = JSON.parse((await bizain(['region', 'status', ...which, '--json', '--timeout-ms', '1500'])).out) as {
    healthy: boolean;
    validators: { name: string; reason: string | null }[];
  };
  expect(json.healthy).toBe(false);
  expect(json.validators.map(({ name, reason }) => [name, reason])).toEqual([
    ['v1', null],
    ['v2', null],
    ['v3', 'NO_ANSWER'],
    ['v4', null],
  ]);
}, 60_000);

test('which region is meant must be said', async () => {
  region = await LiveRegion.open();
  const { exit, err } = await bizain(['region', 'status', '--json']);
  expect(exit).toBe(2);
  expect(JSON.parse(err)).toMatchObject({ error: 'USAGE' });
});

test('an object is shown with its proof, and what is not there by the word of f+1 validators', async () => {
  region = await LiveRegion.open({ https: true });
  await region.start();
  await until(() => region.validators.every((v) => v.status().height >= 1), 'a block');
  const which = ['--region', join(region.folder, 'region'), '--json'];
  const there = await bizain(['region', 'leaf', 'r', 'account/admin', ...which]);
  expect([there.err, there.exit]).toEqual(['', 0]);
  expect(JSON.parse(there.out)).toMatchObject({ kind: 'present', value: expect.stringMatching(/^[0-9a-f]+$/) });
  const missing = await bizain(['region', 'leaf', 'c/4012345000009', 'nothing', ...which]);
  expect(missing.exit).toBe(1);
  expect((JSON.parse(missing.out) as { by: string[] }).by).toHaveLength(2);
  const nobody = ['--genesis', join(region.folder, 'region/genesis.cbor'), '--broker', 'mqtt://127.0.0.1:1'];
  const silent = await bizain(['region', 'leaf', 'r', 'account/admin', ...nobody, '--timeout-ms', '300']);
  expect(silent.exit).toBe(3);
  expect(silent.err).toContain('mqtt://127.0.0.1:1');
});
