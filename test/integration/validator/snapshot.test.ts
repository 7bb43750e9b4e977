/** A validator whose blocks nobody has any more begins with the state of a checkpoint, and is needed again. */
import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { writeKeyFile } from '#core/atomic-file';
import { systemEntropy } from '#core/entropy';
import { BlockStore } from '#sync/validator/block-store';
import { readValidatorConfig } from '#sync/validator/validator-config';
import { registerIssuer } from '../../fixtures/region.ts';
import { LiveRegion, until } from './live-region.ts';

let region: LiveRegion;
beforeEach(async () => {
  region = await LiveRegion.open({ heartbeatMs: 100, checkpointMs: 1_000 });
  for (let index = 0; index < 4; index++) region.overrides[index] = { keepBlocks: 10 };
});
afterEach(() => region.close());

const heightOf = (index: number): number => region.validator(index).status().height;
const stateDirOf = (index: number): string => readValidatorConfig(region.configs[index] as string).stateDir;

/** Looks into the store of a validator that does not run. */
function inStore<T>(index: number, look: (store: BlockStore) => T): T {
  const store = new BlockStore(join(stateDirOf(index), 'validator.db'));
  try {
    return look(store);
  } finally {
    store.close();
  }
}

/** Lets the region prune the first blocks while a validator is away. */
async function moveOnWithout(index: number): Promise<void> {
  await region.stop(index);
  const from = heightOf(0);
  await region.submit(registerIssuer(`after-${from}`));
  await until(() => heightOf(0) > from + 60, 'pruned blocks');
}

test('a validator that lost its disk comes back by a snapshot, and the region goes on when another one stops', async () => {
  await region.start();
  const [early] = await region.submit(registerIssuer('early'));
  await moveOnWithout(3);
  rmSync(stateDirOf(3), { recursive: true });
  await region.start(3);
  await until(() => heightOf(3) >= heightOf(0) - 1, 'the newcomer');
  const caughtUp = heightOf(3);
  // It does not know what it said before: silent for the heights at which it may have spoken (R24).
  await until(() => heightOf(3) > caughtUp + 10, 'the end of its silence');
  await region.stop(1);
  const [receipt] = await region.submit(registerIssuer('late'));
  expect(receipt?.outcome).toBe(0);
  await region.settled();
  await region.stop(3);
  const [has, after] = inStore(3, (store) => [
    [store.lightBlock(early?.height ?? 0), store.result(early?.height ?? 0)],
    store.result(receipt?.height ?? 0)?.receipts.length,
  ]);
  expect(has).toEqual([undefined, undefined]);
  expect(after).toBeGreaterThan(0);
}, 120_000);

test('a snapshot is taken from validators of another epoch, whom certificates prove; and those are given on', async () => {
  const path = region.configs[1] as string;
  writeKeyFile(join(dirname(path), 'next.key'), systemEntropy.bytes(32));
  writeFileSync(
    path,
    JSON.stringify({ ...(JSON.parse(readFileSync(path, 'utf8')) as object), nextKeyFile: 'next.key' }),
  );
  await region.start();
  expect(await region.validator(1).failed).toMatchObject({ code: 'KEY_CHANGED' });
  await region.stop(1);
  await region.start(1);
  const asked = await region.line.ask({ kind: 'epochs', afterEpoch: null }, 10_000);
  if (!asked.ok || asked.value.kind !== 'epochs') throw new Error('no epochs');
  expect(region.light.follow(asked.value.certificates)).toEqual({ ok: true, value: 1 });
  await moveOnWithout(3);
  rmSync(stateDirOf(3), { recursive: true });
  await region.start(3);
  await until(() => heightOf(3) >= heightOf(0) - 1, 'the newcomer');
  await region.settled();
  await region.stop(3);
  const [pruned, certificates] = inStore(3, (store) => [store.prunedUpTo(), store.epochs.after(null, 10).certificates]);
  expect(pruned).toBeGreaterThan(0);
  expect(certificates).toHaveLength(1);
}, 180_000);

test('a validator that was away for too long keeps what it said and its place, and is not silenced', async () => {
  await region.start();
  await region.submit(registerIssuer('early'));
  await moveOnWithout(2);
  const before = inStore(2, (store) => ({ height: store.chain().height, silent: store.silentUpTo() }));
  expect(before.silent).toBe(0);
  await region.start(2);
  await until(() => heightOf(2) >= heightOf(0) - 1, 'the validator');
  await region.settled();
  await region.stop(2);
  const after = inStore(2, (store) => ({ pruned: store.prunedUpTo(), silent: store.silentUpTo() }));
  expect(after.pruned).toBeGreaterThan(before.height);
  expect(after.silent).toBe(0);
  expect(existsSync(join(stateDirOf(2), 'incoming.db'))).toBe(false);
}, 120_000);
