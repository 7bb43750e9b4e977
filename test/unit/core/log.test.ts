import { spawnSync } from 'node:child_process';
import { describe, expect, it } from 'vitest';
import { createLog, harmlessLine } from '#core/log';

interface Run {
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs a program against the real log: standard error is a real pipe of a real process. */
function run(program: string): Run {
  const source = `import { createLog } from '#core/log';\n${program}`;
  const args = ['--import', 'tsx', '--conditions', 'bizain-source', '--input-type=module', '-e', source];
  const { stdout, stderr, status } = spawnSync(process.execPath, args, {
    cwd: new URL('../../..', import.meta.url),
    encoding: 'utf8',
  });
  expect(status, stderr).toBe(0);
  return { stdout, stderr };
}

describe('a log', () => {
  it('writes one JSON line an event to standard error and nothing to standard output', () => {
    const { stdout, stderr } = run(`
      const log = createLog({ level: 'info', name: 'agent' });
      log.debug({ n: 1 }, 'below the level');
      log.child({ lane: 2 }).warn({ key: Uint8Array.of(1, 255), amount: 5n }, 'port gone');
      log.error({ err: new Error('inner') }, 'failed');
      createLog({ level: 'info', name: 'quiet', destination: 'silent' }).error({}, 'never seen');
    `);
    expect(stdout).toBe('');
    const lines = stderr
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line) as { readonly time?: string });
    expect(lines).toHaveLength(2);
    expect(lines[0]).toMatchObject({ level: 'warn', name: 'agent', lane: 2, key: '01ff', amount: 5, msg: 'port gone' });
    expect(lines[0]?.time).toMatch(/^\d{4}-\d\d-\d\dT[\d:.]+Z$/);
    expect(lines[1]).toMatchObject({ level: 'error', err: { message: 'inner' } });
  });

  it('cannot be forged by scanned data', () => {
    const { stderr } = run(`
      const data = 'x\\n{"level":"error","msg":"forged"}\\r\\u001b[2K\\u009b2J\\u2028\\u202e\\u007f';
      createLog({ level: 'info', name: 'agent' }).info({ data, [data]: 1 }, 'scan');
    `);
    expect(stderr.trimEnd().split('\n')).toHaveLength(1);
    // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what is looked for
    expect(stderr.trimEnd()).not.toMatch(/[\u0000-\u001f\u007f-\u009f\u2028\u2029\u202a-\u202e]/);
    expect(JSON.parse(stderr)).toMatchObject({ data: expect.stringContaining('\u001b[2K\u009b2J\u2028') });
  });
});

it('a harmless line is the same JSON value', () => {
  const value = { text: 'a\u0085b\u009bc\u2028d\u202ee\u2069f\u007f', plain: '商链' };
  const line = harmlessLine(JSON.stringify(value));
  expect(JSON.parse(line)).toEqual(value);
  expect(line).toContain('商链');
  expect(line).toContain('\\u009b');
});

it('a silent log takes everything and writes nothing', () => {
  const log = createLog({ level: 'silent', name: 'x' });
  expect(() => log.child({ a: 1 }).error({ b: 2 }, 'nothing')).not.toThrow();
});
