import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { openShardStore } from '#agent/shard-store/shard-store';
import { toHex } from '#core/bytes';
import { VirtualClock } from '#core/clock';
import { createLog } from '#core/log';
import type { ShardDelta } from '#ledger/state/delta';
import { LedgerState } from '#ledger/state/ledger-state';
import { mergeDeltas } from '#ledger/state/merge-deltas';
import { verifyShardProof } from '#ledger/state/proof';
import { resultRoot } from '#ledger/state/roots';
import type { CertifiedShard } from '#sync/light-client/certified-shard';

const log = createLog({ level: 'silent', name: 'test' });
const noReceipts = new Uint8Array(32);
const shards = ['s/4012345000009', 'c/4012345000016', 'b/04012345000009/L1'] as const;

interface Step {
  readonly writes: readonly (readonly [number, number, number])[];
  /** What becomes of the step's deltas: 0 applied at once, 1 lost, 2 applied after a restart, 3 replayed. */
  readonly fate: number;
}

const steps: fc.Arbitrary<readonly Step[]> = fc.array(
  fc.record({
    writes: fc.array(fc.tuple(fc.nat(2), fc.nat(20), fc.nat(255)), { minLength: 1, maxLength: 12 }),
    fate: fc.nat(3),
  }),
  { minLength: 1, maxLength: 25 },
);

/** The ledger's own state beside it, block by block. */
class Ledger {
  readonly state = LedgerState.empty();
  readonly deltas: ShardDelta[][] = [];
  height = 0;

  write(writes: Step['writes']): readonly ShardDelta[] {
    const overlay = this.state.overlay();
    for (const [shard, key, value] of writes) {
      overlay.put(shards[shard] as string, `k${key}`, new Uint8Array([value, this.height % 256]));
    }
    this.height++;
    const change = this.state.evaluate(overlay, this.height);
    this.state.commit(change);
    this.deltas.push([...change.deltas]);
    return change.deltas;
  }

  /** What a certificate of the newest block says of a shard. */
  certified(shard: string): CertifiedShard {
    const proof = this.state.shardProof(shard, noReceipts);
    const root = resultRoot(this.state.stateRoot, noReceipts);
    const { height } = this;
    return { shard, height, timeMs: height * 1_000, hasRoot: (candidate) => verifyShardProof(proof, candidate, root) };
  }

  /** All changes of a shard after a height, as of the newest block. */
  since(shard: string, height: number): ShardDelta | null {
    const later = this.deltas.flat().filter((delta) => delta.shard === shard && delta.height > height);
    const merged = later.length === 0 ? null : mergeDeltas(later);
    return merged?.ok ? { ...merged.value, height: this.height } : null;
  }
}

describe('whatever deltas come, are lost or come twice, with restarts in between', () => {
  it('the store holds a certified state at its height, and the merged delta brings it to the newest', () => {
    fc.assert(
      fc.property(steps, (history) => {
        const folder = mkdtempSync(join(tmpdir(), 'bizain-property-'));
        const open = () => openShardStore({ path: join(folder, 'shard.db'), log, clock: new VirtualClock() });
        let store = open();
        try {
          const ledger = new Ledger();
          /** Roots that were certified, by shard and height. */
          const roots = new Map<string, string>();
          for (const { writes, fate } of history) {
            const deltas = ledger.write(writes);
            for (const shard of ledger.state.shardIds()) {
              roots.set(`${shard} ${ledger.height}`, toHex(ledger.state.shardRootOf(shard) as Uint8Array));
            }
            if (fate === 2) {
              store.close();
              store = open();
            }
            for (const delta of fate === 1 ? [] : deltas) {
              const outcome = store.apply(delta, ledger.certified(delta.shard));
              expect(['applied', 'gap']).toContain(outcome);
              if (fate === 3 && outcome === 'applied')
                expect(store.apply(delta, ledger.certified(delta.shard))).toBe('stale');
            }
            for (const { shard, height, root } of store.shards())
              expect(toHex(root)).toBe(roots.get(`${shard} ${height}`));
          }
          for (const shard of ledger.state.shardIds()) {
            const delta = ledger.since(shard, store.heightOf(shard) ?? 0);
            if (delta !== null) expect(store.apply(delta, ledger.certified(shard))).toBe('applied');
            expect(toHex(store.rootOf(shard) ?? noReceipts)).toBe(toHex(ledger.state.shardRootOf(shard) as Uint8Array));
          }
          const before = store.shards();
          store.close();
          store = open();
          expect(store.shards()).toEqual(before);
          for (const shard of ledger.state.shardIds()) {
            for (const { key, value } of ledger.state.leaves(shard)) expect(store.get(shard, key)).toEqual(value);
          }
        } finally {
          store.close();
          rmSync(folder, { recursive: true, force: true });
        }
      }),
      { numRuns: 60 },
    );
  }, 60_000);
});
