import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { loadTerminalConfig, parseTerminalConfig, terminalConfigJsonSchema } from '#agent/config/terminal-config';

const least = {
  genesis: '../genesis.cbor',
  keyFile: 'lane.key',
  stateDir: '/var/lib/bizain/lane-1',
  terminal: '4012345000009/lane-1',
  epoch: 1,
  brokers: [{ url: 'mqtt://127.0.0.1:1883' }],
};

describe("a terminal's configuration", () => {
  it('needs little and fills in the rest', () => {
    expect(parseTerminalConfig(least, '/etc/bizain')).toMatchObject({
      genesis: '/etc/genesis.cbor',
      keyFile: '/etc/bizain/lane.key',
      stateDir: '/var/lib/bizain/lane-1',
      role: 'lane',
      mode: 'sell',
      basket: 'each-scan',
      deadlines: { onlineMs: 1_500, hubMs: 300 },
      cache: { series: 'all', batches: 'all' },
      api: { host: '127.0.0.1', tokenFile: '/etc/bizain/api-token' },
      brokers: [{ protocol: 'auto' }],
      laneShare: 0.5,
      allowVolatileState: false,
    });
  });

  it.each([
    ['an unknown key', { ...least, speed: 1 }, 'speed'],
    ['a terminal that is none', { ...least, terminal: 'lane-1' }, 'terminal'],
    ['no broker', { ...least, brokers: [] }, 'brokers'],
    ['a broker that is not MQTT', { ...least, brokers: [{ url: 'http://x' }] }, 'brokers.0.url'],
    ['a deadline out of bounds', { ...least, deadlines: { onlineMs: 0 } }, 'deadlines.onlineMs'],
    ['more than the whole budget', { ...least, laneShare: 1.1 }, 'laneShare'],
  ])('with %s is refused by the name of the key', (_what, value, key) => {
    expect(() => parseTerminalConfig(value, '/')).toThrow(key);
  });

  it('in a file that is not there or not JSON is refused with what to do', () => {
    const folder = mkdtempSync(join(tmpdir(), 'bizain-config-'));
    try {
      expect(() => loadTerminalConfig(join(folder, 'none.json'))).toThrow(/none\.json failed.*Check the path/);
      writeFileSync(join(folder, 'bad.json'), '{');
      expect(() => loadTerminalConfig(join(folder, 'bad.json'))).toThrow('that it is JSON');
    } finally {
      rmSync(folder, { recursive: true });
    }
  });

  it('has a JSON Schema beside it that says the same', () => {
    const file = join(import.meta.dirname, '../../../agent/config/terminal-config.schema.json');
    expect(JSON.parse(readFileSync(file, 'utf8'))).toEqual(terminalConfigJsonSchema());
  });
});
