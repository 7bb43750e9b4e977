import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type LocalApi, startLocalApi } from '#agent/api/local-api';
import { systemClock } from '#core/clock';
import { systemEntropy } from '#core/entropy';
import { createLog } from '#core/log';
import { ScriptedTerminal, verdictOf } from '../api/scripted-terminal.ts';
import { bizain } from './run-bizain.ts';

let folder: string;
let terminal: ScriptedTerminal;
let api: LocalApi;
let agent: string[];

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'bizain-cli-'));
  terminal = new ScriptedTerminal();
  const tokenFile = join(folder, 'api-token');
  const log = createLog({ level: 'silent', name: 'test' });
  const machine = { clock: systemClock, entropy: systemEntropy, log };
  api = await startLocalApi({ host: '127.0.0.1', port: 0, tokenFile, terminal, ...machine });
  agent = ['--api', api.url, '--token-file', tokenFile];
});
afterAll(async () => {
  await api.close();
  rmSync(folder, { recursive: true });
});

describe('questions to a running agent', () => {
  it('an accepted code ends with 0 and is the verdict as the agent gave it', async () => {
    const { exit, out, err } = await bizain(['redeem', 'BZ1:X', '--aim', ']Q1', '--json', ...agent]);
    expect([exit, err]).toEqual([0, '']);
    expect(JSON.parse(out)).toEqual(verdictOf());
    expect(terminal.asked.at(-1)).toEqual({ call: 'redeem', input: { data: 'BZ1:X', aim: ']Q1', device: 'cli' } });
  });

  it('a code that is refused or needs a second look ends with 1', async () => {
    for (const decision of ['refuse', 'warn'] as const) {
      terminal.answer = () => verdictOf({ decision, finality: 'none', text: { en: 'Look\u001b[31m\nhere', zh: '看' } });
      const { exit, out } = await bizain(['verify', 'X', ...agent]);
      expect(exit).toBe(1);
      expect(out).toContain(decision.toUpperCase());
      // What came from a code must not steer the terminal.
      expect(out).not.toContain('\u001b');
    }
    expect(terminal.asked.at(-1)?.call).toBe('verify');
  });

  it('a code from standard input arrives as it is, its line break left out', async () => {
    terminal.answer = () => verdictOf();
    const { exit } = await bizain(['verify', '-', ...agent], '(01)04012345000023(21)Ä\u001d10\n');
    expect(exit).toBe(0);
    expect(terminal.asked.at(-1)?.input.data).toBe('(01)04012345000023(21)Ä\u001d10');
  });

  it('status and queue answer as JSON and for people', async () => {
    terminal.entries = [
      {
        stream: 0,
        sequence: 3,
        kind: 'coupon.reserve',
        state: 'pending',
        key: '255/4012345000016/1',
        value: '100',
        ageMs: 4_000,
        verdictId: null,
      },
    ];
    const status = await bizain(['status', '--json', ...agent]);
    expect([status.exit, JSON.parse(status.out)]).toEqual([0, terminal.status()]);
    const queue = await bizain(['queue', '--json', ...agent]);
    expect([queue.exit, JSON.parse(queue.out)]).toEqual([0, { entries: terminal.entries }]);
    expect((await bizain(['status', ...agent])).out).toContain('books      balanced');
    expect((await bizain(['queue', ...agent])).out).toBe('0/3  coupon.reserve  255/4012345000016/1  4 s\n');
  });

  it('what the agent refuses is 3 with the agent’s own word', async () => {
    const { exit, err } = await bizain(['redeem', 'X', '--aim', 'zz', ...agent]);
    expect(exit).toBe(3);
    expect(err).toMatch(/BODY_INVALID.*\[AGENT_REFUSED\]\n$/);
  });
});
