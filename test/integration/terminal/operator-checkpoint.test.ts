import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, expect, it } from 'vitest';
import { systemClock } from '#core/clock';
import { encode } from '#core/format';
import { writeFormatFile } from '#core/format-file';
import { trustingPeriodMs } from '#sync/light-client/light-place';
import { type ChainState, chainStateFormat, chainStateHash, genesisChain } from '#sync/pbft/chain';
import { operatorCheckpointFormat } from '#sync/wire/operator-checkpoint';
import { signedCheckpoint } from '../../fixtures/operators.ts';
import { dayMs, Shop, until } from '../../fixtures/shop.ts';

let shop: Shop;
afterEach(() => shop.close());

const codes = (lane: string) =>
  (shop.events.get(lane) ?? []).flatMap((event) => (event.type === 'alarm' ? [event.code] : []));

it('R26: a till past the trusting period says so, and goes on with a checkpoint that two operators signed, not with another', async () => {
  shop = await Shop.open({ lanes: ['lane-1'], ageMs: trustingPeriodMs + 10 * dayMs });
  const { region, gateway } = shop;
  const { height, timeMs } = region.head.header;
  const zeros = new Uint8Array(32);
  const born = genesisChain({ ...region.genesis, resultRoot: zeros, historyRoot: zeros });
  const nowMs = Math.floor(systemClock.wallMs());
  const chain: ChainState = { ...born, height, timeMs: nowMs - 2_000 };
  region.chainStateHash = chainStateHash(chain);
  const { lightBlock } = region.commitAt(nowMs - 1_000);
  expect(lightBlock.header.timeMs - timeMs).toBeGreaterThan(trustingPeriodMs);
  const certificate = { lightBlock, chainState: encode(chainStateFormat, chain) };
  const signing = { chainId: region.chainId, certificate: () => certificate };
  const file = join(shop.folder, 'checkpoint.cbor');

  gateway.publish();
  await shop.startCold('lane-1');
  await until(() => codes('lane-1').includes('TRUST_EXPIRED'), 'the alarm');
  await shop.stop('lane-1');

  writeFormatFile(file, operatorCheckpointFormat, signedCheckpoint(signing, [1]));
  const doubted = await shop.startCold('lane-1', { checkpointFile: 'checkpoint.cbor' });
  await until(() => codes('lane-1').includes('TRUST_EXPIRED'), 'the alarm again');
  expect(codes('lane-1')).toContain('BAD_CHECKPOINT');
  expect(doubted.status().head).toBeNull();
  await shop.stop('lane-1');

  writeFormatFile(file, operatorCheckpointFormat, signedCheckpoint(signing, [1, 2]));
  const trusting = await shop.startCold('lane-1', { checkpointFile: 'checkpoint.cbor' });
  await until(() => trusting.status().head?.height === height + 1, "the checkpoint's block");
  gateway.commit();
  await until(() => trusting.status().head?.height === height + 2, 'the next block');
  expect(codes('lane-1')).toEqual([]);
  await shop.stop('lane-1');

  // It has its own place now: the file may be stale, or gone to ruin, and it sells on.
  writeFileSync(file, 'ruined');
  const later = await shop.startCold('lane-1', { checkpointFile: 'checkpoint.cbor' });
  await until(() => codes('lane-1').includes('BAD_CHECKPOINT'), 'the alarm');
  expect(later.status().head?.height).toBe(height + 2);
}, 60_000);
