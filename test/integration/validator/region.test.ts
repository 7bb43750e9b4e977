import { afterEach, expect, test } from 'vitest';
import { registerIssuer } from '../../fixtures/region.ts';
import { LiveRegion, until } from './live-region.ts';

let region: LiveRegion;
afterEach(() => region.close());

test('four validators order, execute and certify an account, and agree on the state', async () => {
  region = await LiveRegion.open();
  await region.start();
  const [receipt] = await region.submit(registerIssuer('issuer-a'));
  expect(receipt).toMatchObject({ author: 'admin', sequence: 0, outcome: 0 });
  await region.settled();
});

test('three of four go on, and the fourth catches up when it returns', async () => {
  region = await LiveRegion.open();
  await region.start();
  await region.submit(registerIssuer('issuer-a'));
  await region.stop(3);
  for (let n = 0; n < 5; n++) await region.submit(registerIssuer(`issuer-${n}`));
  const { height } = region.validator(0).status();
  await region.start(3);
  await until(() => region.validator(3).status().height >= height, 'validator 3 to catch up');
  await region.settled();
  const [receipt] = await region.submit(registerIssuer('issuer-z'));
  expect(receipt?.outcome).toBe(0);
});

test('all four restarted at once stand where they stood and go on', async () => {
  region = await LiveRegion.open();
  await region.start();
  await region.submit(registerIssuer('issuer-a'), registerIssuer('issuer-b'));
  await region.settled();
  const before = region.validator(0).status();
  await Promise.all([0, 1, 2, 3].map((index) => region.stop(index)));
  await region.start();
  for (const validator of region.validators) expect(validator.status().height).toBeGreaterThanOrEqual(before.height);
  const [receipt] = await region.submit(registerIssuer('issuer-c'));
  expect(receipt).toMatchObject({ sequence: 2, outcome: 0 });
  await region.settled();
});
