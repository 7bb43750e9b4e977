import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { entryDrafter } from '#agent/hub/entry-drafts';
import { HubDesk } from '#agent/hub/hub-desk';
import type { HubAnswer } from '#agent/hub/hub-message';
import { type Journal, openJournal } from '#agent/journal/journal';
import { createLog } from '#core/log';
import { plainTerms } from '#ledger/coupons/terms';
import type { SerialRange } from '#ledger/rights/serial-ranges';
import { leaseOf, usualGrant } from '#ledger/rights/usual-grants';
import { seedOf, type TestAuthor, TestRegion } from '../../fixtures/region.ts';

const store = '4012345000009';
const gcn = '4012345678901';
const terminal = `${store}/lane-1`;
const lane2 = `${store}/lane-2`;
const times = { timeLowMs: 1_000, timeHighMs: 2_000 };

let folder: string;
let region: TestRegion;
let issuer: TestAuthor;
let journal: Journal;
let desk: HubDesk;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'bizain-recall-'));
  region = new TestRegion();
  region.openStore({ store, merchant: 'shop', lanes: ['lane-1', 'lane-2'] });
  issuer = region.register('issuer', 0);
  const terms = {
    ...plainTerms,
    version: 1,
    title: 'Coffee',
    value: { kind: 'fixed', amount: 100n },
    unit: 'CNY',
    validFromMs: 0,
    validUntilMs: 4_000_000_000_000,
    consent: 0,
    acceptedBy: { kind: 'merchants', accounts: ['shop'] },
  } as const;
  region.commit(
    issuer.seal(
      { operation: { kind: 'series.define', gcn, terms } },
      { operation: { kind: 'coupon.issue', gcn, firstSerial: 0, count: 600, keyCommitments: new Uint8Array() } },
      { operation: { kind: 'right.grant', rightId: 'l', store, ...usualGrant, grant: leaseOf(gcn, 0, 599) } },
    ),
  );
  const { chainId } = region;
  const secretSeed = seedOf(terminal);
  const log = createLog({ level: 'silent', name: 'test' });
  const path = join(folder, 'journal.db');
  journal = openJournal({ path, chainId, account: terminal, epoch: 1, secretSeed, log, allowVolatile: true });
  for (const stream of [0, 1]) journal.compareWithAnchor(stream, null);
  desk = new HubDesk({
    chainId,
    terminal,
    secretSeed,
    journal,
    view: region.state,
    heightOf: () => region.head.header.height,
    share: { laneShare: 0, lanes: 2 },
    draft: entryDrafter(() => ({ seenHeight: 1, ...times })),
  });
});
afterEach(() => {
  journal.close();
  rmSync(folder, { recursive: true, force: true });
});

function recall(...ranges: SerialRange[]): void {
  region.commit(issuer.seal({ operation: { kind: 'right.recall', store, rightId: 'l', deadlineMs: 0, ranges } }));
}

const claim = (serial: number): HubAnswer =>
  journal.atomically((tx) =>
    desk.handle(tx, lane2, {
      kind: 'claim',
      unit: `255/${gcn}/${serial}`,
      want: { kind: 'owned', rightId: 'l', gcn, serial },
      ...times,
    }),
  );
const answer = (): number => journal.atomically((tx) => desk.answerRecalls(tx));

/** What the hub's journal gives back. */
function released(): unknown[] {
  return journal
    .queue({ limit: 1_000 })
    .map(({ place }) => journal.entry(place)?.entry.operation)
    .flatMap((operation) => (operation?.kind === 'right.release' ? [operation.part] : []));
}

describe('a hub whose lease is recalled', () => {
  it('gives back the items that are asked for and not promised, and promises none of them any more', () => {
    expect(claim(12).kind).toBe('allocated');
    recall({ first: 10, last: 14 });
    expect(claim(13)).toEqual({ kind: 'refused', reason: 'RIGHT_CLOSED' });
    expect(answer()).toBe(1);
    expect(released()).toEqual([
      {
        kind: 'items',
        ranges: [
          { first: 10, last: 11 },
          { first: 13, last: 14 },
        ],
      },
    ]);
    // Until the region has answered nothing more is given back, and what was not asked for is the store's as before. So also
    // after the grantor has taken the recall back.
    expect(answer()).toBe(0);
    expect(claim(20).kind).toBe('allocated');
    region.commit(
      issuer.seal({
        operation: { kind: 'right.renew', store, rightId: 'l', closeoutAfterMs: usualGrant.closeoutAfterMs },
      }),
    );
    expect(claim(13)).toEqual({ kind: 'refused', reason: 'RIGHT_CLOSED' });
  });

  it('gives back the whole lease only when no promise of it is left', () => {
    claim(0);
    recall();
    expect(answer()).toBe(1);
    expect(released()).toEqual([{ kind: 'items', ranges: [{ first: 1, last: 599 }] }]);
  });

  it('gives back a lease without promises as a whole', () => {
    recall();
    expect(answer()).toBe(1);
    expect(released()).toEqual([null]);
  });

  it('leaves the lease within the ranges that the ledger takes', () => {
    for (let serial = 0; serial < 600; serial += 2) claim(serial);
    recall();
    expect(answer()).toBe(1);
    const [part] = released() as [{ ranges: SerialRange[] }];
    expect(part.ranges).toHaveLength(255);
  });

  it('gives back nothing without a recall', () => {
    expect(answer()).toBe(0);
    expect(claim(5).kind).toBe('allocated');
  });
});
