/** The commitment, derived here a second time with node:crypto alone, and roots frozen so that no change of format goes unnoticed. */
import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { chainHash, streamSeed } from '#ledger/journal/entry';
import { receiptsRoot } from '#ledger/receipt';
import { History } from '#ledger/state/history';
import { LedgerState } from '#ledger/state/ledger-state';
import { resultRoot } from '#ledger/state/roots';
import { capture, chainId, gtin, lot, reserve, storeA, World } from '../../unit/ledger/world.ts';

const sha = (...parts: Uint8Array[]): Buffer => createHash('sha256').update(Buffer.concat(parts)).digest();
const tagged = (tag: string, ...parts: Uint8Array[]): Buffer =>
  sha(Uint8Array.of(tag.length), Buffer.from(tag, 'ascii'), ...parts);
const u32 = (n: number): Buffer => {
  const out = Buffer.alloc(4);
  out.writeUInt32BE(n);
  return out;
};
const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex');

describe('commitment vectors', () => {
  it('a state of two shards and four leaves', () => {
    const state = LedgerState.empty();
    const overlay = state.overlay();
    const leaf = (key: string, value: Uint8Array): Buffer =>
      tagged('bizain/leaf/1', u32(key.length), Buffer.from(key), value);
    overlay.put('r', 'a', Uint8Array.of(1));
    overlay.put('c/1', 'x', Uint8Array.of(2));
    overlay.put('r', 'b', Uint8Array.of(3));
    overlay.put('r', 'c', Uint8Array.of(4));
    const zero = Buffer.alloc(32);
    const tree = sha(
      sha(leaf('a', Uint8Array.of(1)), leaf('b', Uint8Array.of(3))),
      sha(leaf('c', Uint8Array.of(4)), zero),
    );
    const region = tagged('bizain/shard/1', u32(1), Buffer.from('r'), u32(3), tree);
    const series = tagged('bizain/shard/1', u32(3), Buffer.from('c/1'), u32(1), leaf('x', Uint8Array.of(2)));
    const root = tagged('bizain/state/1', u32(2), sha(region, series));
    const change = state.evaluate(overlay, 1);
    expect(hex(change.stateRoot)).toBe(hex(root));
    const receipts = tagged('bizain/receipts/1', u32(0), zero);
    expect(hex(receiptsRoot([]))).toBe(hex(receipts));
    expect(hex(resultRoot(change.stateRoot, receiptsRoot([])))).toBe(hex(tagged('bizain/result/1', root, receipts)));
  });

  it('a history of three blocks', () => {
    const history = new History();
    const leaf = (n: number): Buffer => tagged('bizain/history-leaf/1', Buffer.alloc(32, n), Buffer.alloc(32, n + 100));
    for (const n of [1, 2, 3]) history.append(Buffer.alloc(32, n), Buffer.alloc(32, n + 100));
    const count = Buffer.concat([u32(0), u32(3)]);
    expect(hex(history.root)).toBe(hex(tagged('bizain/history/1', count, sha(leaf(1), leaf(2)), leaf(3))));
  });

  it('a stream of two entries', () => {
    const seed = tagged('bizain/stream/1', chainId, Buffer.from('issuer'), u32(7), u32(1));
    expect(hex(streamSeed(chainId, 'issuer', 7, 1))).toBe(hex(seed));
    const first = tagged('bizain/entry/1', seed, Uint8Array.of(9));
    expect(hex(chainHash(seed, Uint8Array.of(9)))).toBe(hex(first));
  });

  it('frozen: objects, receipts and roots of a written-out story', () => {
    const world = World.withSeries(3);
    const opened = hex(world.state.stateRoot);
    world.all('brand', [
      {
        kind: 'batch.commission',
        tradeItem: gtin,
        lot,
        name: 'Tea',
        expiryMs: world.timeMs,
        markets: [],
        serials: ['a', 'b'],
        complete: true,
      },
    ]);
    const lane = `${storeA}/lane-1`;
    const { resultRoot: result } = world.commit([world.segment(lane, [reserve(1), reserve(2), capture(0, 1)])]);
    const { resultRoot: last } = world.commit([
      world.segment(lane, [{ kind: 'trace.receive', target: { kind: 'product', tradeItem: gtin, lot, serial: 'a' } }]),
    ]);
    expect([opened, hex(result), hex(last)]).toMatchInlineSnapshot(`
      [
        "7a3c187b91c30b95f276386f67a373c980083429dba7b5d5d828bd27156dc172",
        "ca4b30009a05838ac46e0f36bf878d495dc2f10bb68875b11793e5940ba2a00a",
        "6c2d42b24f6ff3b1fc5f8f8896fce329d58a0e8c57a3d94b14fbdccd8524a8b6",
      ]
    `);
  });
});
