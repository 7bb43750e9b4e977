import { join } from 'node:path';
import { afterEach, expect, test } from 'vitest';
import { toHex } from '#core/bytes';
import { LedgerState } from '#ledger/state/ledger-state';
import { BlockStore } from '#sync/validator/block-store';
import { chainIdOf } from '#sync/wire/genesis';
import { verifyCertificate } from '#sync/wire/vote';
import { playFaults } from '../../fixtures/fault-story.ts';
import { ProcessRegion } from '../../fixtures/process-region.ts';
import { booksIn, SteadyPayments } from '../../fixtures/steady-payments.ts';

let region: ProcessRegion;
afterEach(() => region.close());

/** What a validator's disk says, every block of it. */
function readStore(index: number) {
  const store = new BlockStore(join(region.stateDir(index), 'validator.db'));
  try {
    const { height } = store.chain();
    const state = LedgerState.open(store.objects);
    const blocks = Array.from({ length: height }, (_, at) => {
      const block = store.lightBlock(at + 1);
      if (block === undefined) throw new Error(`validator ${index} has no block ${at + 1}`);
      const { certificate } = block;
      const { validators } = region.genesis;
      expect(verifyCertificate(chainIdOf(region.genesis), validators, certificate)).toEqual({ ok: true, value: true });
      return toHex(certificate.blockHash) + toHex(certificate.resultRoot);
    });
    return { height, blocks, stateRoot: toHex(state.stateRoot), books: booksIn(state) };
  } finally {
    store.close();
  }
}

test('four processes bear every single fault: one history, one state, every receipt, no unit made or lost', async () => {
  region = await ProcessRegion.open({ heartbeatMs: 1_000 });
  await Promise.all([0, 1, 2, 3].map((index) => region.start(index)));
  const payments = await SteadyPayments.begin(region);
  const { borne, ends, seenEvidence } = await playFaults(region, payments);
  await payments.finish();
  // Stopping is clean: SIGTERM ends with 0, also while blocks are made.
  expect(ends).toEqual(['SIGKILL', 0, 0]);
  expect(await Promise.all([0, 1, 2, 3].map((index) => region.stop(index)))).toEqual([0, 0, 0, 0]);

  expect(payments.author.faults).toEqual([]);
  expect(payments.author.settled.length).toBe(payments.count + 2);
  expect(seenEvidence).toBeGreaterThan(0);

  const stores = [0, 1, 2, 3].map(readStore);
  const highest = stores.reduce((best, store) => (store.height > best.height ? store : best));
  for (const { blocks } of stores) expect(blocks).toEqual(highest.blocks.slice(0, blocks.length));
  for (const { height, stateRoot } of stores) if (height === highest.height) expect(stateRoot).toBe(highest.stateRoot);
  const { books } = highest;
  expect(books.held).toBe(books.issued);
  expect(books.paid).toBe(BigInt(payments.count));

  // Reported, never judged: the machine has other work. `npm run bench -- faults` has the bar.
  for (const { fault, longestWaitMs } of borne)
    process.stdout.write(`${fault}: longest wait ${Math.round(longestWaitMs)} ms\n`);
}, 240_000);
