import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, describe, expect, it } from 'vitest';
import { toHex } from '#core/bytes';
import { otherNode } from '../fixtures/other-node.ts';
import { openWorkload } from '../property/ledger/opening.ts';
import { Opening } from '../property/ledger/stage.ts';
import { cases, play } from '../property/ledger/workload.ts';
import { chainId, day, type PastBlock, publicOf } from '../unit/ledger/world.ts';
import type { BlocksFile } from './execute-blocks.ts';

const { BIZAIN_SEED: seed = '20261125' } = process.env;
const folder = mkdtempSync(join(tmpdir(), 'bizain-determinism-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const base64 = (bytes: Uint8Array): string => Buffer.from(bytes).toString('base64');

/** Blocks of random operations of every kind by honest and hostile authors, one history after the other, from genesis on. */
function randomBlocks(): readonly PastBlock[] {
  const world = openWorkload();
  const stage = new Opening(world).stage();
  stage.signs = true;
  // All of it within the time of the first terms: 720 steps one after the other.
  stage.waitMsMax = day / 4;
  const histories = fc.sample(cases({ minLength: 60, maxLength: 60 }), { seed: Number(seed), numRuns: 12 });
  const applied = new Set<string | undefined>();
  for (const one of histories) {
    play(stage, one, ({ receipts, operations }) => {
      for (const [at, { outcome }] of receipts.entries()) if (outcome === 0) applied.add(operations[at]?.kind);
    });
  }
  expect(applied.size).toBeGreaterThan(40);
  return [...world.blocks, ...stage.blocks];
}

function fileOf(past: readonly PastBlock[]): string {
  const blocks = past.map(({ timeMs, beacon, segments }) => ({
    timeMs,
    beacon: base64(beacon),
    segments: segments.map(base64),
  }));
  const file: BlocksFile = {
    chainId: base64(chainId),
    adminPublicKey: base64(publicOf('admin')),
    region: 'test',
    blocks,
  };
  const path = join(folder, 'blocks.json');
  writeFileSync(path, JSON.stringify(file));
  return path;
}

function rootsBy(node: string, path: string, env: Record<string, string>, ...more: (string | number)[]): string[] {
  const program = join(import.meta.dirname, 'execute-blocks.ts');
  const args = ['--conditions=bizain-source', '--import', 'tsx', program, path, ...more.map(String)];
  const ran = spawnSync(node, args, { encoding: 'utf8', env: { ...process.env, ...env }, maxBuffer: 64 * 1024 * 1024 });
  if (ran.status !== 0) throw new Error(ran.stderr);
  return ran.stdout.trim().split('\n');
}

describe(`the same blocks (seed ${seed})`, () => {
  const blocks = randomBlocks();
  const path = fileOf(blocks);
  const roots = blocks.map(({ resultRoot }) => toHex(resultRoot));

  it('give the same roots in another process, locale and time zone', () => {
    expect(
      rootsBy(process.execPath, path, { LANG: 'tr_TR.UTF-8', LC_ALL: 'tr_TR.UTF-8', TZ: 'Asia/Shanghai' }, 0),
    ).toEqual(roots);
  });

  it('give the same roots on a state that was rebuilt of its leaves in between, every 7 blocks', () => {
    expect(rootsBy(process.execPath, path, { LANG: 'C', TZ: 'UTC' }, 7)).toEqual(roots);
  });

  it("give the same roots on a validator's file, opened anew every 9 blocks", () => {
    expect(rootsBy(process.execPath, path, {}, 9, join(folder, 'validator.db'))).toEqual(roots);
  });

  it('give the same roots on another version of Node.js', () => {
    expect(rootsBy(otherNode, path, { LANG: 'de_DE.UTF-8', TZ: 'America/St_Johns' }, 0)).toEqual(roots);
  });
});
