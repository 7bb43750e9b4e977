import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { entryDrafter } from '#agent/hub/entry-drafts';
import { HubDesk } from '#agent/hub/hub-desk';
import { HubLink } from '#agent/hub/hub-link';
import {
  type HubAction,
  type HubAnswer,
  type HubRequest,
  hubReplyFormat,
  signRequest,
  verifyReply,
} from '#agent/hub/hub-message';
import { HubCounter, startHubServer } from '#agent/hub/hub-server';
import { type Journal, openJournal } from '#agent/journal/journal';
import { systemClock } from '#core/clock';
import { verifySignature } from '#core/ed25519';
import { SeededEntropy } from '#core/entropy';
import { decode } from '#core/format';
import { createLog } from '#core/log';
import { plainTerms, type Terms } from '#ledger/coupons/terms';
import { allocationDomain, allocationMessage } from '#ledger/rights/allocation';
import { budgetOf, leaseOf, usualGrant } from '#ledger/rights/usual-grants';
import { seedOf, type TestAuthor, TestRegion } from '../../fixtures/region.ts';

const store = '4012345000009';
const gcn = '4012345678901';
const unit = (serial: number): string => `255/${gcn}/${serial}`;
const log = createLog({ level: 'silent', name: 'test' });
const times = { timeLowMs: 1_000, timeHighMs: 2_000 };

let folder: string;
let region: TestRegion;
let journal: Journal;
let lanes: readonly TestAuthor[];
let counter: HubCounter;
let desk: HubDesk;
const stops: (() => Promise<void>)[] = [];
let counters = 0;
/** Height at which the hub has the store's shard; null: the region's. */
let shardHeight: number | null = null;
let session: Uint8Array;

function openHub(): void {
  const chainId = region.chainId;
  const secretSeed = seedOf(`${store}/lane-1`);
  const path = join(folder, 'journal.db');
  journal = openJournal({ path, chainId, account: `${store}/lane-1`, epoch: 1, secretSeed, log, allowVolatile: true });
  for (const stream of [0, 1])
    journal.compareWithAnchor(stream, journal.head(stream).nextSequence === 0 ? null : journal.head(stream));
  const share = { laneShare: 0, lanes: 2 };
  const draft = entryDrafter(() => ({ seenHeight: 1, ...times }));
  const terminal = `${store}/lane-1`;
  const heightOf = (): number => shardHeight ?? region.head.header.height;
  desk = new HubDesk({ chainId, terminal, secretSeed, journal, view: region.state, heightOf, share, draft });
  counter = new HubCounter({
    chainId,
    terminal,
    secretSeed,
    desk,
    journal,
    view: region.state,
    entropy: new SeededEntropy(1),
    log,
  });
}

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'bizain-hub-'));
  region = new TestRegion();
  shardHeight = null;
  lanes = region.openStore({ store, merchant: 'shop', lanes: ['lane-1', 'lane-2', 'lane-3'] });
  const issuer = region.register('issuer', 0);
  const terms: Terms = {
    ...plainTerms,
    version: 1,
    title: 'Coffee',
    value: { kind: 'fixed', amount: 100n },
    unit: 'CNY',
    minimumSpend: 0n,
    validFromMs: 0,
    validUntilMs: 4_000_000_000_000,
    consent: 0,
    acceptedBy: { kind: 'merchants', accounts: ['shop'] },
    offline: { kind: 'budget', shardAgeMsMax: 1_000 },
    lateRule: 0,
  };
  region.commit(
    issuer.seal(
      { operation: { kind: 'series.define', gcn, terms } },
      { operation: { kind: 'coupon.issue', gcn, firstSerial: 0, count: 50, keyCommitments: new Uint8Array() } },
      {
        operation: {
          kind: 'right.grant',
          rightId: 'l',
          store,
          ...usualGrant,
          grant: leaseOf(gcn, 0, 9),
        },
      },
      {
        operation: {
          kind: 'right.grant',
          rightId: 'b',
          store,
          ...usualGrant,
          grant: budgetOf(gcn, 2, 200n),
        },
      },
    ),
  );
  openHub();
});
afterEach(() => {
  journal.close();
  rmSync(folder, { recursive: true, force: true });
});

function request(lane: string, action: HubAction, more: Partial<HubRequest> = {}): Uint8Array {
  const author = lanes.find(({ account }) => account.endsWith(lane));
  if (author === undefined) throw new Error('an enrolled lane');
  const unsigned = { lane: author.account, laneEpoch: 1, session, counter: ++counters, heads: [], action, ...more };
  return signRequest(region.chainId, unsigned, author.seed);
}

function answerTo(bytes: Uint8Array): HubAnswer {
  const reply = counter.reply(bytes);
  if (reply === null) throw new Error('no reply');
  const decoded = decode(hubReplyFormat, reply);
  if (!decoded.ok || !verifyReply(region.chainId, bytes, decoded.value, (lanes[0] as TestAuthor).publicKey))
    throw new Error('forged');
  return decoded.value.answer;
}

function hello(lane: string): Extract<HubAnswer, { kind: 'welcome' }> {
  const answer = answerTo(request(lane, { kind: 'hello' }, { session: new Uint8Array(16) }));
  if (answer.kind !== 'welcome') throw new Error(answer.kind);
  session = answer.session;
  return answer;
}

const claim = (
  serial: number,
  want: Extract<HubAction, { kind: 'claim' }>['want'] = { kind: 'unowned' },
): HubAction => ({
  kind: 'claim',
  unit: unit(serial),
  want,
  ...times,
});
const owned = (serial: number) => claim(serial, { kind: 'owned', rightId: 'l', gcn, serial });
const budget = (serial: number) => claim(serial, { kind: 'budget', rightId: 'b', value: 100n });

describe('the hub', () => {
  it('gives an owned unit to one lane, with its signature and a number, and to no other', () => {
    hello('lane-2');
    const first = answerTo(request('lane-2', owned(1)));
    const second = answerTo(request('lane-2', owned(2)));
    if (first.kind !== 'allocated' || second.kind !== 'allocated') throw new Error('allocated');
    expect([first.allocation.number, second.allocation.number]).toEqual([0, 1]);
    const { signature, ...unsigned } = first.allocation;
    const message = allocationMessage(region.chainId, unsigned);
    const publicKey = (lanes[0] as TestAuthor).publicKey;
    expect(verifySignature({ publicKey, domain: allocationDomain, message, signature })).toBe(true);
    hello('lane-3');
    expect(answerTo(request('lane-3', owned(1)))).toEqual({
      kind: 'used',
      terminal: `${store}/lane-2`,
      atLowMs: 1_000,
      atHighMs: 2_000,
    });
    expect(journal.queue({ limit: 10 }).map(({ kind }) => kind)).toEqual(['right.allocate', 'right.allocate']);
  });

  it('keeps its used-set, its numbers and its pool when it is started again', () => {
    hello('lane-2');
    answerTo(request('lane-2', owned(1)));
    answerTo(request('lane-2', budget(20)));
    journal.close();
    openHub();
    expect(hello('lane-2').reserved).toEqual([unit(1), unit(20)]);
    const next = answerTo(request('lane-2', owned(3)));
    expect(next).toMatchObject({ kind: 'allocated', allocation: { number: 1 } });
    expect(answerTo(request('lane-2', budget(21)))).toEqual({ kind: 'granted' });
    expect(answerTo(request('lane-2', budget(22)))).toEqual({ kind: 'refused', reason: 'BUDGET_EXHAUSTED' });
  });

  it('takes a unit back, and a settled one frees the pool', () => {
    hello('lane-2');
    answerTo(request('lane-2', budget(20)));
    answerTo(request('lane-2', budget(21)));
    answerTo(request('lane-2', { kind: 'settled', unit: unit(20), rightId: 'b', lostAtHeight: null }));
    expect(answerTo(request('lane-2', budget(22)))).toEqual({ kind: 'granted' });
    answerTo(request('lane-2', { kind: 'release', unit: unit(22) }));
    hello('lane-3');
    expect(answerTo(request('lane-3', budget(22)))).toEqual({ kind: 'granted' });
    // Settled says nothing about the coupon: it stays used.
    expect(answerTo(request('lane-3', claim(20)))).toMatchObject({ kind: 'used' });
  });

  it('carries a repeated request out once and answers it the same', () => {
    hello('lane-2');
    const bytes = request('lane-2', owned(1));
    expect(counter.reply(bytes)).toEqual(counter.reply(bytes));
    expect(journal.head(0).nextSequence).toBe(1);
  });

  it('answers nothing to strangers, forgers and other epochs, and refuses old sessions', () => {
    hello('lane-2');
    const good = request('lane-2', owned(1));
    for (let at = 0; at < good.length; at += 7) {
      const bad = Uint8Array.from(good);
      bad[at] = (bad[at] ?? 0) ^ 1;
      expect(counter.reply(bad)).toBeNull();
    }
    expect(counter.reply(request('lane-2', owned(1), { laneEpoch: 2 }))).toBeNull();
    expect(counter.reply(request('lane-2', owned(1), { lane: `${store}/lane-3` }))).toBeNull();
    expect(counter.reply(new Uint8Array(4_000))).toBeNull();
    const old = request('lane-2', claim(5));
    hello('lane-2');
    expect(answerTo(old)).toEqual({ kind: 'refused', reason: 'STALE_SESSION' });
    expect(journal.claim(unit(5))).toBeNull();
  });

  it('refuses what the right does not cover, and everything once another terminal is the hub', () => {
    hello('lane-2');
    expect(answerTo(request('lane-2', owned(30)))).toEqual({ kind: 'refused', reason: 'RIGHT_DOES_NOT_COVER' });
    const hub = lanes[0] as (typeof lanes)[number];
    region.commit(hub.seal({ operation: { kind: 'right.release', rightId: 'l', part: null } }));
    region.commit(region.admin.seal({ operation: { kind: 'hub.assign', store, lane: 'lane-3', hubEpoch: 2 } }));
    expect(answerTo(request('lane-2', owned(1)))).toEqual({ kind: 'refused', reason: 'NOT_HUB' });
  });

  it('keeps a unit that was lost until its own shard books the loss, also over a restart', () => {
    shardHeight = 7;
    hello('lane-2');
    answerTo(request('lane-2', budget(20)));
    answerTo(request('lane-2', budget(21)));
    answerTo(request('lane-2', { kind: 'settled', unit: unit(20), rightId: 'b', lostAtHeight: 8 }));
    expect(answerTo(request('lane-2', budget(22)))).toEqual({ kind: 'refused', reason: 'BUDGET_EXHAUSTED' });
    journal.close();
    openHub();
    hello('lane-2');
    expect(answerTo(request('lane-2', budget(22)))).toEqual({ kind: 'refused', reason: 'BUDGET_EXHAUSTED' });
    shardHeight = 8;
    expect(answerTo(request('lane-2', budget(22)))).toEqual({ kind: 'granted' });
  });

  it('does not let the release of an earlier claim end a later one that overtook it', () => {
    hello('lane-2');
    answerTo(request('lane-2', owned(1)));
    const release = request('lane-2', { kind: 'release', unit: unit(1) });
    expect(answerTo(request('lane-2', owned(1)))).toMatchObject({ kind: 'allocated' });
    expect(answerTo(release)).toEqual({ kind: 'refused', reason: 'OVERTAKEN' });
    hello('lane-3');
    expect(answerTo(request('lane-3', owned(1)))).toMatchObject({ kind: 'used' });
  });

  it('hears nothing of an earlier claim from a lane that claims the unit again', async () => {
    const { chainId } = region;
    const lane = lanes[1] as TestAuthor;
    const entropy = new SeededEntropy(2);
    const options = { chainId, terminal: `${store}/lane-1`, secretSeed: seedOf(`${store}/lane-1`), desk, journal, log };
    const listen = { host: '127.0.0.1', port: 0 };
    const server = await startHubServer({ ...options, view: region.state, entropy, listen });
    const asked = new Promise<unknown>((resolve) => {
      const link: HubLink = new HubLink({
        ...{ chainId, store, entropy, log, epoch: 1, url: server.url, deadlineMs: 2_000, clock: systemClock },
        ...{ terminal: lane.account, secretSeed: lane.seed, view: region.state, heads: () => [] },
        onWelcome: () => resolve(link.ask(owned(1)).then(() => link.ask({ kind: 'look', unit: unit(1) }))),
      });
      link.tell({ kind: 'release', unit: unit(1) });
      link.start();
      stops.push(async () => {
        await link.stop();
        await server.close();
      });
    });
    expect(await asked).toMatchObject({ ok: true, value: { kind: 'used', terminal: lane.account } });
    for (const stop of stops.splice(0)) await stop();
    expect(journal.claim(unit(1))).toMatchObject({ terminal: lane.account, state: 'reserved' });
  });

  it('welcomes a lane at a cost that does not grow with the used-set', () => {
    journal.atomically((tx) => {
      for (let serial = 0; serial < 20_000; serial++)
        tx.putClaim({ unit: unit(serial), terminal: `${store}/lane-2`, state: 'captured', atLowMs: 1, atHighMs: 2 });
    });
    hello('lane-2');
    answerTo(request('lane-2', claim(30_000)));
    const pages = vi.spyOn(journal, 'claims');
    expect(hello('lane-2').reserved).toEqual([unit(30_000)]);
    expect(pages).not.toHaveBeenCalled();
  });

  it('remembers where a lane stood, forwards only', () => {
    hello('lane-2');
    const at = (nextSequence: number) => [
      { epoch: 1, stream: 0 as const, nextSequence, headHash: new Uint8Array(32).fill(nextSequence) },
    ];
    answerTo(request('lane-2', { kind: 'heads' }, { heads: at(7) }));
    answerTo(request('lane-2', { kind: 'heads' }, { heads: at(3) }));
    expect(hello('lane-2').heads).toEqual(at(7));
  });
});
