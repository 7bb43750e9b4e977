// Worker thread: decodes pictures one after the other, away from the thread that handles scans.

import { parentPort } from 'node:worker_threads';
import sharp from 'sharp';
import { assert } from '#core/assert';
import { type DecodedSymbol, PICTURE_PIXELS_MAX, type PictureFault } from './decoded-symbol.ts';
import { type GreyPicture, readSymbols } from './read-symbols.ts';

/** A picture file to decode. */
export interface DecodeRequest {
  readonly id: number;
  readonly bytes: Uint8Array;
}

/** The answer to the request with the same id. */
export type DecodeReply =
  | { readonly id: number; readonly ok: true; readonly symbols: readonly DecodedSymbol[] }
  | { readonly id: number; readonly ok: false; readonly reason: PictureFault; readonly detail: string };

// Sizes (longest edge in pixels) at which a picture is looked at. Codes photographed large or soft read better small;
// tiny screenshots read better enlarged.
const EDGES = [1_280, 640, 2_200];
const SMALL_EDGE = 400;

async function greyPicture(bytes: Uint8Array, edge: number | null): Promise<GreyPicture> {
  let image = sharp(bytes, { limitInputPixels: PICTURE_PIXELS_MAX, failOn: 'error', sequentialRead: true })
    .autoOrient()
    .flatten({ background: '#ffffff' })
    .greyscale();
  if (edge !== null) image = image.resize({ width: edge, height: edge, fit: 'inside', kernel: 'cubic' });
  const { data, info } = await image.raw().toBuffer({ resolveWithObject: true });
  const luminance = new Uint8ClampedArray(info.width * info.height);
  for (let index = 0; index < luminance.length; index++) luminance[index] = data[index * info.channels] ?? 0;
  return { luminance, width: info.width, height: info.height };
}

/** Looks at the picture at each size until one shows symbols. */
async function decode(bytes: Uint8Array): Promise<readonly DecodedSymbol[]> {
  const { width = 0, height = 0 } = await sharp(bytes, { limitInputPixels: PICTURE_PIXELS_MAX }).metadata();
  const longest = Math.max(width, height);
  // The picture as it is comes first, unless it is so large that a smaller one reads faster and no worse.
  const edges: (number | null)[] = longest <= 2_000 ? [null] : [];
  edges.push(...EDGES.filter((edge) => edge < longest));
  if (longest <= SMALL_EDGE) edges.push(longest * 3);
  for (const edge of edges) {
    const symbols = readSymbols(await greyPicture(bytes, edge));
    if (symbols.length > 0) return symbols;
  }
  return [];
}

async function answer(request: DecodeRequest): Promise<DecodeReply> {
  const { id, bytes } = request;
  try {
    return { id, ok: true, symbols: await decode(bytes) };
  } catch (error) {
    const detail = error instanceof Error ? error.message : String(error);
    return { id, ok: false, reason: /pixel limit/i.test(detail) ? 'PICTURE_TOO_LARGE' : 'NOT_A_PICTURE', detail };
  }
}

const port = parentPort;
assert(port !== null, 'decode-worker runs as a worker thread');
sharp.cache(false); // pictures are decoded once; memory of a small board is worth more
sharp.concurrency(1);
let queue: Promise<void> = Promise.resolve();
port.on('message', (request: DecodeRequest) => {
  queue = queue.then(async () => port.postMessage(await answer(request)));
});
