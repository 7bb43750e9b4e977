import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Command } from 'commander';
import { expect, test } from 'vitest';
import { packageRoot } from '#agent/api/screen-files';
import { createProgram } from '#agent/cli/program';

const page = readFileSync(join(packageRoot(), 'sync/validator/OPERATING.md'), 'utf8');
const commands = [...page.matchAll(/(?:^|`)(bizain [^`#\n]+)/gm)].map((match) => (match[1] ?? '').trim());

/** The command that the words name, and the words left over. */
function commandOf(words: readonly string[]): { command: Command; rest: readonly string[] } {
  let command: Command = createProgram('0');
  let at = 0;
  for (; at < words.length; at++) {
    const next = command.commands.find((candidate) => candidate.name() === words[at]);
    if (next === undefined) break;
    command = next;
  }
  return { command, rest: words.slice(at) };
}

test.each([...new Set(commands)])('the program knows every word of: %s', (line) => {
  const [, ...words] = line.split(/\s+/);
  const { command, rest } = commandOf(words);
  expect(command.commands).toEqual([]);
  const longs = command.options.map(({ long }) => long);
  const given = rest.filter((word) => word.startsWith('--'));
  for (const option of given) expect(longs).toContain(option);
  // A whole line, not a mention in a sentence, has all that the command asks for.
  if (page.includes(`\n${line}`) && given.length > 0)
    for (const { mandatory, long } of command.options) if (mandatory) expect(given).toContain(long);
});

test('the page shows the commands of an operator', () => {
  const named = ['status', 'schedule', 'init', 'validator prepare', 'validator join', 'validator leave'];
  for (const name of named) expect(commands.some((line) => line.startsWith(`bizain region ${name} `))).toBe(true);
});
