/** Who speaks at the HTTPS entry: for limits, the address it comes from; for access, the login that a region may ask. */
import { timingSafeEqual } from 'node:crypto';
import { isIPv6 } from 'node:net';
import { utf8 } from '#core/bytes';
import { sha256 } from '#core/hash';

/** What clients must show, by HTTP Basic (RFC 7617). */
export interface EntryLogin {
  readonly username: string;
  readonly password: string;
}

/** The eight groups of an IPv6 address, the first four of them: what one subscriber commonly has (RFC 6177). */
function networkOf(address: string): string {
  const [head = '', tail] = address.split('::');
  const first = head === '' ? [] : head.split(':');
  const last = tail === undefined || tail === '' ? [] : tail.split(':');
  const groups = [...first, ...Array.from({ length: Math.max(0, 8 - first.length - last.length) }, () => '0'), ...last];
  return groups.slice(0, 4).join(':');
}

/** The name that limits go by: an IPv4 address, or the network of an IPv6 one. */
export function clientOf(address: string | undefined): string {
  if (address === undefined) return 'gone';
  const mapped = /^::ffff:([0-9.]+)$/i.exec(address)?.[1];
  if (mapped !== undefined) return mapped;
  return isIPv6(address) ? networkOf(address.toLowerCase()) : address;
}

/** Whether an Authorization header shows the login; takes the same time however much of it is right. */
export function basicPasses(header: string | undefined, { username, password }: EntryLogin): boolean {
  const wanted = `Basic ${Buffer.from(`${username}:${password}`).toString('base64')}`;
  return timingSafeEqual(sha256(utf8(header ?? '')), sha256(utf8(wanted)));
}
