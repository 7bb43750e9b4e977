/** Whoever stands between a terminal and the ledger, or leads the region for a while, cannot keep an entry out of it. */
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { systemClock } from '#core/clock';
import { systemEntropy } from '#core/entropy';
import { createLog } from '#core/log';
import type { Operation } from '#ledger/operation';
import type { Receipt } from '#ledger/receipt';
import { LightClient } from '#sync/light-client/light-client';
import type { AnyEntryPoint } from '#sync/outbox/entry-point';
import { Outbox } from '#sync/outbox/outbox';
import { RegionLine } from '#sync/outbox/region-line';
import type { Genesis } from '#sync/wire/genesis';
import { startMosquitto, type TestBroker } from '../../fixtures/broker.ts';
import { MemorySource } from '../../fixtures/memory-source.ts';
import { censoringBuild, eventually, ProcessRegion } from '../../fixtures/process-region.ts';
import { registerIssuer, TestAuthor } from '../../fixtures/region.ts';
import { type Censorship, type SwallowingBroker, startSwallowingBroker } from '../../fixtures/swallowing-broker.ts';
import { LiveRegion, until } from './live-region.ts';

const log = createLog({ level: 'silent', name: 'test' });
/** The administrator's journal, outbox and line, with waiting times a tenth of the usual ones. */
function openDesk(genesis: Genesis, adminSeed: Uint8Array, entryPoints: readonly AnyEntryPoint[]) {
  const light = new LightClient(genesis);
  const { chainId } = light;
  const source = new MemorySource(new TestAuthor(chainId, 'admin', { seed: adminSeed }), 1);
  const line = new RegionLine({
    chainId,
    validatorCount: genesis.validators.length,
    account: 'admin',
    clientName: 'desk',
    entryPoints,
    clock: systemClock,
    entropy: systemEntropy,
    log,
    timing: { backOffBaseMs: 20, backOffMaxMs: 100 },
  });
  line.on('head', (lightBlock) => void light.acceptHead(lightBlock));
  const outbox = new Outbox({
    source,
    line,
    light,
    account: 'admin',
    epoch: 0,
    clock: systemClock,
    log,
    onSettled: () => undefined,
    limits: { resendMs: 300, resendMsMax: 3_000, askMs: 600 },
  });
  outbox.start();
  line.start();
  const submit = (...operations: readonly Operation[]): void => {
    source.append(...operations);
    outbox.kick();
  };
  const stop = async (): Promise<void> => {
    outbox.stop();
    await line.stop();
  };
  return { light, line, source, submit, stop };
}

describe('a broker that acknowledges and forwards nothing', () => {
  const censorship: Censorship = {};
  let honest: TestBroker;
  let censor: SwallowingBroker;
  let region: LiveRegion;
  let desk: ReturnType<typeof openDesk> | null = null;

  beforeEach(async () => {
    honest = await startMosquitto();
    censor = await startSwallowingBroker(honest.port, censorship);
    region = await LiveRegion.open({ broker: honest, https: true });
    await region.start();
  });
  afterEach(async () => {
    await desk?.stop();
    desk = null;
    await region.close();
    await censor.stop();
    for (const way of ['up', 'down'] as const) delete censorship[way];
  });

  test('of one terminal’s segments: they reach f+1 validators by their own entries, and are receipted', async () => {
    censorship.up = (topic) => topic === region.topics.up('admin');
    desk = openDesk(region.genesis, region.admin.seed, [{ url: censor.url }, ...region.entries]);
    const { line, source, submit } = desk;
    await until(() => line.connected, 'the line');
    submit(registerIssuer('a'), registerIssuer('b'), registerIssuer('c'));
    await until(() => source.receipts.size === 3, 'three receipts');
    expect([...source.receipts.values()].map(({ outcome }) => outcome)).toEqual([0, 0, 0]);
    expect(censor.swallowed()).toBeGreaterThanOrEqual(3);
  });

  test('and delivers neither receipts nor answers: what the validators answer directly settles the entries', async () => {
    const { topics } = region;
    censorship.up = (topic) => topic === topics.up('admin') || topic.startsWith(`${topics.root}/ask/`);
    censorship.down = (topic) => topic === topics.receipts('admin') || topic === topics.reply('desk');
    desk = openDesk(region.genesis, region.admin.seed, [{ url: censor.url }, ...region.entries]);
    const { line, source, submit } = desk;
    await until(() => line.connected, 'the line');
    submit(registerIssuer('a'), registerIssuer('b'));
    await until(() => source.receipts.size === 2, 'two receipts');
    expect(line.state().entryPoint).toBe(censor.url);
    const asked = await line.ask({ kind: 'head' }, 2_000);
    expect(asked.ok && asked.value.kind).toBe('head');
  });

  test('with no validator’s entry configured: the next broker is tried, in bounded time', async () => {
    censorship.up = (topic) => topic === region.topics.up('admin');
    desk = openDesk(region.genesis, region.admin.seed, [{ url: censor.url }, { url: honest.url }]);
    const { line, source, submit } = desk;
    await until(() => line.connected, 'the line');
    submit(registerIssuer('a'));
    await until(() => source.receipts.size === 1, 'a receipt');
    expect(line.state().entryPoint).toBe(honest.url);
  });
});

describe('a primary that leaves one author out of its blocks', () => {
  test('R19: the author’s entries are ordered by the others, none by it, however often it leads', async () => {
    const region = await ProcessRegion.open({ heartbeatMs: 300 });
    let desk: ReturnType<typeof openDesk> | null = null;
    try {
      for (const index of [0, 1, 2]) await region.start(index);
      await region.start(3, censoringBuild);
      desk = openDesk(region.genesis, region.adminSeed, [{ url: region.broker.url }]);
      const { light, line, source, submit } = desk;
      await eventually(() => line.connected, 'the line');
      const proposers = new Map<number, string>();
      const learn = async (): Promise<void> => {
        for (const { report } of await region.ask()) {
          for (const { height, proposer } of report?.recentBlocks ?? []) proposers.set(height, proposer);
          if (censor !== undefined && report?.failedPrimaries.includes(censor) === true) votedOut = true;
        }
      };
      const [censor] = region.genesis.validators.slice(3).map(({ name }) => name);
      let votedOut = false;
      let censored = 0;
      // It leads with blocks that leave the author out, or hesitates and is voted out: either way the entry is ordered.
      for (let round = 0; censored < 2 && !votedOut; round++) {
        expect(round).toBeLessThan(60);
        const before = light.head?.header.height ?? 0;
        submit(registerIssuer(`issuer-${round}`));
        await eventually(() => source.receipts.has(round), `the receipt of round ${round}`, 20_000);
        await learn();
        const { height, outcome } = source.receipts.get(round) as Receipt;
        expect(outcome).toBe(0);
        expect([height, proposers.get(height)]).not.toEqual([height, censor]);
        for (let passed = before + 1; passed < height; passed++) if (proposers.get(passed) === censor) censored++;
      }
    } finally {
      await desk?.stop();
      await region.close();
    }
  }, 180_000);
});
