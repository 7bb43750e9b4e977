/** A store that keeps a number of blocks: its file stays small, and what is gone is still proved. */
import { mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { verifyHistoryProof } from '#ledger/state/history-proof';
import { resultRoot } from '#ledger/state/roots';
import { provedReceiptsRoot } from '#sync/light-client/proved-receipts';
import { BlockStore } from '#sync/validator/block-store';
import { prunedAtOnce, Retention } from '#sync/validator/retention';
import { blockHash, bodyDigest } from '#sync/wire/block';
import { FedStore } from '../../fixtures/fed-store.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'bizain-pruning-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

test('bodies, receipts and index go with their blocks; headers stay; what is kept is whole after a restart', () => {
  const fed = new FedStore(folder, new Retention(10));
  const segments = Array.from({ length: 30 }, () => fed.segment(2));
  // The same segment in two blocks stays for as long as the later one.
  for (const [at, bytes] of segments.entries()) fed.feed(...(at === 25 ? [bytes, segments[3] as Uint8Array] : [bytes]));
  const { path } = fed.store;
  fed.store.close();
  const store = new BlockStore(path);
  expect(store.prunedUpTo()).toBe(20);
  const heights = Array.from({ length: 30 }, (_, at) => at + 1);
  expect(heights.filter((height) => store.committedBlock(height) !== undefined)).toEqual(heights.slice(20));
  expect(heights.filter((height) => store.result(height) !== undefined)).toEqual(heights.slice(20));
  expect(heights.filter((height) => store.lightBlock(height) === undefined)).toEqual([]);
  const bodies = segments.map((bytes) => store.body(bodyDigest(bytes)) !== undefined);
  expect(bodies).toEqual(heights.map((height) => height > 20 || height === 4));
  const spans = store.spans({ author: 'admin', epoch: 0, stream: 0 }, 0, 100);
  expect(Math.min(...spans.map(({ height }) => height))).toBe(21);
  for (const height of heights) store.scrub(height);
  expect(store.damagedHeights()).toEqual([]);
  store.close();
});

test('a receipt from before pruning is proved from the newest certificate by the history root', () => {
  const fed = new FedStore(folder, new Retention(10));
  const old = fed.feed(fed.segment(16));
  const held = fed.region.receiptsMessage(old, 'admin');
  while (fed.store.prunedUpTo() < 5) fed.feed(fed.segment(1));
  expect(fed.store.result(1)).toBeUndefined();
  const head = fed.region.head.lightBlock;
  const proof = fed.store.historyProof(1, head.header.height);
  const root = held === null ? undefined : provedReceiptsRoot(held.receipts, held.receiptCount);
  if (held === null || root === undefined || proof === null) throw new Error('nothing to prove');
  const block = { blockHash: blockHash(old.header), resultRoot: resultRoot(held.stateRoot, root) };
  expect(verifyHistoryProof(proof, block, head.header.historyRoot)).toBe(true);
  const other = { ...block, resultRoot: resultRoot(held.stateRoot, new Uint8Array(32)) };
  expect(verifyHistoryProof(proof, other, head.header.historyRoot)).toBe(false);
  fed.store.close();
});

test('a store that begins to prune late catches up a few blocks at a time', () => {
  let keep = new Retention(null);
  const fed = new FedStore(folder, { prunableUpTo: (height, oldest) => keep.prunableUpTo(height, oldest) });
  for (let height = 1; height <= 40; height++) fed.feed();
  keep = new Retention(10);
  fed.feed();
  expect(fed.store.prunedUpTo()).toBe(prunedAtOnce);
  for (let height = 42; height <= 52; height++) fed.feed();
  expect(fed.store.prunedUpTo()).toBe(42);
  fed.store.close();
});

/** Bytes of the file after so many blocks. */
function fileBytes(keepBlocks: number | null, blocks: number): number {
  const fed = new FedStore(join(folder, `${keepBlocks} ${blocks}`), new Retention(keepBlocks));
  for (let height = 1; height <= blocks; height++) fed.feed(fed.segment(48));
  fed.store.close();
  return statSync(fed.store.path).size;
}

test('the file of a store that prunes grows by headers, certificates and history alone', () => {
  const growth = (keepBlocks: number | null) => (fileBytes(keepBlocks, 150) - fileBytes(keepBlocks, 50)) / 100;
  const [all, pruned] = [growth(null), growth(20)];
  expect(all).toBeGreaterThan(6_000);
  expect(pruned).toBeLessThan(2_500);
});
