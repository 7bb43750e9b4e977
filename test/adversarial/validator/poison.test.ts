/** Genuinely signed poison: deep, huge, cut and contradictory entries. The region orders it, survives it, and agrees on what came of it. */
import { rmSync } from 'node:fs';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { concatBytes } from '#core/bytes';
import { publicKeyOf } from '#core/ed25519';
import { SeededEntropy } from '#core/entropy';
import { encode } from '#core/format';
import { type Entry, entryBytesMax, entryFormat, streamSeed } from '#ledger/journal/entry';
import { sealSegment, segmentEntriesMax, segmentHead } from '#ledger/journal/segment';
import type { Operation } from '#ledger/operation';
import { readValidatorConfig } from '#sync/validator/validator-config';
import { seedOf } from '../../fixtures/region.ts';
import { LiveRegion, until } from '../../integration/validator/live-region.ts';

const seed = process.env['BIZAIN_SEED'] ?? 'poison';
const author = 'poisoner';
let region: LiveRegion;
let next: { readonly sequence: number; readonly hash: Uint8Array } = { sequence: 0, hash: new Uint8Array(32) };
let registered = 0;

const account = (id: string): Operation => {
  return { kind: 'account.register', id, role: 0, publicKey: publicKeyOf(seedOf(id)), name: id };
};

beforeAll(async () => {
  region = await LiveRegion.open({ heartbeatMs: 300 });
  await region.start();
  await region.submit(account(author));
  next = { sequence: 0, hash: streamSeed(region.chainId, author, 0, 0) };
});
afterAll(() => region.close());

/** One genuine segment of whatever bytes, behind those before it. */
async function publish(entries: readonly Uint8Array[]): Promise<void> {
  const unsigned = {
    author,
    epoch: 0,
    stream: 0,
    firstSequence: next.sequence,
    previousHash: next.hash,
    entries: [...entries],
  } as const;
  const bytes = sealSegment(region.chainId, unsigned, seedOf(author));
  next = { sequence: next.sequence + entries.length, hash: segmentHead(unsigned) };
  await region.raw.publishAsync(region.topics.up(author), Buffer.from(bytes));
}

/** The region orders what an honest author says, and all validators have one state. */
async function goesOn(): Promise<void> {
  const [receipt] = await region.submit(account(`honest-${registered++}`));
  expect(receipt?.outcome).toBe(0);
  await region.settled();
}

/** Every entry of the poisoner has its receipt, a refusal, from every validator. */
async function ordered(): Promise<void> {
  const refused = () => region.validators.map((validator) => validator.status().entries.other);
  await until(() => Math.min(...refused()) >= next.sequence, 'the poison to be ordered');
}

const head: Omit<Entry, 'sequence' | 'operation'> = {
  seenHeight: 0,
  timeLowMs: 0,
  timeHighMs: 0,
  notAfterMs: null,
  dependsOn: null,
};
const whole = (sequence: number, operation: Operation) => encode(entryFormat, { ...head, sequence, operation });

/** `bytes` repeated until `size`. */
function filled(size: number, ...bytes: readonly number[]): Uint8Array {
  return Uint8Array.from({ length: size }, (_, at) => bytes[at % bytes.length] as number);
}

const poisons: Readonly<Record<string, () => readonly Uint8Array[]>> = {
  'arrays a hundred thousand deep': () => [concatBytes(filled(100_000, 0x81), Uint8Array.of(0x80))],
  'maps and tags, deep': () => [filled(60_000, 0xa1, 0xc1), filled(60_000, 0xd8, 0x18)],
  'lengths that no memory holds': () => [
    Uint8Array.of(0x9b, 255, 255, 255, 255, 255, 255, 255, 255),
    Uint8Array.of(0x5b, 0, 0, 0, 255, 255, 255, 255, 255),
    Uint8Array.of(0x9f, 0xff),
  ],
  'the largest entry, of nothing but noise': () => [new SeededEntropy(seed).bytes(entryBytesMax)],
  'as many entries as fit, of one byte': () => Array.from({ length: segmentEntriesMax }, () => Uint8Array.of(0xf6)),
  'entries that name another sequence': () => [whole(2 ** 40, account('x')), whole(0, account('y'))],
  'an entry cut short, and one with a tail': () => {
    const good = whole(next.sequence, account('z'));
    return [good.subarray(0, good.length - 1), concatBytes(good, Uint8Array.of(0))];
  },
  'operations that are not this author’s': () =>
    Array.from({ length: segmentEntriesMax }, (_, at) => whole(next.sequence + at, account(`no-${at}`))),
};

test.each(Object.entries(poisons))('%s neither stop nor fork the region', async (_, make) => {
  await publish(make());
  await goesOn();
  await ordered();
});

test('R24: who has lost its disk executes all of it again to the same state, in silence, and then votes', async () => {
  await region.stop(3);
  rmSync(readValidatorConfig(region.configs[3] as string).stateDir, { recursive: true });
  await region.start(3);
  const back = region.validator(3);
  expect(back.status().silentUpTo).toBe(Number.MAX_SAFE_INTEGER);
  await goesOn();
  await until(() => back.status().silentUpTo < back.status().height, 'the end of the silence');
  await ordered();
  const bound = back.status().silentUpTo;
  expect(bound).toBeGreaterThan(1);
  // With one of the others gone the region needs its vote.
  await region.stop(1);
  await goesOn();
  expect(back.status().height).toBeGreaterThan(bound);
});
