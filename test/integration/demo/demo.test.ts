/** The README's first command, run as a child: the story holds, one line of JSON says so, and nothing is left behind. */
import { spawn } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';

const program = join(import.meta.dirname, '../../../dist/agent/main.js');
const temporary = mkdtempSync(join(tmpdir(), 'bizain-demo-test-'));

interface Run {
  readonly code: number | null;
  readonly lines: readonly string[];
}

function runDemo(
  args: readonly string[],
  feed?: (input: NodeJS.WritableStream, text: () => string) => void,
): Promise<Run> {
  const child = spawn(process.execPath, [program, 'demo', ...args], {
    stdio: ['pipe', 'pipe', 'inherit'],
    env: { ...process.env, TMPDIR: temporary, NO_COLOR: '1' },
  });
  let out = '';
  child.stdout.on('data', (chunk: Buffer) => {
    out += chunk.toString('utf8');
    feed?.(child.stdin, () => out);
  });
  if (feed === undefined) child.stdin.end();
  return new Promise((resolve) => child.once('close', (code) => resolve({ code, lines: out.trimEnd().split('\n') })));
}

/** Processes whose command line names the folder of a demo. */
function processesOf(folder: string): string[] {
  return readdirSync('/proc')
    .filter((name) => /^[0-9]+$/.test(name))
    .filter((pid) => {
      try {
        return readFileSync(`/proc/${pid}/cmdline`, 'utf8').includes(folder);
      } catch {
        return false;
      }
    });
}

afterAll(() => rmSync(temporary, { recursive: true, force: true }));

describe('bizain demo', () => {
  it('--once --json tells the whole story, ends with one JSON line, leaves no process and no file', async () => {
    const { code, lines } = await runDemo(['--once', '--json']);
    const summary = JSON.parse(lines.at(-1) ?? '') as { ok: boolean; steps: { step: string; ok: boolean }[] };
    expect(code, lines.join('\n')).toBe(0);
    expect(summary.ok).toBe(true);
    expect(summary.steps.map(({ step, ok }) => [step, ok])).toEqual(
      ['issued', 'goods-in', 'online-final', 'used-here', 'line-cut', 'offline-coupons', 'products', 'till-killed']
        .concat(['line-back', 'books-close', 'catch-up'])
        .map((step) => [step, true]),
    );
    expect(readdirSync(temporary)).toEqual([]);
    expect(processesOf(temporary)).toEqual([]);
  }, 180_000);

  it('stays open for a person: a typed code gets its verdict, the line can be cut, quit leaves nothing', async () => {
    const typed = ['cut', 'nonsense', 'restore', 'quit'];
    let fed = false;
    const { code, lines } = await runDemo([], (input, text) => {
      if (fed || !text().includes('Over to you')) return;
      fed = true;
      input.end(`${typed.join('\n')}\n`);
    });
    expect(code, lines.join('\n')).toBe(0);
    expect(lines.slice(-3)).toEqual([
      'the line is cut',
      expect.stringMatching(/^✘ lane-1 {3}refuse .*Not a code that can be read here/),
      'the line is back',
    ]);
    expect(readdirSync(temporary)).toEqual([]);
    expect(processesOf(temporary)).toEqual([]);
  }, 180_000);
});
