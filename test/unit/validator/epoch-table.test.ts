import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { LightClient } from '#sync/light-client/light-client';
import { BlockStore } from '#sync/validator/block-store';
import { changingEpoch } from '#sync/validator/epoch-table';
import { EpochChain, memberOf } from '../../fixtures/epoch-chain.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'bizain-epochs-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const first = ['v0', 'v1', 'v2', 'v3'].map((name) => memberOf(name));

test('the first block of each epoch after which the validators change is kept, and only those', () => {
  const chain = new EpochChain();
  const kept: number[] = [];
  for (const wished of [first, [...first, memberOf('n0')], [...first, memberOf('n0')], first, first]) {
    const { epoch } = chain.chain;
    while (chain.chain.epoch === epoch) {
      if (changingEpoch(chain.chain, chain.lightBlock()) !== null) kept.push(chain.chain.height + 1);
      chain.advance(wished);
    }
  }
  // Wished in epoch 1, set in epoch 2, voting in epoch 3: four validators make epochs of four blocks, five of five.
  expect(kept).toEqual([9, 18]);
});

test('certificates are handed out in pages that a light client follows, after a restart too', () => {
  const chain = new EpochChain();
  const path = join(folder, 'validator.db');
  const store = new BlockStore(path);
  for (let epoch = 0; epoch < 12; epoch++) {
    const certificate = changingEpoch(chain.chain, chain.lightBlock());
    if (certificate !== null) {
      store.open();
      store.epochs.add(chain.chain.epoch, certificate);
      store.flush();
    }
    chain.nextEpoch(epoch % 2 === 0 ? [...first, memberOf(`n${epoch}`)] : first);
  }
  store.close();
  const again = new BlockStore(path);
  const light = new LightClient(chain.genesis);
  let pages = 0;
  for (let more = 1; more === 1; pages++) {
    const page = again.epochs.after(light.epoch, 4);
    expect(page.certificates.length).toBeLessThanOrEqual(4);
    expect(light.follow(page.certificates).ok).toBe(true);
    ({ more } = page);
  }
  again.close();
  const database = new Database(path);
  const third = 'epoch = (SELECT epoch FROM epochs ORDER BY epoch LIMIT 1 OFFSET 2)';
  expect(database.prepare(`UPDATE epochs SET certificate = zeroblob(300) WHERE ${third}`).run().changes).toBe(1);
  database.close();
  const rotten = new BlockStore(path);
  expect(rotten.epochs.after(null, 4)).toMatchObject({ certificates: { length: 2 }, more: 0 });
  rotten.close();
  expect(pages).toBe(3);
  expect(light.acceptHead(chain.lightBlock())).toEqual({ ok: true, value: 'newer' });
});
