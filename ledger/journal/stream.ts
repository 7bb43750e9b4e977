/** The two streams of an author's journal (ARCHITECTURE D3). */
import { uint } from '#core/format';

/** Everything that moves value or changes who may. */
export const valueStream = 0;
/** Physical facts: trace operations. */
export const traceStream = 1;
/** `valueStream` or `traceStream`. */
export const streamFormat = uint({ max: 1 });

/** Which stream an operation belongs to. */
export function streamOf(kind: string): 0 | 1 {
  return kind.startsWith('trace.') ? traceStream : valueStream;
}

/** One stream: an author's, of one epoch of its key. */
export interface StreamId {
  readonly author: string;
  readonly epoch: number;
  readonly stream: number;
}
