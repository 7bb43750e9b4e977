import fc from 'fast-check';
import { expect, test } from 'vitest';
import { HashedShard } from '#agent/shard-store/hashed-shard';
import { equalBytes } from '#core/bytes';
import { VirtualClock } from '#core/clock';
import { decode } from '#core/format';
import { createLog } from '#core/log';
import { withCheckDigit } from '#drivers/symbology/check-digit';
import { seriesShard } from '#ledger/ids';
import type { ShardDelta } from '#ledger/state/delta';
import { LightClient } from '#sync/light-client/light-client';
import type { Committed } from '#sync/validator/chain-keeper';
import { CheckpointDeltas } from '#sync/validator/checkpoint-deltas';
import { type DeltaMessage, deltaMessageFormat } from '#sync/wire/gateway-message';
import { coffeeTerms, type Draft, type TestAuthor, TestRegion } from '../../fixtures/region.ts';

const log = createLog({ level: 'silent', name: 'test' });
const gcns = ['401234500001', '401234500002', '401234500003'].map(withCheckDigit);
const checkpointMs = 10_000;

/** A region whose blocks pass a validator's checkpoint deltas; what they send is kept. */
class Rig {
  readonly region = new TestRegion({ blockTimeMs: 3_000 });
  readonly light = new LightClient(this.region.genesis);
  readonly clock = new VirtualClock();
  readonly sent: DeltaMessage[] = [];
  readonly #deltas: ShardDelta[] = [];
  readonly #issued = new Map<string, number>();
  readonly #issuer: TestAuthor;
  readonly #checkpoints: CheckpointDeltas;

  constructor() {
    const { region } = this;
    this.#checkpoints = new CheckpointDeltas({
      state: region.state,
      store: {
        deltasAfter: (shard, height) => this.#deltas.filter((d) => d.shard === shard && d.height > height),
      },
      clock: this.clock,
      log,
      checkpointMs,
      chain: { height: 0, timeMs: region.genesis.timeMs },
      wanted: () => true,
      send: (_shard, payload) => {
        const decoded = decode(deltaMessageFormat, payload);
        if (!decoded.ok) throw new Error(decoded.reason);
        this.sent.push(decoded.value);
      },
    });
    this.#issuer = region.register('issuer-a', 0);
    this.#took();
  }

  /** A block that issues one coupon of each of these series; a series begins with its first. */
  block(series: readonly number[]): void {
    const drafts = series.flatMap((index): Draft[] => {
      const gcn = gcns[index] as string;
      const firstSerial = this.#issued.get(gcn) ?? 0;
      this.#issued.set(gcn, firstSerial + 1);
      const issue = { kind: 'coupon.issue', gcn, firstSerial, count: 1, keyCommitments: new Uint8Array() } as const;
      const define = { kind: 'series.define', gcn, terms: coffeeTerms } as const;
      return firstSerial === 0 ? [{ operation: define }, { operation: issue }] : [{ operation: issue }];
    });
    const made = drafts.length === 0 ? this.region.commit() : this.region.commit(this.#issuer.seal(...drafts));
    expect(made.executed.receipts.map(({ outcome }) => outcome)).toEqual(drafts.map(() => 0));
    this.#took();
  }

  /** The message maker gets its turn. */
  turn(): void {
    this.clock.advance(1_000);
  }

  /** A shard as somebody who asks now gets it. */
  held(shard: string): HashedShard {
    const tree = new HashedShard(shard);
    const whole = this.region.deltasSince(shard, 0);
    if (whole !== null) tree.stage(whole.delta.leafCount, whole.delta.leaves)?.commit();
    return tree;
  }

  #took(): void {
    const { lightBlock, executed } = this.region.head;
    this.#deltas.push(...executed.change.deltas);
    this.#checkpoints.committed({ lightBlock, executed } as unknown as Committed);
  }
}

const story = fc.array(
  fc.record({ series: fc.uniqueArray(fc.nat(2), { maxLength: 3 }), turn: fc.boolean(), asks: fc.nat(5) }),
  { minLength: 12, maxLength: 40 },
);

test('whoever holds a reference shard of any moment follows it by merged deltas alone, to certified roots', () => {
  let applied = 0;
  fc.assert(
    fc.property(story, (steps) => {
      const rig = new Rig();
      const tills = new Map<string, { tree: HashedShard; height: number }>();
      let read = 0;
      for (const [at, { series, turn, asks }] of steps.entries()) {
        rig.block(series);
        const asked = gcns[asks];
        if (asked !== undefined) {
          const shard = seriesShard(asked);
          tills.set(shard, { tree: rig.held(shard), height: rig.region.head.header.height });
        }
        // Late, but not so late that the next checkpoint replaces what is due.
        if (turn || at % 2 === 0) rig.turn();
        for (const message of rig.sent.slice(read)) {
          read++;
          const checked = rig.light.checkDelta(message);
          if (!checked.ok) throw new Error(checked.reason);
          const { delta, certified } = checked.value;
          const till = tills.get(delta.shard);
          if (till === undefined || delta.height <= till.height) continue;
          const staged = till.tree.stage(delta.leafCount, delta.leaves);
          expect(staged !== null && certified.hasRoot(staged.root)).toBe(true);
          staged?.commit();
          till.height = delta.height;
          applied++;
        }
      }
    }),
    { numRuns: 60 },
  );
  expect(applied).toBeGreaterThan(100);
});

test('one message a changed shard and checkpoint, none for other shards, and the last one leads to the region’s root', () => {
  const rig = new Rig();
  for (let block = 0; block < 40; block++) {
    rig.block(block < 36 ? [block % 2] : []);
    rig.turn();
  }
  const places = rig.sent.map(({ delta }) => `${delta.shard} ${delta.height}`);
  expect(new Set(places).size).toBe(places.length);
  expect(new Set(rig.sent.map(({ delta }) => delta.shard))).toEqual(new Set(gcns.slice(0, 2).map(seriesShard)));
  const last = rig.sent.filter(({ delta }) => delta.shard === seriesShard(gcns[0] as string)).at(-1);
  const checked = last === undefined ? undefined : rig.light.checkDelta(last);
  const root = rig.region.state.shardRootOf(seriesShard(gcns[0] as string)) ?? new Uint8Array();
  expect(checked?.ok && checked.value.certified.hasRoot(root)).toBe(true);
  expect(equalBytes(rig.held(seriesShard(gcns[0] as string)).root, root)).toBe(true);
});
