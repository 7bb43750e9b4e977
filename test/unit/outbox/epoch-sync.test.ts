import { expect, it } from 'vitest';
import { VirtualClock } from '#core/clock';
import { createLog } from '#core/log';
import { ok } from '#core/result';
import { LightClient } from '#sync/light-client/light-client';
import { EpochSync } from '#sync/outbox/epoch-sync';
import type { EpochCertificate, GatewayQuery } from '#sync/wire/gateway-message';
import { EpochChain, memberOf } from '../../fixtures/epoch-chain.ts';

const log = createLog({ level: 'silent', name: 'test' });
const first = ['v0', 'v1', 'v2', 'v3'].map((name) => memberOf(name));

/** A region with three changes, and a line to validators that give one certificate an answer, or none of it. */
function world(lies: () => boolean = () => false) {
  const chain = new EpochChain();
  const certificates: (EpochCertificate & { readonly epoch: number })[] = [];
  for (const wished of [[...first, memberOf('n0')], first, [...first, memberOf('n1')], [...first, memberOf('n1')]]) {
    chain.nextEpoch(wished);
    if (chain.chain.validators !== chain.chain.validatorsNext)
      certificates.push({ ...chain.certificate(), epoch: chain.chain.epoch });
  }
  const asked: GatewayQuery[] = [];
  const clock = new VirtualClock();
  const light = new LightClient(chain.genesis, undefined, { onUnknownSet: () => sync.want() });
  const line = {
    connected: true,
    askAny: (query: GatewayQuery) => {
      asked.push(query);
      const after = query.kind === 'epochs' ? (query.afterEpoch ?? -1) : 0;
      const left = lies() ? [] : certificates.filter(({ epoch }) => epoch > after);
      const answer = { kind: 'epochs', certificates: left.slice(0, 1), more: left.length > 1 ? 1 : 0 } as const;
      return Promise.resolve(ok({ answer, validator: 0 }));
    },
  };
  const sync: EpochSync = new EpochSync({ line, light, clock, log });
  return { chain, light, line, clock, asked };
}

async function settled(): Promise<void> {
  for (let turn = 0; turn < 50; turn++) await Promise.resolve();
}

it('a head of unknown validators makes it ask, answer by answer, until the head can be verified', async () => {
  const { chain, light, asked } = world();
  const head = chain.lightBlock();
  expect(light.acceptHead(head).ok).toBe(false);
  await settled();
  expect(asked.map((query) => query.kind === 'epochs' && query.afterEpoch)).toEqual([null, 1, 2]);
  expect(light.acceptHead(head)).toEqual({ ok: true, value: 'newer' });
});

it('a validator that leaves epochs out costs one question, and feigned heads no more than one in a while', async () => {
  let liar = true;
  const { chain, light, asked, clock } = world(() => liar);
  const head = chain.lightBlock();
  for (let repeat = 0; repeat < 20; repeat++) {
    light.acceptHead(head);
    await settled();
  }
  expect(asked).toHaveLength(1);
  liar = false;
  clock.advance(2_000);
  light.acceptHead(head);
  await settled();
  expect(light.acceptHead(head).ok).toBe(true);
});

it('nothing is asked while the line is down', async () => {
  const { chain, light, line, asked } = world();
  line.connected = false;
  light.acceptHead(chain.lightBlock());
  await settled();
  expect(asked).toHaveLength(0);
});
