import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { PacketSizeGuard } from '#sync/outbox/packet-size-guard';

const bytesMax = 5_000;

/** A packet with a body of so many bytes, its length encoded as MQTT does (section 2.1.4). */
function packet(length: number): Uint8Array {
  const header = [0x30];
  let rest = length;
  do {
    header.push((rest % 128) | (rest >= 128 ? 0x80 : 0));
    rest = Math.floor(rest / 128);
  } while (rest > 0);
  const bytes = new Uint8Array(header.length + length).fill(0xff);
  bytes.set(header);
  return bytes;
}

/** The stream cut at any places; the index of the first refused byte, or null. */
function feed(stream: Uint8Array, cuts: readonly number[]): boolean {
  const guard = new PacketSizeGuard(bytesMax);
  const places = [...new Set(cuts.map((cut) => cut % (stream.length + 1)))].sort((a, b) => a - b);
  return [...places, stream.length].every((end, at) =>
    guard.accepts(stream.subarray(at === 0 ? 0 : places[at - 1], end)),
  );
}

describe('the packet size guard', () => {
  const lengths = fc.array(fc.oneof(fc.nat(300), fc.nat(bytesMax), fc.constantFrom(0, 127, 128, 16_383, bytesMax)), {
    minLength: 1,
    maxLength: 8,
  });

  it('refuses a stream exactly when a packet in it is too large, however the stream is cut', () => {
    fc.assert(
      fc.property(lengths, fc.array(fc.nat(100_000), { maxLength: 12 }), (sizes, cuts) => {
        const stream = Buffer.concat(sizes.map(packet));
        expect(feed(stream, cuts)).toBe(sizes.every((size) => size <= bytesMax));
      }),
      { numRuns: 300 },
    );
  });

  it('refuses a length field of more than four bytes', () => {
    expect(new PacketSizeGuard(bytesMax).accepts(Uint8Array.of(0x30, 0x80, 0x80, 0x80, 0x80, 0x00))).toBe(false);
  });
});
