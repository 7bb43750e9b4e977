import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { toHex } from '#core/bytes';
import { VirtualClock } from '#core/clock';
import { publicKeyOf } from '#core/ed25519';
import { decode } from '#core/format';
import { segmentFormat } from '#ledger/journal/segment';
import type { Operation } from '#ledger/operation';
import { BlockStore } from '#sync/validator/block-store';
import { OwnJournal } from '#sync/validator/own-journal';
import { PeerHeights } from '#sync/validator/peer-heights';
import { seedOf, TestAuthor, TestRegion } from '../../fixtures/region.ts';

let folder: string;
let region: TestRegion;
let clock: VirtualClock;
let given: Uint8Array[];
let current: boolean;
let store: BlockStore;
const opened: BlockStore[] = [];

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'bizain-journal-'));
  region = new TestRegion();
  clock = new VirtualClock();
  given = [];
  current = true;
  store = openStore('validator.db');
});
afterEach(() => {
  for (const each of opened.splice(0)) each.close();
  rmSync(folder, { recursive: true, force: true });
});

function openStore(file: string): BlockStore {
  const made = new BlockStore(join(folder, file));
  opened.push(made);
  return made;
}

function journalOn(on: BlockStore, key: Uint8Array = region.validatorSeeds[0] as Uint8Array): OwnJournal {
  return new OwnJournal({
    chainId: region.chainId,
    name: 'v0',
    secretSeed: key,
    state: region.state,
    clock,
    table: on.authored,
    open: () => on.open(),
    flush: () => on.flush(),
    chain: () => ({ height: region.blocks.length, timeMs: region.blocks.at(-1)?.header.timeMs ?? 0 }),
    isCurrent: () => current,
    give: (segment) => given.push(segment),
  });
}

/** The process ends with what was not flushed lost, and begins again. */
function restarted(): OwnJournal {
  store.close();
  opened.splice(opened.indexOf(store), 1);
  store = openStore('validator.db');
  return journalOn(store);
}

const note = (version: number): Operation => ({
  kind: 'account.govern',
  account: 'v0',
  governors: [],
  threshold: 0,
  itemsPerDayMax: null,
  version,
  approvals: [],
});

function firstOf(bytes: Uint8Array): number {
  const decoded = decode(segmentFormat, bytes);
  if (!decoded.ok) throw new Error(decoded.reason);
  return decoded.value.firstSequence;
}

test('what a validator says is a segment of its own account, which the ledger executes', () => {
  const journal = journalOn(store);
  expect(journal.author([note(1), note(2)])).toBe(true);
  const { receipts } = region.commit(...given).executed;
  expect(receipts.map(({ author, sequence }) => [author, sequence])).toEqual([
    ['v0', 0],
    ['v0', 1],
  ]);
  journal.committed(receipts);
  expect(journal.status().inFlight).toBe(0);
  expect(store.authored.all()).toEqual([]);
  expect(journal.author([note(1)])).toBe(true);
  expect(firstOf(given[1] as Uint8Array)).toBe(2);
});

test('after a restart the same bytes are given out, and the next sequence follows them', () => {
  const journal = journalOn(store);
  journal.author([note(1)]);
  journal.author([note(2)]);
  const before = given.splice(0).map(toHex);
  const again = restarted();
  clock.advance(2_000);
  again.resend();
  expect(given.splice(0).map(toHex)).toEqual(before);
  again.author([note(3)]);
  expect(firstOf(given[0] as Uint8Array)).toBe(2);
  expect(again.waits((operation) => operation.kind === 'account.govern')).toBe(true);
});

test('a segment is on disk when it is given out', () => {
  let kept: number | null = null;
  const journal = new OwnJournal({
    chainId: region.chainId,
    name: 'v0',
    secretSeed: region.validatorSeeds[0] as Uint8Array,
    state: region.state,
    clock,
    table: store.authored,
    open: () => store.open(),
    flush: () => store.flush(),
    chain: () => ({ height: 0, timeMs: 0 }),
    isCurrent: () => true,
    give: () => {
      // What an aborted process would find: closing ends the open transaction without keeping it.
      store.close();
      store = openStore('validator.db');
      kept = store.authored.all().length;
    },
  });
  journal.author([note(1)]);
  expect(kept).toBe(1);
});

test('at most eight segments wait for the ledger at a time', () => {
  const journal = journalOn(store);
  const taken = Array.from({ length: 10 }, (_, at) => journal.author([note(at + 1)]));
  expect(taken).toEqual([...Array(8).fill(true), false, false]);
  journal.committed(region.commit(given[0] as Uint8Array).executed.receipts);
  expect(journal.mayAuthor).toBe(true);
});

test('who is behind, is no validator by this key, or is revoked, says nothing', () => {
  current = false;
  const journal = journalOn(store);
  expect(journal.author([note(1)])).toBe(false);
  current = true;
  expect(journalOn(openStore('other.db'), seedOf('somebody')).author([note(1)])).toBe(false);
  region.commit(region.admin.seal({ operation: { kind: 'account.revoke', account: 'v0', approvals: [] } }));
  expect(journal.author([note(1)])).toBe(false);
  expect(given).toEqual([]);
});

test('after a loss of the store the ledger keeps what it has, and the journal goes on behind it', () => {
  const journal = journalOn(store);
  journal.author([note(1)]);
  // Another life of the same validator has written elsewhere.
  const twin = new TestAuthor(region.chainId, 'v0', { seed: region.validatorSeeds[0] as Uint8Array });
  const { receipts } = region.commit(twin.seal({ operation: note(7) })).executed;
  journal.committed(receipts);
  expect(journal.status()).toMatchObject({ inFlight: 0, lost: 1 });
  expect(journal.author([note(1)])).toBe(true);
  expect(firstOf(given.at(-1) as Uint8Array)).toBe(1);
});

test('a new key of the account begins a new stream', () => {
  const journal = journalOn(store);
  journal.author([note(1)]);
  const publicKey = publicKeyOf(seedOf('new key'));
  region.commit(region.admin.seal({ operation: { kind: 'account.rekey', account: 'v0', publicKey, approvals: [] } }));
  journal.committed([]);
  expect(journal.status()).toMatchObject({ inFlight: 0, lost: 1 });
  expect(journal.author([note(1)])).toBe(false);
  given = [];
  expect(journalOn(store, seedOf('new key')).author([note(1)])).toBe(true);
  expect(region.commit(...given).executed.receipts[0]).toMatchObject({ author: 'v0', epoch: 1, sequence: 0 });
});

test('the key that is to take the place of the old one speaks as soon as the account has it', () => {
  const journal = new OwnJournal({
    chainId: region.chainId,
    name: 'v0',
    secretSeed: region.validatorSeeds[0] as Uint8Array,
    nextSeed: seedOf('new key'),
    state: region.state,
    clock,
    table: store.authored,
    open: () => store.open(),
    flush: () => store.flush(),
    chain: () => ({ height: region.blocks.length, timeMs: 0 }),
    isCurrent: () => true,
    give: (segment) => given.push(segment),
  });
  journal.author([note(1)]);
  journal.committed(region.commit(...given.splice(0)).executed.receipts);
  const publicKey = publicKeyOf(seedOf('new key'));
  region.commit(region.admin.seal({ operation: { kind: 'account.rekey', account: 'v0', publicKey, approvals: [] } }));
  expect(journal.author([note(1)])).toBe(true);
  expect(region.commit(...given).executed.receipts[0]).toMatchObject({ author: 'v0', epoch: 1, sequence: 0 });
});

test('f liars can neither call a validator late nor call it current', () => {
  const { validators } = region.genesis;
  const ids = validators.map(({ publicKey }) => toHex(publicKey));
  const own = ids[0] as string;
  const heights = new PeerHeights();
  const isCurrent = (height: number) => heights.isCurrent(validators, own, height);
  heights.note(ids[1] as string, 1_000_000);
  expect(isCurrent(10)).toBe(false);
  heights.note(ids[2] as string, 10);
  expect(isCurrent(10)).toBe(true);
  expect(isCurrent(9)).toBe(false);
  heights.note(ids[1] as string, 0);
  heights.note(ids[3] as string, 12);
  expect(isCurrent(9)).toBe(false);
  expect(heights.isCurrent(validators, 'stranger', 99)).toBe(false);
});
