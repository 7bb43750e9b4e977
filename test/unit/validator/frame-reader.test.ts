import fc from 'fast-check';
import { expect, test } from 'vitest';
import { FrameReader, frameOf } from '#sync/validator/frame-reader';

test('frames come out whole and in order however the stream is cut', () => {
  const payloads = fc.array(fc.uint8Array({ minLength: 1, maxLength: 300 }), { maxLength: 20 });
  fc.assert(
    fc.property(payloads, fc.infiniteStream(fc.integer({ min: 1, max: 400 })), (sent, cuts) => {
      const stream = Buffer.concat(sent.map(frameOf));
      const reader = new FrameReader();
      const got: Uint8Array[] = [];
      for (let at = 0; at < stream.length; ) {
        const size = cuts.next().value as number;
        reader.push(Uint8Array.from(stream.subarray(at, at + size)));
        at += size;
        for (let frame = reader.next(300); frame != null; frame = reader.next(300)) got.push(frame);
      }
      expect(got).toEqual(sent);
    }),
  );
});

test('an empty frame and one longer than allowed end the stream', () => {
  for (const length of [0, 301, 0xffff_ffff]) {
    const reader = new FrameReader();
    const head = new Uint8Array(4);
    new DataView(head.buffer).setUint32(0, length);
    reader.push(head);
    expect(reader.next(300)).toBeNull();
    expect(reader.next(300)).toBeNull();
  }
});
