/** The house rules that a linter has no rule for, over every tracked source file. */
import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { describe, expect, it } from 'vitest';

const root = join(import.meta.dirname, '../../..');
const tracked = execFileSync('git', ['ls-files', '-co', '--exclude-standard', '*.ts'], { cwd: root, encoding: 'utf8' })
  .split('\n')
  .filter((path) => path !== '' && existsSync(join(root, path)));
const source = tracked.filter((path) => /^(core|ledger|drivers|sync|agent)\//.test(path));
const text = (path: string) => readFileSync(join(root, path), 'utf8');

describe('house rules', () => {
  it('no source or test file is longer than 400 lines', () => {
    expect(tracked.filter((path) => text(path).split('\n').length > 401)).toEqual([]);
  });

  it('every source file says its job before its first line of code', () => {
    expect(source.filter((path) => !/^(#!.*\n)?\/[*/]/.test(text(path)))).toEqual([]);
  });

  it('no file is called utils, helpers, common, misc, manager or base', () => {
    const empty = /^(utils?|helpers?|common|misc|manager|base)(\.|-)/;
    expect(tracked.filter((path) => empty.test(basename(path)) || empty.test(`${basename(dirname(path))}.`))).toEqual(
      [],
    );
  });

  it('every top folder has a README', () => {
    const rooms = ['core', 'ledger', 'drivers', 'firmware-profiles', 'sync', 'agent', 'systemd', 'test'];
    expect(rooms.filter((room) => !existsSync(join(root, room, 'README.md')))).toEqual([]);
  });

  it('time and randomness come in from outside: only core touches the machine', () => {
    const impure =
      /\b(Date\.now|performance\.now|Math\.random|randomUUID|new Date\(\))|(?<![.\w])set(Timeout|Interval)\(/;
    expect(source.filter((path) => !path.startsWith('core/') && impure.test(text(path)))).toEqual([]);
  });

  it('SQLite is opened in one place, which keeps its objects from the garbage collector', () => {
    const opens = source.filter((path) => /\bnew Database\(/.test(text(path)));
    expect(opens).toEqual([]);
    expect(source.filter((path) => /extends Database\b/.test(text(path)))).toEqual(['core/sqlite.ts']);
  });

  it('nothing is left open in the code', () => {
    const marks = /\b(TODO|FIXME|XXX|HACK)\b/;
    expect(tracked.filter((path) => !path.endsWith('house-rules.test.ts') && marks.test(text(path)))).toEqual([]);
  });

  it('every exported name has a docstring', () => {
    const undocumented: string[] = [];
    for (const path of source) {
      const lines = text(path).split('\n');
      lines.forEach((line, index) => {
        const name = /^export (?:async )?(?:abstract )?(?:function\*?|class|interface|const) (\w+)/.exec(line)?.[1];
        if (name === undefined) return;
        const before = lines[index - 1] ?? '';
        const grouped = /^(export|\/\/|\s*\*\/|\/\*\*|\})/.test(before.trim()) && before.trim() !== '';
        if (!grouped) undocumented.push(`${path}: ${name}`);
      });
    }
    expect(undocumented).toEqual([]);
  });
});
