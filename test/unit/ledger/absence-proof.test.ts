import { describe, expect, it } from 'vitest';
import { decode, encode } from '#core/format';
import { merklePath } from '#core/merkle';
import { batchShard } from '#ledger/ids';
import { leafHash } from '#ledger/state/roots';
import {
  type AbsenceProof,
  absenceProofFormat,
  type ProvableShard,
  proveAbsence,
  verifyAbsence,
} from '#ledger/trace/absence-proof';
import { day, gtin, lot, startMs, World } from './world.ts';

const batch = { tradeItem: gtin, lot };
const shard = batchShard(gtin, lot);
const serials = Array.from({ length: 2_500 }, (_, n) => `S${String(n * 3).padStart(5, '0')}`);

function worldOf(complete: boolean): World {
  const world = World.open();
  const fields = { ...batch, name: 'Tea', expiryMs: startMs + day, markets: [], serials, complete };
  world.all('brand', [{ kind: 'batch.commission', ...fields }]);
  return world;
}

/** The batch's shard with paths computed from its leaves. */
function provable(world: World): ProvableShard {
  const leaves = [...world.state.leaves(shard)];
  const hashes = leaves.map(({ key, value }) => leafHash(key, value));
  return {
    leafCount: leaves.length,
    leaf(key) {
      const found = leaves.find((leaf) => leaf.key === key);
      return found === undefined
        ? null
        : { slot: found.slot, value: found.value, path: merklePath(hashes, found.slot) };
    },
  };
}

const root = (world: World): Uint8Array => world.state.shardRootOf(shard) as Uint8Array;
const prove = (world: World, serial: string): AbsenceProof | null =>
  proveAbsence(provable(world), { ...batch, serial });

describe('absence from a batch (SPEC T13)', () => {
  it('T13: is proved against the shard root for every gap of a complete batch, before, between and behind', () => {
    const world = worldOf(true);
    for (const serial of ['A', 'S00001', 'S03070', 'S03073', 'S07498', 'Z']) {
      const proof = prove(world, serial);
      expect(proof, serial).not.toBeNull();
      const sent = decode(absenceProofFormat, encode(absenceProofFormat, proof as AbsenceProof));
      expect(sent.ok && verifyAbsence(sent.value, root(world)), serial).toBe(true);
    }
  });

  it('T13: is not proved for what is listed, nor of an open batch', () => {
    expect(prove(worldOf(true), 'S00003')).toBeNull();
    expect(prove(worldOf(false), 'S00001')).toBeNull();
    expect(proveAbsence({ leafCount: 0, leaf: () => null }, { ...batch, serial: 'A' })).toBeNull();
  });

  it('T13: a proof for another serial, lot or root, with another leaf or a changed byte, proves nothing', () => {
    const world = worldOf(true);
    const proof = prove(world, 'S00001') as AbsenceProof;
    const other = prove(world, 'S03073') as AbsenceProof;
    const before = prove(world, 'A') as AbsenceProof;
    const forged: AbsenceProof[] = [
      { ...proof, serial: 'S00003' },
      { ...proof, serial: 'S03074' },
      { ...proof, lot: 'other' },
      { ...proof, leafCount: proof.leafCount + 1 },
      { ...proof, serials: other.serials },
      { ...proof, serials: null },
      { ...before, serial: 'S00001' },
      { ...proof, batch: { ...proof.batch, slot: proof.leafCount } },
      { ...proof, batch: { ...proof.batch, path: proof.batch.path.slice(1) } },
      { ...proof, index: { ...proof.index, value: proof.index.value.map((byte, at) => (at === 9 ? byte ^ 1 : byte)) } },
      { ...proof, batch: { ...proof.batch, value: Uint8Array.of(1, 2, 3) } },
    ];
    expect(verifyAbsence(proof, root(world))).toBe(true);
    for (const [at, one] of forged.entries()) expect(verifyAbsence(one, root(world)), `forgery ${at}`).toBe(false);
    expect(verifyAbsence(proof, world.state.shardRootOf('r') as Uint8Array)).toBe(false);
  });
});
