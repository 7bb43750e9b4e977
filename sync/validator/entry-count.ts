/** How many entries a body brings to a block, remembered by the identity of its bytes. */
import { decode } from '#core/format';
import { segmentFormat } from '#ledger/journal/segment';

const counts = new WeakMap<Uint8Array, number>();

/** Notes the count of a segment that was decoded anyway. */
export function noteEntryCount(bytes: Uint8Array, count: number): void {
  counts.set(bytes, count);
}

/** The count; 0 where the body is no segment and will be skipped. */
export function entryCount(bytes: Uint8Array): number {
  const known = counts.get(bytes);
  if (known !== undefined) return known;
  const decoded = decode(segmentFormat, bytes);
  const count = decoded.ok ? decoded.value.entries.length : 0;
  counts.set(bytes, count);
  return count;
}
