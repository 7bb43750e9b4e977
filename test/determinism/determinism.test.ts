import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, describe, expect, it } from 'vitest';
import { toHex } from '#core/bytes';
import { otherNode } from '../fixtures/other-node.ts';
import { openWorkload, operationOf, steps } from '../property/ledger/workload.ts';
import { chainId, publicOf, type World } from '../unit/ledger/world.ts';
import type { BlocksFile } from './execute-blocks.ts';

const { BIZAIN_SEED: seed = '20261125' } = process.env;
const folder = mkdtempSync(join(tmpdir(), 'bizain-determinism-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const base64 = (bytes: Uint8Array): string => Buffer.from(bytes).toString('base64');

/** Blocks of random operations of every kind by honest and hostile authors. */
function randomBlocks(): World {
  const world = openWorkload();
  const [list = []] = fc.sample(steps({ minLength: 600, maxLength: 600 }), { seed: Number(seed), numRuns: 1 });
  for (let at = 0; at < list.length; at += 6) {
    world.timeMs += 1_000;
    world.commit(
      list.slice(at, at + 6).map((step) => {
        const { author, operation } = operationOf(world, step);
        return world.segment(author, [operation]);
      }),
    );
  }
  return world;
}

function fileOf(world: World): string {
  const blocks = world.blocks.map(({ timeMs, beacon, segments }) => ({
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

function rootsBy(node: string, path: string, env: Record<string, string>, rebuildEvery: number): string[] {
  const program = join(import.meta.dirname, 'execute-blocks.ts');
  const args = ['--conditions=bizain-source', '--import', 'tsx', program, path, String(rebuildEvery)];
  const ran = spawnSync(node, args, { encoding: 'utf8', env: { ...process.env, ...env }, maxBuffer: 64 * 1024 * 1024 });
  if (ran.status !== 0) throw new Error(ran.stderr);
  return ran.stdout.trim().split('\n');
}

describe(`the same blocks (seed ${seed})`, () => {
  const world = randomBlocks();
  const path = fileOf(world);
  const roots = world.blocks.map(({ resultRoot }) => toHex(resultRoot));

  it('give the same roots in another process, locale and time zone', () => {
    expect(
      rootsBy(process.execPath, path, { LANG: 'tr_TR.UTF-8', LC_ALL: 'tr_TR.UTF-8', TZ: 'Asia/Shanghai' }, 0),
    ).toEqual(roots);
  });

  it('give the same roots on a state that was rebuilt of its leaves in between, every 7 blocks', () => {
    expect(rootsBy(process.execPath, path, { LANG: 'C', TZ: 'UTC' }, 7)).toEqual(roots);
  });

  it('give the same roots on another version of Node.js', () => {
    expect(rootsBy(otherNode, path, { LANG: 'de_DE.UTF-8', TZ: 'America/St_Johns' }, 0)).toEqual(roots);
  });
});
