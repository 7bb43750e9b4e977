/** A state that is fetched from several peers: what it becomes, and what peers that lie, vanish or forget can do to it. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { VirtualClock } from '#core/clock';
import { publicKeyOf } from '#core/ed25519';
import { encode } from '#core/format';
import { createLog } from '#core/log';
import { History } from '#ledger/state/history';
import { verifyHistoryProof } from '#ledger/state/history-proof';
import { readWishedValidators } from '#ledger/validators/validator-set';
import { advanceChain, type ChainState, chainStateFormat, chainStateHash, genesisChain } from '#sync/pbft/chain';
import type { BlockStore } from '#sync/validator/block-store';
import { Checkpoints } from '#sync/validator/checkpoints';
import type { Identity } from '#sync/validator/identity';
import { recoverStore } from '#sync/validator/recovery';
import { SnapshotDesk } from '#sync/validator/snapshot-desk';
import { SnapshotFetch } from '#sync/validator/snapshot-fetch';
import { SnapshotNeed } from '#sync/validator/snapshot-need';
import { blockHash } from '#sync/wire/block';
import type { PeerMessage } from '#sync/wire/peer-message';
import { TestRegion } from '../../fixtures/region.ts';

const beaconOutput = new Uint8Array(64);
const names = ['a', 'b', 'c'];
type Answer = Parameters<SnapshotFetch['take']>[1];
type Change = (answer: Answer) => Answer | null;

let folder: string;
let source: Source;
let receiver: Receiver;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'bizain-snapshot-'));
  source = new Source();
  receiver = new Receiver();
});
afterEach(() => {
  receiver.store.close();
  rmSync(folder, { recursive: true, force: true });
});

/** A region with a state of some size, and peers that keep its checkpoints. */
class Source {
  readonly region = new TestRegion();
  readonly peers = new Map(names.map((name) => [name, new Checkpoints(this.region.state)]));
  readonly history = new History();
  chain: ChainState;

  constructor() {
    const { genesis } = this.region;
    this.chain = genesisChain({ ...genesis, resultRoot: new Uint8Array(32), historyRoot: this.history.root });
    for (let height = 1; height <= 5; height++) this.block();
    this.put('s/1', 16_000);
    this.put('s/2', 9);
    this.checkpoint();
  }

  /** Objects that the next block certifies, whoever wrote them. */
  put(shard: string, count: number, text = ''): void {
    const { state } = this.region;
    const overlay = state.overlay();
    for (let at = 0; at < count; at++) overlay.put(shard, `key ${at}`, new Uint8Array(40 + (at % 60)).fill(at));
    if (text !== '') overlay.put(shard, text, new Uint8Array(1));
    const change = state.evaluate(overlay, 0);
    for (const checkpoints of this.peers.values()) checkpoints.keep(change.changes);
    state.commit(change);
  }

  block(): { readonly before: ChainState; readonly peaks: readonly Uint8Array[] } {
    const { region, chain: before } = this;
    const peaks = this.history.peaks();
    region.chainStateHash = chainStateHash(before);
    const { header, lightBlock } = region.commit();
    const { resultRoot, blockHash: hash } = lightBlock.certificate;
    this.history.append(hash, resultRoot);
    const wished = readWishedValidators(region.state);
    const step = { header, blockHash: hash, resultRoot, historyRoot: this.history.root, beaconOutput, wished };
    this.chain = advanceChain(region.genesis, before, step);
    return { before, peaks };
  }

  checkpoint(): void {
    const { before, peaks } = this.block();
    const { lightBlock, executed } = this.region.head;
    const origin = { chainState: encode(chainStateFormat, before), peaks };
    for (const checkpoints of this.peers.values()) checkpoints.take(lightBlock, executed.receiptsRoot, origin);
  }
}

/** A validator that begins from nothing. */
class Receiver {
  readonly clock = new VirtualClock();
  readonly identity: Identity;
  readonly need = new SnapshotNeed(3);
  readonly fetch: SnapshotFetch;
  readonly lies: string[] = [];
  readonly changes = new Map<string, Change>();
  readonly asked = new Map<string, number>();
  store: BlockStore;
  ready: number | null = null;
  #queue: { from: string; answer: Answer }[] = [];

  constructor() {
    const { genesis, chainId, validatorSeeds } = source.region;
    const secretSeed = validatorSeeds[3] as Uint8Array;
    this.identity = {
      ...{ genesis, chainId, secretSeed, name: 'v3', nextSeed: null, peers: new Map(), unusedKeyMark: '' },
      publicKey: publicKeyOf(secretSeed),
    };
    this.store = recoverStore(folder, this.identity).store;
    this.fetch = new SnapshotFetch({
      ...{ genesis, chainId, store: this.store, need: this.need, clock: this.clock },
      log: createLog({ level: 'silent', name: 'test' }),
      height: () => this.store.chain().height,
      peers: () => names,
      send: (to, message) => this.#send(to, message),
      beaconOf: () => beaconOutput,
      onLie: (peer) => this.lies.push(peer),
      onComplete: () => undefined,
      onReady: (height) => {
        this.ready = height;
      },
      onFatal: (error) => {
        throw error;
      },
    });
  }

  #send(to: string, message: PeerMessage): boolean {
    const checkpoints = source.peers.get(to) as Checkpoints;
    const desk = new SnapshotDesk({
      checkpoints: () => checkpoints,
      epochs: () => ({ after: () => ({ certificates: [], more: 0 }) }),
      giving: { take: () => true, charge: () => undefined },
      unitBytes: 1_024,
      send: (_to, answer) => {
        const changed = (this.changes.get(to) ?? ((same: Answer) => same))(answer as Answer);
        if (changed !== null) this.#queue.push({ from: to, answer: changed });
        return true;
      },
    });
    this.asked.set(to, (this.asked.get(to) ?? 0) + 1);
    if (message.kind === 'want-snapshot') desk.giveHead(to, message.afterEpoch);
    if (message.kind === 'want-shards') desk.giveShards(to, message.height, message.from);
    if (message.kind === 'want-chunks') desk.giveChunks(to, message.height, message.chunks);
    return true;
  }

  /** Lets time pass, and what is on its way arrive. `while`: called after each answer. */
  run(ticks: number, between: () => void = () => undefined): void {
    for (const name of names) this.need.heard(name, source.chain.height);
    for (let tick = 0; tick < ticks && this.ready === null; tick++) {
      this.clock.advance(500);
      this.fetch.tick();
      for (let next = this.#queue.shift(); next !== undefined; next = this.#queue.shift()) {
        this.fetch.take(next.from, next.answer);
        between();
      }
    }
  }

  /** The store that a next start finds. */
  restart() {
    this.fetch.stop();
    this.store.close();
    const recovered = recoverStore(folder, this.identity);
    this.store = recovered.store;
    return recovered;
  }
}

function expectWhole(): void {
  expect(receiver.ready).toBe(source.region.head.header.height);
  const { state, store, setAside } = receiver.restart();
  expect(setAside).toBeNull();
  expect(state.stateRoot).toEqual(source.region.state.stateRoot);
  expect(store.chain()).toEqual(source.chain);
  expect(store.history().root).toEqual(source.history.root);
}

/** Gives another value for the first leaf of a chunk. */
const wrongChunk: Change = (answer) => {
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
  const change: Change = (answer) =>
    answer.kind === 'chunks' ? { ...answer, chunks: answer.chunks.map((chunk) => chunk.slice(1)) } : answer;
  const more: Change = (answer) =>
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
    for (const name of names) source.peers.set(name, new Checkpoints(source.region.state));
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
  type Head = NonNullable<Extract<Answer, { kind: 'snapshot-head' }>['head']>;
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
    for (const name of names) {
      receiver.changes.set(name, (answer) =>
        answer.kind === 'snapshot-head' && answer.head !== null ? { ...answer, head: lie(answer.head) } : answer,
      );
    }
    receiver.run(20);
    expect(receiver.ready).toBeNull();
    expect(receiver.lies.length).toBeGreaterThan(0);
  });

  type Shard = Extract<Answer, { kind: 'shards' }>['shards'][number];
  const wrong: Record<string, (shard: Shard) => Shard> = {
    'another root': (shard) => ({ ...shard, root: other }),
    'another name': (shard) => ({ ...shard, shard: `${shard.shard}x` as Shard['shard'] }),
    'another leaf count': (shard) => ({ ...shard, leafCount: shard.leafCount + 1 }),
    'a chunk size that is no power of two': (shard) => ({ ...shard, span: 1_000 }),
    'other nodes': (shard) => ({ ...shard, nodes: shard.nodes.map((byte) => byte ^ 1) }),
    'no nodes': (shard) => ({ ...shard, nodes: new Uint8Array(0) }),
  };
  test.each(Object.entries(wrong))('a shard with %s', (_what, lie) => {
    for (const name of names) {
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
