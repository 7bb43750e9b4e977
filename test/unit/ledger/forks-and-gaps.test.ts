import { describe, expect, it } from 'vitest';
import { signMessage } from '#core/ed25519';
import { decode } from '#core/format';
import { readTerminal } from '#ledger/accounts/terminal';
import { itemStatus } from '#ledger/coupons/read';
import { type Gap, gapDomain, gapMessage } from '#ledger/journal/gap';
import { segmentFormat, segmentHead } from '#ledger/journal/segment';
import type { SignedSpan } from '#ledger/journal/span';
import { streamHead } from '#ledger/journal/stream-head';
import type { Operation } from '#ledger/operation';
import { capture, chainId, gcn, issuer, lease, publicOf, reserve, seedOf, storeA, World } from './world.ts';

const lane = `${storeA}/lane-2`;
const hash = new Uint8Array(32).fill(7);

function spanOf(bytes: Uint8Array): SignedSpan {
  const decoded = decode(segmentFormat, bytes);
  if (!decoded.ok) throw new Error(decoded.reason);
  const { firstSequence, previousHash, entries, signature } = decoded.value;
  const lastSequence = firstSequence + entries.length - 1;
  return { firstSequence, lastSequence, previousHash, headHash: segmentHead(decoded.value), signature };
}
const accuse = (one: SignedSpan, other: SignedSpan, more: { terminal?: string; epoch?: number } = {}): Operation => ({
  kind: 'journal.accuse',
  terminal: lane,
  epoch: 0,
  stream: 0,
  one,
  other,
  ...more,
});
const skippedOf = (world: World, ...segments: Uint8Array[]) =>
  world.commit(segments).skipped.map(({ reason }) => reason);
const enroll = (epoch: number): Operation => ({
  kind: 'terminal.enroll',
  store: storeA,
  lane: 'lane-2',
  publicKey: publicOf(`${lane}#${epoch}`),
  epoch,
});

describe('forks (SPEC J5 and J11)', () => {
  it('J5: a terminal that forks is frozen at once, for all its streams, until it is enrolled anew', () => {
    const world = World.withSeries();
    const twin = world.copy();
    world.do(lane, reserve(1));
    expect(skippedOf(world, twin.segment(lane, [reserve(2)]))).toEqual(['FORK']);
    expect(readTerminal(world.state, storeA, 'lane-2')?.frozenAtHeight).toBe(world.height);
    expect(skippedOf(world, world.segment(lane, [capture(0)]))).toEqual(['FROZEN']);
    const goods = {
      kind: 'trace.sell',
      tradeItem: '04012345678901',
      lot: 'L',
      serial: '1',
      basket: new Uint8Array(16),
    };
    expect(skippedOf(world, world.segment(lane, [goods as Operation]))).toEqual(['FROZEN']);
    expect(world.do('admin', enroll(1)).outcome).toBe('applied');
    world.setEpoch(lane, 1);
    expect(world.do(lane, reserve(3)).outcome).toBe('applied');
    expect(itemStatus(world.state, gcn, 1)).toBe('available');
  });

  it('J5: of two branches in one block the first stands', () => {
    const world = World.withSeries();
    const twin = world.copy();
    const [a, b] = [world, twin].map((one, n) => one.segment(lane, [reserve(n)]));
    expect(skippedOf(world, a as Uint8Array, b as Uint8Array)).toEqual(['FORK']);
    expect([0, 1].map((serial) => itemStatus(world.state, gcn, serial))).toEqual(['reserved', 'available']);
  });

  it('J5: nobody freezes another by bytes that it has not signed', () => {
    const world = World.withSeries();
    const twin = world.copy();
    world.do(lane, reserve(1));
    const forged = twin.segment(lane, [reserve(2)]);
    forged[forged.length - 1] = (forged.at(-1) as number) ^ 1;
    expect(skippedOf(world, forged)).toEqual(['BAD_SIGNATURE']);
    expect(world.do(lane, capture(0)).outcome).toBe('applied');
  });

  it('J5: an account is not frozen', () => {
    const world = World.withSeries();
    const twin = world.copy();
    world.do(issuer, lease(0, 1));
    expect(skippedOf(world, twin.segment(issuer, [lease(2, 3)]))).toEqual(['FORK']);
    expect(world.do(issuer, lease(4, 5, 'lease-2')).outcome).toBe('applied');
  });

  it('J11: two signatures that cannot both be true freeze a terminal long after', () => {
    const world = World.withSeries();
    const twin = world.copy();
    const [a, b] = [world, twin].map((one, n) => one.segment(lane, [reserve(n)]));
    world.commit([a as Uint8Array]);
    world.do(lane, capture(0));
    expect(skippedOf(world, b as Uint8Array)).toEqual(['DUPLICATE']);
    const [one, other] = [spanOf(a as Uint8Array), spanOf(b as Uint8Array)];
    expect(world.do('merchant-d', accuse(one, other)).outcome).toBe('applied');
    expect(world.do('merchant-d', accuse(one, other)).reasons).toEqual(['ALREADY_EXISTS']);
    expect(skippedOf(world, world.segment(lane, [reserve(5)]))).toEqual(['FROZEN']);
  });

  it('J11: what is no contradiction, or not signed by the terminal in its epoch, freezes nobody', () => {
    const world = World.withSeries();
    const twin = world.copy();
    const [a, b] = [world, twin].map((author, n) => author.segment(lane, [reserve(n)]));
    const next = world.segment(lane, [capture(0)]);
    const [one, other] = [spanOf(a as Uint8Array), spanOf(b as Uint8Array)];
    const made = { ...other, headHash: hash };
    for (const [left, right] of [
      [one, one],
      [one, spanOf(next)],
      [one, made],
    ] as const)
      expect(world.do('merchant-d', accuse(left, right)).reasons).toEqual(['BAD_OPERATION']);
    expect(world.do('merchant-d', accuse(one, other, { epoch: 3 })).reasons).toEqual(['WINDOW_OVER']);
    expect(world.do('merchant-d', accuse(one, other, { terminal: issuer })).reasons).toEqual(['UNKNOWN_ACCOUNT']);
    expect(world.do('merchant-d', accuse(one, other, { terminal: `${storeA}/lane-1` })).reasons).toEqual([
      'BAD_OPERATION',
    ]);
    expect(skippedOf(world, a as Uint8Array, next)).toEqual([]);
  });
});

describe('gaps (SPEC J10)', () => {
  const gapOf = (fromSequence: number, throughSequence: number, lostUnits: Gap['lostUnits'] = []): Gap => ({
    fromSequence,
    throughSequence,
    headHash: hash,
    lostUnits,
  });
  function declare(gap: Gap, signer = lane, of = { author: lane, epoch: 0, stream: 0 }): Operation {
    const signature = signMessage(seedOf(signer), gapDomain, gapMessage(chainId, of, gap));
    return { kind: 'journal.gap', store: storeA, lane: 'lane-2', stream: 0, gap, signature };
  }

  it('J10: terminal and manager close a gap together, and what follows goes on', () => {
    const world = World.withSeries();
    world.do(lane, reserve(0));
    const lost = world.segment(lane, [reserve(1), reserve(2), reserve(3)]);
    const { headHash } = spanOf(lost);
    const next = world.segment(lane, [reserve(4)]);
    expect(skippedOf(world, next)).toEqual(['GAP']);
    expect(world.do(issuer, declare({ ...gapOf(1, 3), headHash })).outcome).toBe('applied');
    expect(skippedOf(world, next)).toEqual([]);
    expect([1, 4].map((serial) => itemStatus(world.state, gcn, serial))).toEqual(['available', 'reserved']);
    expect(world.do(lane, capture(0)).outcome).toBe('applied');
    expect(skippedOf(world, lost)).toEqual(['DUPLICATE']);
  });

  it('J10: neither of them can do it alone, nor anybody else', () => {
    const world = World.withSeries();
    expect(world.do('merchant-c', declare(gapOf(0, 0))).reasons).toEqual(['NOT_AUTHORISED']);
    expect(world.do(lane, declare(gapOf(0, 0))).reasons).toEqual(['NOT_AUTHORISED']);
    expect(world.do(issuer, declare(gapOf(0, 0), issuer)).reasons).toEqual(['APPROVAL_MISSING']);
    const otherStream = declare(gapOf(0, 0), lane, { author: lane, epoch: 0, stream: 1 });
    expect(world.do(issuer, otherStream).reasons).toEqual(['APPROVAL_MISSING']);
    // Only the lane's own refused entry has moved its head.
    expect(streamHead(world.state, lane, 0, 0)?.nextSequence).toBe(1);
  });

  it('J10: a gap declared twice, elsewhere, empty or without end is refused', () => {
    const world = World.withSeries();
    expect(world.do('admin', declare(gapOf(1, 1))).reasons).toEqual(['OUT_OF_GAP']);
    expect(world.do('admin', declare(gapOf(0, 100_000))).reasons).toEqual(['LIMIT_EXCEEDED']);
    expect(world.do('admin', declare(gapOf(0, 99_999))).outcome).toBe('applied');
    expect(world.do('admin', declare(gapOf(0, 99_999))).reasons).toEqual(['OUT_OF_GAP']);
    expect(world.do('admin', declare(gapOf(100_000, 99_999))).reasons).toEqual(['BAD_OPERATION']);
    expect(world.do('admin', declare(gapOf(100_000, Number.MAX_SAFE_INTEGER))).reasons).toEqual(['BAD_OPERATION']);
  });

  it('J10: units that may have been promised are voided, once, and only those that the store leased', () => {
    const world = World.withSeries();
    world.all(issuer, [lease(0, 9)]);
    const unit = (serial: number, rightId = 'lease-1') => ({ rightId, gcn, serial });
    expect(world.do(issuer, declare(gapOf(0, 0, [unit(10)]))).reasons).toEqual(['RIGHT_DOES_NOT_COVER']);
    expect(world.do(issuer, declare(gapOf(0, 0, [unit(1, 'x')]))).reasons).toEqual(['NO_SUCH_RIGHT']);
    expect(world.do(issuer, declare(gapOf(0, 0, [unit(1), unit(1)]))).reasons).toEqual(['OUT_OF_GAP']);
    expect(itemStatus(world.state, gcn, 1)).toBe('leased');
    expect(world.do(issuer, declare(gapOf(0, 0, [unit(1), unit(2)]))).outcome).toBe('applied');
    expect([0, 1, 2].map((serial) => itemStatus(world.state, gcn, serial))).toEqual(['leased', 'voided', 'voided']);
  });

  it('J10: a frozen or revoked terminal declares nothing', () => {
    const world = World.withSeries();
    const twin = world.copy();
    world.do(lane, reserve(1));
    world.commit([twin.segment(lane, [reserve(2)])]);
    expect(world.do(issuer, declare(gapOf(1, 1))).reasons).toEqual(['FROZEN']);
    const other = World.withSeries();
    other.do(issuer, { kind: 'terminal.revoke', store: storeA, lane: 'lane-2' });
    expect(other.do(issuer, declare(gapOf(0, 0))).reasons).toEqual(['NOT_AUTHORISED']);
  });
});
