import { SocketAddress } from 'node:net';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { basicPasses, clientOf } from '#sync/validator/entry-client';

describe('the name that limits go by', () => {
  it('is the address for IPv4, also where IPv6 carries it', () => {
    expect(clientOf('192.0.2.7')).toBe('192.0.2.7');
    expect(clientOf('::ffff:192.0.2.7')).toBe('192.0.2.7');
    expect(clientOf(undefined)).toBe('gone');
  });

  it('is the network of 64 bits for IPv6, however the address is written', () => {
    expect(clientOf('2001:db8:1:2:3:4:5:6')).toBe('2001:db8:1:2');
    expect(clientOf('2001:DB8:1:2::6')).toBe('2001:db8:1:2');
    expect(clientOf('2001:db8::6')).toBe('2001:db8:0:0');
    expect(clientOf('::1')).toBe('0:0:0:0');
  });

  it('is one for all addresses of a network and another for another network', () => {
    const group = fc.nat(0xffff).map((value) => value.toString(16));
    const groups = fc.tuple(group, group, group, group);
    // The system's own way to write an address, with its zeros left out.
    const written = (parts: readonly string[]): string =>
      new SocketAddress({ address: parts.join(':'), family: 'ipv6' }).address;
    fc.assert(
      fc.property(groups, groups, groups, (network, host, other) => {
        fc.pre(network.slice(0, 3).some((part) => part !== '0'));
        expect(clientOf(written([...network, ...host]))).toBe(clientOf(written([...network, ...other])));
        const elsewhere = ['2', ...network.slice(1)];
        fc.pre(network[0] !== '2');
        expect(clientOf(written([...network, ...host]))).not.toBe(clientOf(written([...elsewhere, ...host])));
      }),
    );
  });
});

describe('the login', () => {
  const login = { username: 'shop', password: 'pass:word' };
  const header = (text: string): string => `Basic ${Buffer.from(text).toString('base64')}`;

  it('passes with name and password, and with nothing else', () => {
    expect(basicPasses(header('shop:pass:word'), login)).toBe(true);
    for (const wrong of [
      undefined,
      '',
      header('shop:pass'),
      header('shop'),
      header(':'),
      `${header('shop:pass:word')} `,
    ])
      expect(basicPasses(wrong, login)).toBe(false);
  });
});
