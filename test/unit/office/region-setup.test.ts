import { existsSync, mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { readRegion } from '#agent/office/region-file';
import { createRegion, type RegionOptions } from '#agent/office/region-setup';
import { readKeyFile } from '#core/atomic-file';
import { VirtualClock } from '#core/clock';
import { publicKeyOf } from '#core/ed25519';
import { SeededEntropy } from '#core/entropy';
import { readValidatorConfig } from '#sync/validator/validator-config';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'bizain-region-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

const options = (part: Partial<RegionOptions> = {}): RegionOptions => ({
  folder: join(folder, 'east'),
  name: 'east',
  validators: 4,
  peerHost: '127.0.0.1',
  peerPortBase: 7_400,
  brokers: [{ url: 'mqtt://127.0.0.1:1883' }],
  clock: new VirtualClock({ startMs: 1_790_000_000_000 }),
  entropy: new SeededEntropy('region'),
  ...part,
});

describe('createRegion', () => {
  it('makes a genesis whose keys are those of the folders, private, and configurations that load', () => {
    const created = createRegion(options());
    const { genesis, file } = readRegion(created.folder);
    expect(genesis.adminPublicKey).toEqual(publicKeyOf(readKeyFile(created.adminKeyFile)));
    expect(file.chainId).toBe(created.chainId);
    created.validators.forEach(({ name, configPath }, index) => {
      const config = readValidatorConfig(configPath);
      expect(statSync(config.keyFile).mode & 0o777).toBe(0o600);
      expect(publicKeyOf(readKeyFile(config.keyFile))).toEqual(genesis.validators[index]?.publicKey);
      expect(config.peerListen.port).toBe(7_400 + index);
      const others = genesis.validators.map((validator) => validator.name).filter((other) => other !== name);
      expect(config.peers.map((peer) => peer.name)).toEqual(others);
      expect(existsSync(config.genesis)).toBe(true);
    });
  });

  it('makes three private operator keys, of which two are believed, unless public keys are given', () => {
    const created = createRegion(options());
    const { operators } = readRegion(created.folder).genesis;
    expect(created.operatorKeyFiles).toHaveLength(3);
    expect(operators).toEqual({
      threshold: 2,
      publicKeys: created.operatorKeyFiles.map((file) => publicKeyOf(readKeyFile(file))),
    });
    for (const file of created.operatorKeyFiles) expect(statSync(file).mode & 0o777).toBe(0o600);
    const given = { threshold: 1, publicKeys: operators.publicKeys.slice(1) };
    const other = createRegion(options({ folder: join(folder, 'west'), operators: given }));
    expect(readRegion(other.folder).genesis.operators).toEqual(given);
    expect(existsSync(join(folder, 'west', 'operators'))).toBe(false);
    const tooMany = { threshold: 3, publicKeys: operators.publicKeys.slice(1) };
    expect(() => createRegion(options({ folder: join(folder, 'north'), operators: tooMany }))).toThrow(
      expect.objectContaining({ code: 'BAD_INPUT' }),
    );
  });

  it('writes over nothing', () => {
    createRegion(options());
    expect(() => createRegion(options())).toThrow(expect.objectContaining({ code: 'ALREADY_THERE' }));
  });

  it.each([[{ validators: 3 }], [{ validators: 17 }], [{ name: 'East' }], [{ peerPortBase: 65_535 }]])(
    'refuses %j',
    (part) => {
      expect(() => createRegion(options(part))).toThrow(expect.objectContaining({ code: 'BAD_INPUT' }));
      expect(existsSync(join(folder, 'east'))).toBe(false);
    },
  );
});
