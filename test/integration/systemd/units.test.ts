import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { packageRoot } from '#agent/api/screen-files';
import { exitCode } from '#agent/cli/exit-code';
import { createProgram } from '#agent/cli/program';
import { tillNodeFlags, validatorNodeFlags } from '#agent/process-flags';

const folder = join(packageRoot(), 'systemd');
const units = readdirSync(folder).filter((file) => file.endsWith('.service'));

/** Directives of a unit: name to values, in order. */
function directivesOf(file: string): Map<string, string[]> {
  const found = new Map<string, string[]>();
  for (const line of readFileSync(join(folder, file), 'utf8').split('\n')) {
    const match = /^([A-Za-z]+)=(.*)$/.exec(line);
    if (match?.[1] === undefined) continue;
    found.set(match[1], [...(found.get(match[1]) ?? []), match[2] ?? '']);
  }
  return found;
}

describe('the units', () => {
  it('are those of a terminal and of a validator', () => {
    expect(units).toEqual(['bizain-agent@.service', 'bizain-validator@.service']);
  });

  it.each(units)('%s starts a command that the program has, with options that it knows', (file) => {
    const [command = ''] = directivesOf(file).get('ExecStart') ?? [];
    const [program, name, ...options] = command.split(' ');
    expect(program).toBe('/usr/bin/bizain');
    const known = createProgram('0').commands.find((candidate) => candidate.name() === name);
    const longs = known?.options.map(({ long }) => long);
    for (const option of options.filter((text) => text.startsWith('--'))) expect(longs).toContain(option);
    expect(command).toContain('/etc/bizain/%i/');
  });

  it.each(units)('%s holds no capability and sees nothing but its own state', (file) => {
    const directives = directivesOf(file);
    const exactly = {
      NoNewPrivileges: ['yes'],
      CapabilityBoundingSet: [''],
      ProtectSystem: ['strict'],
      ProtectHome: ['yes'],
      PrivateTmp: ['yes'],
      StateDirectory: ['bizain/%i'],
      StateDirectoryMode: ['0700'],
      UMask: ['0077'],
      LimitCORE: ['0'],
      Restart: ['always'],
      User: ['bizain'],
    };
    for (const [name, values] of Object.entries(exactly)) expect([name, directives.get(name)]).toEqual([name, values]);
    // Options of Node.js can load any code: they come from the unit, or there are none.
    const flags = file.startsWith('bizain-agent') ? tillNodeFlags : validatorNodeFlags;
    expect(directives.get('Environment')).toEqual([`NODE_OPTIONS=${flags.join(' ')}`]);
  });

  it("a validator's is not started again and again with a configuration that makes no sense", () => {
    const directives = directivesOf('bizain-validator@.service');
    expect(directives.get('RestartPreventExitStatus')).toEqual([String(exitCode.usage)]);
  });

  it('scanners belong to a group, and no rule opens a device to everybody', () => {
    const rules = readFileSync(join(folder, '60-bizain-scanner.rules'), 'utf8');
    const modes = [...rules.matchAll(/MODE="(\d+)"/g)].map((match) => match[1]);
    expect(new Set(modes)).toEqual(new Set(['0660']));
    expect(readFileSync(join(folder, 'bizain.sysusers.conf'), 'utf8')).toMatch(/^g bizain-scanner /m);
    expect(directivesOf('bizain-agent@.service').get('SupplementaryGroups')).toEqual(['bizain-scanner']);
  });
});
