import { resolve } from 'node:path';
import { expect, test } from 'vitest';
import { parseValidatorConfig, readValidatorConfig } from '#sync/validator/validator-config';

const written = {
  genesis: 'genesis.cbor',
  keyFile: '/keys/v1.key',
  stateDir: 'state',
  peerListen: { host: '127.0.0.1', port: 0 },
  peers: [{ name: 'v2', host: '127.0.0.1', port: 7_102 }],
  brokers: [{ url: 'mqtt://127.0.0.1:1883' }],
};

test('relative paths count from the folder of the file', () => {
  const config = parseValidatorConfig(written, '/etc/bizain');
  expect(config).toMatchObject({
    genesis: '/etc/bizain/genesis.cbor',
    keyFile: '/keys/v1.key',
    stateDir: '/etc/bizain/state',
    logLevel: 'info',
  });
  expect(config.genesis).toBe(resolve('/etc/bizain', 'genesis.cbor'));
});

test('an unknown key, a missing one and one out of bounds are refused by name', () => {
  const { genesis: _, ...without } = written;
  const wrong = [
    { value: { ...written, colour: 'red' }, names: /colour/ },
    { value: without, names: /genesis/ },
    { value: { ...written, peerListen: { host: 'x', port: 70_000 } }, names: /peerListen\.port/ },
    { value: { ...written, brokers: [{ url: 'http://x' }] }, names: /brokers\.0\.url/ },
  ];
  for (const { value, names } of wrong) expect(() => parseValidatorConfig(value, '/')).toThrow(names);
});

test('a file that is not there is named in the error', () => {
  expect(() => readValidatorConfig('/no/such/validator.json')).toThrow('/no/such/validator.json');
});
