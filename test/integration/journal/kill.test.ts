import { type ChildProcess, spawn } from 'node:child_process';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { toHex } from '#core/bytes';
import { SeededEntropy, uniformInt } from '#core/entropy';
import { Folder } from '../../unit/journal/journal-fixture.ts';

let folder: Folder;
let child: ChildProcess | undefined;
beforeEach(() => {
  folder = new Folder();
});
afterEach(() => {
  child?.kill('SIGKILL');
  folder.remove();
});

function start(): ChildProcess {
  const program = join(import.meta.dirname, 'killed-program.ts');
  const args = ['--conditions=bizain-source', '--import', 'tsx', program, folder.file];
  return spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] });
}

/** Lines said until the program was killed, after `linesBefore` of them. */
async function killAfter(linesBefore: number): Promise<string[]> {
  child = start();
  let text = '';
  const ended = new Promise((resolve) => child?.once('close', resolve));
  child.stdout?.setEncoding('utf8').on('data', (part: string) => {
    text += part;
    if (text.split('\n').length > linesBefore) child?.kill('SIGKILL');
  });
  await ended;
  return text
    .split('\n')
    .slice(0, -1)
    .filter((line) => line !== 'open');
}

test('a lane killed at any moment keeps every entry it had accepted, each once and in one chain', async () => {
  const seed = 20_260;
  const entropy = new SeededEntropy(seed);
  const acknowledged = new Map<number, string>();
  for (let round = 0; round < 4; round++) {
    for (const line of await killAfter(2 + uniformInt(entropy, 60))) {
      const [sequence, hash = ''] = line.split(' ');
      expect(acknowledged.has(Number(sequence)), `sequence ${sequence} given twice, seed ${seed}`).toBe(false);
      acknowledged.set(Number(sequence), hash);
    }
  }
  const journal = folder.open();
  for (const [sequence, hash] of acknowledged) {
    expect(toHex(journal.hashAt(0, sequence) ?? new Uint8Array()), `entry ${sequence}, seed ${seed}`).toBe(hash);
  }
  expect(acknowledged.size).toBeGreaterThanOrEqual(4);
  expect(journal.head(0).nextSequence % 2).toBe(0);
  journal.scrub();
});

test('a second process cannot open the journal while the first lives', async () => {
  child = start();
  await new Promise((resolve) => child?.stdout?.once('data', resolve));
  expect(() => folder.open()).toThrow(expect.objectContaining({ code: 'JOURNAL_LOCKED' }));
});
