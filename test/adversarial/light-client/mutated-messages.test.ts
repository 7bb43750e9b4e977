import { describe, expect, it } from 'vitest';
import { assert } from '#core/assert';
import { SeededEntropy, uniformInt } from '#core/entropy';
import { decode, encode } from '#core/format';
import { LightClient } from '#sync/light-client/light-client';
import {
  deltaMessageFormat,
  headMessageFormat,
  receiptsMessageFormat,
  replyFormat,
  turnedAwayFormat,
} from '#sync/wire/gateway-message';
import { TestRegion } from '../../fixtures/region.ts';

const seed = process.env['BIZAIN_SEED'] ?? 'mutated messages';
const mutationsEach = 1_500;

const region = new TestRegion();
region.openStore({ store: '4012345000009', merchant: 'm1', lanes: ['1'] });
const receipts = region.receiptsMessage(region.head, 'admin');
const [delta] = region.deltaMessages();
const snapshot = region.snapshotChunk('r', 0);
assert(receipts !== null && delta !== undefined && snapshot !== null, 'a block with receipts and deltas');
const answer = { id: new Uint8Array(16), validator: 1, answer: snapshot };
const seeds: readonly (readonly [string, Uint8Array])[] = [
  ['head', encode(headMessageFormat, { lightBlock: region.head.lightBlock })],
  ['receipts', encode(receiptsMessageFormat, receipts)],
  ['delta', encode(deltaMessageFormat, delta)],
  ['reply', encode(replyFormat, answer)],
];

/** Flips, inserts, drops or copies a few bytes. */
function mutate(bytes: Uint8Array, entropy: SeededEntropy): Uint8Array {
  let out = Uint8Array.from(bytes);
  for (let change = uniformInt(entropy, 3); change >= 0; change--) {
    const at = uniformInt(entropy, Math.max(1, out.length));
    const length = uniformInt(entropy, 5);
    switch (uniformInt(entropy, 4)) {
      case 0:
        out[at] = (out[at] ?? 0) ^ (1 << uniformInt(entropy, 8));
        break;
      case 1:
        out = Uint8Array.from([...out.slice(0, at), ...entropy.bytes(length), ...out.slice(at)]);
        break;
      case 2:
        out = Uint8Array.from([...out.slice(0, at), ...out.slice(at + length)]);
        break;
      default:
        out.copyWithin(at, uniformInt(entropy, out.length), out.length);
    }
  }
  return out;
}

describe('mutated messages from the region', () => {
  it.each(seeds)('of kind %s never throw and never move a head that is not certified', (kind, bytes) => {
    const entropy = new SeededEntropy(`${seed} ${kind}`);
    const light = new LightClient(region.genesis);
    const root = region.state.shardRootOf('r');
    assert(root !== undefined, 'the region shard exists');
    let decodedCount = 0;
    for (let round = 0; round < mutationsEach; round++) {
      const mutated = mutate(bytes, entropy);
      for (const format of [
        headMessageFormat,
        receiptsMessageFormat,
        deltaMessageFormat,
        replyFormat,
        turnedAwayFormat,
      ]) {
        if (decode<unknown>(format, mutated).ok) decodedCount++;
      }
      const head = decode(headMessageFormat, mutated);
      if (head.ok) light.acceptHead(head.value.lightBlock);
      const proved = decode(receiptsMessageFormat, mutated);
      if (proved.ok) {
        const checked = light.checkReceipts(proved.value);
        if (checked.ok) expect(checked.value, `seed ${seed}`).toEqual(receipts.receipts.map(({ receipt }) => receipt));
      }
      const changed = decode(deltaMessageFormat, mutated);
      if (changed.ok) light.checkDelta(changed.value);
      const reply = decode(replyFormat, mutated);
      if (reply.ok && reply.value.answer.kind === 'snapshot') {
        const { lightBlock, proof, chunk } = reply.value.answer;
        const shard = light.checkShard(lightBlock, proof, chunk.shard);
        if (shard.ok) shard.value.hasRoot(root);
      }
    }
    expect(decodedCount, `seed ${seed}: mutations reach the checks`).toBeGreaterThan(0);
    // Only what a quorum signed can be the head; signatures beyond the quorum and other orders do not exist here.
    if (light.head !== null) expect(light.head.header, `seed ${seed}`).toEqual(region.head.header);
  });
});
