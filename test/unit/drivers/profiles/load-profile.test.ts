import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { loadProfile, profilesFolder } from '#drivers/profiles/load-profile';
import { profileJsonSchema } from '#drivers/profiles/profile-json-schema';
import { scannerConfigSchema } from '#drivers/scanner-config';

let folder = '';

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'bizain-profiles-'));
  mkdirSync(join(folder, 'acme'));
});

afterEach(() => rmSync(folder, { recursive: true }));

describe('loadProfile', () => {
  test.each(['nobody/nothing', '../etc/passwd', 'generic', 'generic/LINE', 'generic/../line'])(
    'has no profile %j',
    (name) => {
      expect(() => loadProfile(name)).toThrowError(expect.objectContaining({ code: 'PROFILE_NOT_FOUND' }));
    },
  );

  test.each([
    ['text that is not JSON', '{'],
    ['an unknown key', '{"vendor":"a","model":"b","source":["c"],"speed":1}'],
    ['no source', '{"vendor":"a","model":"b","source":[]}'],
    ['an unknown framing', '{"vendor":"a","model":"b","source":["c"],"tcp":{"framing":"magic"}}'],
  ])('refuses a file with %s', (_, text) => {
    writeFileSync(join(folder, 'acme', 'one.json'), text);
    expect(() => loadProfile('acme/one', folder)).toThrowError(expect.objectContaining({ code: 'PROFILE_INVALID' }));
  });

  test('fills in defaults', () => {
    writeFileSync(join(folder, 'acme', 'one.json'), '{"vendor":"a","model":"b","source":["c"],"tcp":{"framing":"cr"}}');
    expect(loadProfile('acme/one', folder).tcp).toEqual({
      framing: 'cr',
      idleMs: 500,
      aimPrefix: 'when-present',
      encoding: 'utf-8',
    });
  });

  test('the JSON Schema beside the profiles is the one of the code', () => {
    expect(readFileSync(join(profilesFolder(), 'profile.schema.json'), 'utf8')).toBe(profileJsonSchema());
  });
});

describe('scannerConfigSchema', () => {
  test('fills in name and profile', () => {
    expect(scannerConfigSchema.parse({ transport: 'tcp-client', host: '127.0.0.1', port: 4001 })).toEqual({
      transport: 'tcp-client',
      name: 'scanner',
      host: '127.0.0.1',
      port: 4001,
      profile: 'generic/tcp-stx-etx',
    });
  });

  test.each([
    { transport: 'telepathy' },
    { transport: 'stdin', port: 1 },
    { transport: 'tcp-client', host: 'h', port: 0 },
    { transport: 'serial', path: '/dev/ttyS0', profile: '../x' },
    { transport: 'hid-pos', vendorId: 'c2e', productId: '0b87' },
  ])('refuses %j', (config) => {
    expect(scannerConfigSchema.safeParse(config).success).toBe(false);
  });
});
