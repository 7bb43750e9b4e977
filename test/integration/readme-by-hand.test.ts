/** The README's way to build a region and a store by hand, done exactly as it says: its own shell block, run by bash. */
import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, symlinkSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it, onTestFinished } from 'vitest';

const root = join(import.meta.dirname, '../..');
const readme = readFileSync(join(root, 'README.md'), 'utf8');
const folder = mkdtempSync(join(tmpdir(), 'bizain-by-hand-'));

function portIsFree(port: number): Promise<boolean> {
  const probe = createServer();
  return new Promise((resolve) => {
    probe.once('error', () => resolve(false));
    probe.listen(port, '127.0.0.1', () => probe.close(() => resolve(true)));
  });
}

/** Runs a script as a person's shell would; the jobs that it leaves running end with it, by their process group. */
function runInBash(script: string): Promise<{ code: number | null; out: string; err: string }> {
  const child = spawn('bash', ['-c', script], { cwd: folder, stdio: ['ignore', 'pipe', 'pipe'], detached: true });
  let out = '';
  let err = '';
  child.stdout.on('data', (chunk: Buffer) => {
    out += chunk.toString('utf8');
  });
  child.stderr.on('data', (chunk: Buffer) => {
    err += chunk.toString('utf8');
  });
  const endJobs = () => {
    try {
      if (child.pid !== undefined) process.kill(-child.pid, 'SIGTERM');
    } catch {
      // The whole group is gone already.
    }
  };
  child.once('exit', endJobs);
  onTestFinished(endJobs);
  return new Promise((resolve) => child.once('close', (code) => resolve({ code, out, err })));
}

afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe('the README', () => {
  it('builds a region of four and a store of two lanes by hand, in under ten minutes', async () => {
    const block = /```sh by-hand\n([\s\S]*?)```/.exec(readme)?.[1];
    expect(block).toBeDefined();
    for (const port of [1_883, 7_380, 7_381, 7_390, 7_400, 7_401, 7_402, 7_403]) {
      expect(await portIsFree(port), `port ${port}, which the README uses, is free`).toBe(true);
    }
    // The folder stands in for the clone: the program is there, already built.
    symlinkSync(join(root, 'dist'), join(folder, 'dist'));
    symlinkSync(join(root, 'node_modules'), join(folder, 'node_modules'));
    symlinkSync(join(root, 'package.json'), join(folder, 'package.json'));
    const steps = block?.replace('npm run --silent build\n', '') ?? '';
    const { code, out, err } = await runInBash(`set -eu\n${steps}`);
    expect(code, `${err}\n${out}`).toBe(0);
    expect(out).toContain('ACCEPT: Taken. Final');
    expect(out).toMatch(/REFUSE: Already used here, lane 1/);
  }, 180_000);
});
