/** Lines of a byte stream, bounded: a line that is too long is named and thrown away, not gathered. */

/** A line without its line break, or why it is none. */
export type InputLine = { readonly ok: true; readonly bytes: Buffer } | { readonly ok: false };

const lf = 0x0a;
const cr = 0x0d;

function withoutCr(bytes: Buffer): Buffer {
  return bytes.at(-1) === cr ? bytes.subarray(0, -1) : bytes;
}

/** Splits at LF or CR LF. `ok: false` stands for a line of more than `bytesMax` bytes. A last line needs no line break. */
export async function* inputLines(stream: AsyncIterable<Buffer>, bytesMax: number): AsyncGenerator<InputLine> {
  let pending: Buffer[] = [];
  let size = 0;
  const take = (): InputLine => {
    const line: InputLine = size > bytesMax ? { ok: false } : { ok: true, bytes: withoutCr(Buffer.concat(pending)) };
    pending = [];
    size = 0;
    return line;
  };
  const add = (part: Buffer): void => {
    size += part.length;
    if (size > bytesMax) pending = [];
    else if (part.length > 0) pending.push(part);
  };
  for await (const chunk of stream) {
    let from = 0;
    for (let at = chunk.indexOf(lf); at >= 0; at = chunk.indexOf(lf, from)) {
      add(chunk.subarray(from, at));
      yield take();
      from = at + 1;
    }
    add(chunk.subarray(from));
  }
  if (size > 0) yield take();
}
