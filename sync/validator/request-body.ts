/** Reads the body of an HTTP request, however it is framed, up to a size. */
import type { IncomingMessage } from 'node:http';

/** The body; null where it is larger than `bytesMax`, or the client went away before its end. Never rejects. */
export function readBody(request: IncomingMessage, bytesMax: number): Promise<Uint8Array | null> {
  const announced = Number(request.headers['content-length'] ?? 0);
  if (!(announced <= bytesMax)) return Promise.resolve(null);
  return new Promise((resolve) => {
    const parts: Uint8Array[] = [];
    let length = 0;
    const end = (body: Uint8Array | null): void => {
      request.off('data', take);
      resolve(body);
    };
    const take = (part: Uint8Array): void => {
      length += part.length;
      if (length <= bytesMax) {
        parts.push(part);
        return;
      }
      request.pause();
      end(null);
    };
    request.on('data', take);
    request.once('end', () => end(Uint8Array.from(Buffer.concat(parts))));
    request.once('error', () => end(null));
    request.once('close', () => end(null));
  });
}
