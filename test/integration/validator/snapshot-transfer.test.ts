/** A state that is fetched from several peers: what it becomes, and what peers that lie, vanish or forget can do to it. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { encode } from '#core/format';
import { verifyHistoryProof } from '#ledger/state/history-proof';
import { chainStateFormat } from '#sync/pbft/chain';
import { Checkpoints } from '#sync/validator/checkpoints';
import { blockHash } from '#sync/wire/block';
import {
  peerNames,
  type SnapshotAnswer,
  type SnapshotChange,
  SnapshotReceiver,
  SnapshotSource,
} from '../../fixtures/snapshot-peers.ts';

let folder: string;
let source: SnapshotSource;
let receiver: SnapshotReceiver;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'bizain-snapshot-'));
  source = new SnapshotSource();
  receiver = new SnapshotReceiver(source, folder);
});
afterEach(() => {
  receiver.store.close();
  rmSync(folder, { recursive: true, force: true });
});

function expectWhole(): void {
  expect(receiver.ready).toBe(source.region.head.header.height);
  const { state, store, setAside } = receiver.restart();
  expect(setAside).toBeNull();
  expect(state.stateRoot).toEqual(source.region.state.stateRoot);
  expect(store.chain()).toEqual(source.chain);
  expect(store.history().root).toEqual(source.history.root);
}

/** Gives another value for the first leaf of a chunk. */
const wrongChunk: SnapshotChange = (answer) => {
  const first = answer.kind === 'chunks' ? answer.chunks[0]?.[0] : undefined;
  if (answer.kind !== 'chunks' || first === undefined) return answer;
  const chunks = answer.chunks.map((chunk) =>
    chunk.map((leaf) => (leaf === first ? { ...leaf, value: new Uint8Array(3) } : leaf)),
  );
  return { ...answer, chunks };
};

test('a state fetched from several peers is the certified one, and the next start goes on from it', () => {
  receiver.run(20);
  expect(receiver.lies).toEqual([]);
  expectWhole();
  const { height } = source.chain;
  expect([receiver.store.prunedUpTo(), receiver.store.lightBlock(height)]).toEqual([
    height,
    source.region.head.lightBlock,
  ]);
  expect(receiver.store.deltasAfter('s/1' as never, height - 1)).toBeUndefined();
});

test('blocks after the state are proved in the history without those before it', () => {
  receiver.run(20);
  const { store } = receiver.restart();
  const history = store.history();
  expect(history.root).toEqual(source.history.root);
  const at = source.chain.height;
  const { header, certificate } = source.region.head.lightBlock;
  const proof = store.historyProof(at, at + 1);
  const proved = { blockHash: blockHash(header), resultRoot: certificate.resultRoot };
  expect(proof !== null && verifyHistoryProof(proof, proved, source.history.root)).toBe(true);
});

test('the silence of the old store goes on in the new one', () => {
  const before = receiver.store.silentUpTo();
  receiver.run(20);
  expect(before).toBeGreaterThan(0);
  expect(receiver.restart().store.silentUpTo()).toBe(before);
});

test('a peer that gives a wrong chunk is named, is not asked any more, and costs nothing but its answer', () => {
  receiver.changes.set('b', wrongChunk);
  receiver.run(20);
  expect(new Set(receiver.lies)).toEqual(new Set(['b']));
  expectWhole();
});

test('where two of three peers lie the third gives all of it', () => {
  receiver.changes.set('b', wrongChunk);
  receiver.changes.set('c', wrongChunk);
  receiver.run(20);
  expectWhole();
});

test('more chunks than were asked for, or fewer leaves, are lies', () => {
  const change: SnapshotChange = (answer) =>
    answer.kind === 'chunks' ? { ...answer, chunks: answer.chunks.map((chunk) => chunk.slice(1)) } : answer;
  const more: SnapshotChange = (answer) =>
    answer.kind === 'chunks' ? { ...answer, chunks: [...answer.chunks, ...answer.chunks] } : answer;
  receiver.changes.set('b', change);
  receiver.changes.set('c', more);
  receiver.run(20);
  expect(new Set(receiver.lies)).toEqual(new Set(['b', 'c']));
  expectWhole();
});

test('what a peer that vanishes was asked for is asked of the others', () => {
  receiver.changes.set('c', (answer) => (answer.kind === 'chunks' ? null : answer));
  receiver.run(100);
  expect(receiver.lies).toEqual([]);
  expectWhole();
});

test('a peer that drops the checkpoint meanwhile is passed over', () => {
  let dropped = false;
  receiver.run(20, () => {
    if (!dropped) source.peers.set('c', new Checkpoints(source.region.state));
    dropped = true;
  });
  expect(dropped).toBe(true);
  expectWhole();
});

test('when all peers have dropped it, it begins again with a newer one', () => {
  let moves = 0;
  receiver.run(40, () => {
    if (!receiver.fetch.running || moves++ > 0) return;
    for (const name of peerNames) source.peers.set(name, new Checkpoints(source.region.state));
    source.put('s/3', 100, 'new');
    source.checkpoint();
  });
  expect(moves).toBeGreaterThan(0);
  expectWhole();
});

test('a checkpoint is kept for as long as it is asked for, and given as it was', () => {
  receiver.changes.set('b', () => null);
  receiver.changes.set('c', () => null);
  const wanted = source.region.state.stateRoot;
  const chain = source.chain;
  let moves = 0;
  receiver.run(200, () => {
    if (!receiver.fetch.running || ++moves > 4) return;
    source.put('s/1', 2_000, `changed ${moves}`);
    source.checkpoint();
  });
  const { state, store } = receiver.restart();
  expect(moves).toBeGreaterThan(0);
  expect([state.stateRoot, store.chain()]).toEqual([wanted, chain]);
});

test('a validator that blocks have carried on meanwhile keeps its store', () => {
  receiver.run(20, () => {
    if (receiver.fetch.running) receiver.fetch.stop();
  });
  expect(receiver.ready).toBeNull();
  expect(receiver.restart().store.chain().height).toBe(0);
});

describe('a head that does not hold is a lie', () => {
  type Head = NonNullable<Extract<SnapshotAnswer, { kind: 'snapshot-head' }>['head']>;
  const other = new Uint8Array(32).fill(9);
  const lies: Record<string, (head: Head) => Head> = {
    'signatures of others': (head) => ({
      ...head,
      lightBlock: { ...head.lightBlock, certificate: source.region.certify(head.lightBlock.header, other) },
    }),
    'another chain state': (head) => ({ ...head, chainState: encode(chainStateFormat, source.chain) }),
    'another history': (head) => ({ ...head, peaks: head.peaks.map(() => other) }),
    'a history without a peak': (head) => ({ ...head, peaks: head.peaks.slice(1) }),
    'no shards': (head) => ({ ...head, shardCount: 0 }),
    'one shard too few': (head) => ({ ...head, shardCount: head.shardCount - 1 }),
    'other receipts': (head) => ({ ...head, receiptsRoot: other }),
  };
  test.each(Object.entries(lies))('%s', (_what, lie) => {
    for (const name of peerNames) {
      receiver.changes.set(name, (answer) =>
        answer.kind === 'snapshot-head' && answer.head !== null ? { ...answer, head: lie(answer.head) } : answer,
      );
    }
    receiver.run(20);
    expect(receiver.ready).toBeNull();
    expect(receiver.lies.length).toBeGreaterThan(0);
  });

  type Shard = Extract<SnapshotAnswer, { kind: 'shards' }>['shards'][number];
  const wrong: Record<string, (shard: Shard) => Shard> = {
    'another root': (shard) => ({ ...shard, root: other }),
    'another name': (shard) => ({ ...shard, shard: `${shard.shard}x` as Shard['shard'] }),
    'another leaf count': (shard) => ({ ...shard, leafCount: shard.leafCount + 1 }),
    'a chunk size that is no power of two': (shard) => ({ ...shard, span: 1_000 }),
    'other nodes': (shard) => ({ ...shard, nodes: shard.nodes.map((byte) => byte ^ 1) }),
    'no nodes': (shard) => ({ ...shard, nodes: new Uint8Array(0) }),
  };
  test.each(Object.entries(wrong))('a shard with %s', (_what, lie) => {
    for (const name of peerNames) {
      receiver.changes.set(name, (answer) => {
        if (answer.kind !== 'shards') return answer;
        return { ...answer, shards: answer.shards.map((shard, at) => (at === 1 ? lie(shard) : shard)) };
      });
    }
    receiver.run(20);
    expect(receiver.ready).toBeNull();
    expect(receiver.lies.length).toBeGreaterThan(0);
  });
});
