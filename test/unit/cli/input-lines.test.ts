import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { inputLines } from '#agent/cli/input-lines';

async function* chunksOf(bytes: Buffer, sizes: readonly number[]): AsyncGenerator<Buffer> {
  let at = 0;
  for (let turn = 0; at < bytes.length; turn++) {
    const size = sizes[turn % sizes.length] ?? 1;
    yield bytes.subarray(at, at + size);
    at += size;
  }
}

async function read(text: string | Buffer, sizes: readonly number[], bytesMax = 1_000): Promise<(string | null)[]> {
  const lines: (string | null)[] = [];
  for await (const line of inputLines(chunksOf(Buffer.from(text), sizes), bytesMax)) {
    lines.push(line.ok ? line.bytes.toString('utf8') : null);
  }
  return lines;
}

describe('inputLines', () => {
  it('splits at LF and CR LF; the last line needs no line break', async () => {
    expect(await read('a\r\n\nb', [1])).toEqual(['a', '', 'b']);
    expect(await read('a\n', [10])).toEqual(['a']);
    expect(await read('', [1])).toEqual([]);
  });

  it('names a line that is too long and goes on with the next', async () => {
    expect(await read(`${'x'.repeat(11)}\nok\n${'y'.repeat(10)}`, [3], 10)).toEqual([null, 'ok', 'y'.repeat(10)]);
  });

  it('does not depend on how the bytes arrive', async () => {
    const cuts = fc.array(fc.integer({ min: 1, max: 9 }), { minLength: 1, maxLength: 5 });
    const texts = fc.array(fc.stringMatching(/^[a-zä€]{0,12}$/), { maxLength: 8 });
    await fc.assert(
      fc.asyncProperty(texts, cuts, async (lines, sizes) => {
        const text = lines.map((line) => `${line}\n`).join('');
        expect(await read(text, sizes)).toEqual(lines);
      }),
      { numRuns: 200 },
    );
  });
});
