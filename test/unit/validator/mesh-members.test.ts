import { expect, test } from 'vitest';
import { publicKeyOf } from '#core/ed25519';
import { meshMembers, peerAddressOf } from '#sync/validator/mesh-members';
import { seedOf } from '../../fixtures/region.ts';

const validator = (name: string, key = name) => ({ name, publicKey: publicKeyOf(seedOf(key)) });
const wish = (name: string, address = '', key = name) => ({ ...validator(name, key), address, sinceMs: 0 });
const configured = new Map([
  ['a', { host: '10.0.0.1', port: 7_000 }],
  ['b', { host: '10.0.0.2', port: 7_000 }],
]);

test('members are the validators of this epoch and the next and those wished for, each key once', () => {
  const chain = { validators: [validator('a'), validator('gone')], validatorsNext: [validator('a'), validator('b')] };
  const members = meshMembers(chain, [wish('a'), wish('b'), wish('c', 'c.example:7100')], configured);
  expect(members.map(({ name }) => name)).toEqual(['a', 'gone', 'b', 'c']);
});

test('an address on the ledger goes before one in the configuration, and either before none', () => {
  const chain = { validators: [validator('a'), validator('b')], validatorsNext: [validator('a'), validator('x')] };
  const members = meshMembers(chain, [wish('a', '[fd00::7]:7001'), wish('b', 'nonsense')], configured);
  expect(members.map(({ name, address }) => [name, address])).toEqual([
    ['a', { host: 'fd00::7', port: 7_001 }],
    ['b', { host: '10.0.0.2', port: 7_000 }],
    ['x', null],
  ]);
});

test('a validator that changes its key is a member under both while both are in a set', () => {
  const chain = { validators: [validator('a')], validatorsNext: [validator('a', 'new')] };
  const members = meshMembers(chain, [wish('a', '', 'new')], configured);
  expect(members.map(({ publicKey }) => publicKey)).toEqual([publicKeyOf(seedOf('a')), publicKeyOf(seedOf('new'))]);
  expect(new Set(members.map(({ address }) => address))).toEqual(new Set([configured.get('a')]));
});

test('what names no host and port is no address', () => {
  const good = ['a:1', 'shop-1.example.org:65535', '192.0.2.7:80', '[::1]:7000'];
  expect(good.map((text) => peerAddressOf(text)?.host)).toEqual(['a', 'shop-1.example.org', '192.0.2.7', '::1']);
  const bad = [
    '',
    'a',
    ':1',
    'a:',
    'a:0',
    'a:65536',
    'a:1:2',
    '::1:7000',
    '[a:1',
    'a b:1',
    'a:1x',
    'http://a:1',
    '[::1]',
  ];
  expect(bad.filter((text) => peerAddressOf(text) !== null)).toEqual([]);
});
