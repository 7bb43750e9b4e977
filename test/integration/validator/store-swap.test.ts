/** One store takes the place of another: after a cut between any two steps the next start finds the old one or the new one, whole. */
import {
  copyFileSync,
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { Retention } from '#sync/validator/retention';
import { decideForIncoming, freshIncoming } from '#sync/validator/store-swap';
import { FedStore } from '../../fixtures/fed-store.ts';

const [oldHeight, newHeight] = [3, 9];
let folder: string;
let stateDir: string;
const at = (name: string) => join(stateDir, name);

function fed(dir: string, height: number): FedStore {
  const store = new FedStore(dir, new Retention(null));
  for (let next = 1; next <= height; next++) store.feed(store.segment(2));
  return store;
}

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'bizain-swap-'));
  stateDir = join(folder, 'state');
  const running = fed(stateDir, oldHeight);
  // As a power cut leaves it: with its log.
  for (const side of ['', '-wal']) copyFileSync(running.store.path + side, join(folder, `cut.db${side}`));
  running.store.close();
  for (const side of ['', '-wal']) copyFileSync(join(folder, `cut.db${side}`), at(`validator.db${side}`));
  const next = fed(join(folder, 'next'), newHeight);
  next.store.close();
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const bringIncoming = () => copyFileSync(join(folder, 'next', 'validator.db'), at('incoming.db'));

/** Height at which a start goes on; nothing of a change is left, and nothing was set aside. */
function start(): number {
  const { store } = new FedStore(stateDir, new Retention(null));
  const { height } = store.chain();
  expect(readdirSync(stateDir).filter((name) => !name.startsWith('validator.db'))).toEqual([]);
  expect(existsSync(at('validator.db.damaged'))).toBe(false);
  store.close();
  return height;
}

const cuts: Record<string, readonly [() => void, number]> = {
  'half an incoming store': [
    () => writeFileSync(at('incoming.db'), readFileSync(join(folder, 'next', 'validator.db')).subarray(0, 9_000)),
    oldHeight,
  ],
  'an incoming store with its log': [
    () => {
      bringIncoming();
      writeFileSync(at('incoming.db-wal'), new Uint8Array(32));
    },
    oldHeight,
  ],
  'a whole incoming store, not decided for': [bringIncoming, oldHeight],
  'a decision': [
    () => {
      bringIncoming();
      decideForIncoming(stateDir);
    },
    newHeight,
  ],
  'a decision, the old log gone': [
    () => {
      bringIncoming();
      decideForIncoming(stateDir);
      rmSync(at('validator.db-wal'));
    },
    newHeight,
  ],
  'a decision, the old database lost': [
    () => {
      bringIncoming();
      decideForIncoming(stateDir);
      rmSync(at('validator.db'));
    },
    newHeight,
  ],
  'the new store in its place': [
    () => {
      bringIncoming();
      decideForIncoming(stateDir);
      rmSync(at('validator.db-wal'));
      renameSync(at('next.db'), at('validator.db'));
    },
    newHeight,
  ],
};

test.each(Object.entries(cuts))('after a cut with %s a start goes on, again and again', (_what, [cut, height]) => {
  cut();
  expect(start()).toBe(height);
  expect(start()).toBe(height);
});

test('a second process does not touch what the first one fetches', () => {
  const first = new FedStore(stateDir, new Retention(null));
  const incoming = freshIncoming(stateDir);
  bringIncoming();
  expect(() => new FedStore(stateDir, new Retention(null))).toThrow(/holds/);
  expect(existsSync(incoming)).toBe(true);
  first.store.close();
});
