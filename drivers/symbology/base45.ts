// Base45 (RFC 9285), strict: the alphabet of QR codes in alphanumeric mode, which also survives keyboard wedges.

const ALPHABET = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ $%*+-./:';
const VALUES: ReadonlyMap<string, number> = new Map([...ALPHABET].map((character, value) => [character, value]));

/** Two bytes become three characters, a last single byte two (RFC 9285 section 4). */
export function encodeBase45(bytes: Uint8Array): string {
  let text = '';
  for (let index = 0; index < bytes.length; index += 2) {
    const first = bytes[index] ?? 0;
    const second = bytes[index + 1];
    let value = second === undefined ? first : first * 256 + second;
    for (let count = second === undefined ? 2 : 3; count > 0; count--) {
      text += ALPHABET.charAt(value % 45);
      value = Math.floor(value / 45);
    }
  }
  return text;
}

/**
 * The bytes of a base45 text; undefined when a character is outside the alphabet, the length is not possible, or a
 * group exceeds what its bytes can hold (RFC 9285 section 6 demands refusal). One text per byte string.
 */
export function decodeBase45(text: string): Uint8Array | undefined {
  if (text.length % 3 === 1) return undefined;
  const bytes: number[] = [];
  for (let index = 0; index < text.length; index += 3) {
    const group = text.slice(index, index + 3);
    let value = 0;
    for (let place = group.length - 1; place >= 0; place--) {
      const digit = VALUES.get(group.charAt(place));
      if (digit === undefined) return undefined;
      value = value * 45 + digit;
    }
    if (value > (group.length === 3 ? 0xffff : 0xff)) return undefined;
    if (group.length === 3) bytes.push(value >> 8, value & 0xff);
    else bytes.push(value);
  }
  return Uint8Array.from(bytes);
}
