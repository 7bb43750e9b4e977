import { describe, expect, it } from 'vitest';
import { decode, encode } from '#core/format';
import type { Operation } from '#ledger/operation';
import { shardDeltaFormat } from '#ledger/state/delta';
import { card } from '../../unit/ledger/asset-world.ts';
import { publicOf, World } from '../../unit/ledger/world.ts';

const long = (head: string, length: number): string => head + 'x'.repeat(length - head.length);

describe('names as long as they may be', () => {
  it('lead to objects that every delta can carry', () => {
    const world = World.open();
    const [issuer, member] = [long('issuer-', 48), long('member-', 48)];
    const asset = long('asset-', 32);
    const register = (id: string, role: number): Operation => ({
      kind: 'account.register',
      id,
      role,
      publicKey: publicOf(id),
      name: id,
    });
    world.all('admin', [register(issuer, 0), register(member, 2)]);
    world.all(issuer, [{ kind: 'asset.define', asset, terms: card, approvals: [] }]);
    const { change, receipts } = world.commit([
      world.segment(issuer, [{ kind: 'asset.issue', asset, to: member, amount: 5n }]),
    ]);
    expect(receipts.map(({ outcome }) => outcome)).toEqual([0]);
    const keys = change.deltas.flatMap(({ leaves }) => leaves.map(({ key }) => key));
    expect(Math.max(...keys.map(({ length }) => length))).toBeGreaterThan(80);
    for (const delta of change.deltas) expect(decode(shardDeltaFormat, encode(shardDeltaFormat, delta)).ok).toBe(true);
  });
});
