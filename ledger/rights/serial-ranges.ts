/** Sets of serials as ascending ranges that do not touch twice: what a lease covers, and what is taken out of it. */
import { type Infer, list, record } from '#core/format';
import { couponSerialFormat } from '../ids.ts';

/** Serials `first` to `last`, both included. */
export const serialRangeFormat = record('serial-range', { first: couponSerialFormat, last: couponSerialFormat });
/** Serials from first to last. */
export type SerialRange = Infer<typeof serialRangeFormat>;

/** Most ranges of a set. */
export const rangesMax = 256;
/** A set of serials as sent and stored. */
export const serialRangesFormat = list(serialRangeFormat, { max: rangesMax });

/** Whether ranges as somebody sent them are a set of at least one serial: ascending, apart from each other. */
export function isSerialSet(ranges: readonly SerialRange[]): boolean {
  let next = 0;
  for (const { first, last } of ranges) {
    if (first < next || last < first) return false;
    next = last + 1;
  }
  return ranges.length > 0;
}

/** Serials in a set. */
export function countSerials(ranges: readonly SerialRange[]): number {
  return ranges.reduce((sum, { first, last }) => sum + last - first + 1, 0);
}

/** The range of the set that holds the serial, found by halving; null where none does. */
function rangeWith(ranges: readonly SerialRange[], serial: number): SerialRange | null {
  let low = 0;
  let high = ranges.length - 1;
  while (low <= high) {
    const middle = (low + high) >>> 1;
    const range = ranges[middle];
    if (range === undefined) return null;
    if (serial < range.first) high = middle - 1;
    else if (serial > range.last) low = middle + 1;
    else return range;
  }
  return null;
}

/** Whether the set holds the serial. */
export function hasSerial(ranges: readonly SerialRange[], serial: number): boolean {
  return rangeWith(ranges, serial) !== null;
}

/** Whether the set holds every serial of a range. */
export function hasRange(ranges: readonly SerialRange[], { first, last }: SerialRange): boolean {
  for (let serial = first; serial <= last; ) {
    const range = rangeWith(ranges, serial);
    if (range === null) return false;
    serial = range.last + 1;
  }
  return true;
}

/** The set without another one; both ascend. May have more ranges than `rangesMax`. */
export function withoutSerials(ranges: readonly SerialRange[], taken: readonly SerialRange[]): SerialRange[] {
  const left: SerialRange[] = [];
  let at = 0;
  for (const { first, last } of ranges) {
    let from = first;
    for (; at < taken.length; at++) {
      const cut = taken[at] as SerialRange;
      if (cut.first > last) break;
      if (cut.first > from) left.push({ first: from, last: cut.first - 1 });
      from = Math.max(from, cut.last + 1);
      // It may reach into the next range too.
      if (cut.last > last) break;
    }
    if (from <= last) left.push({ first: from, last });
  }
  return left;
}

/** Both sets as one, neighbours joined. May have more ranges than `rangesMax`. */
export function joinedSerials(a: readonly SerialRange[], b: readonly SerialRange[]): SerialRange[] {
  const joined: { first: number; last: number }[] = [];
  for (const { first, last } of [...a, ...b].sort((x, y) => x.first - y.first)) {
    const before = joined.at(-1);
    if (before !== undefined && first <= before.last + 1) before.last = Math.max(before.last, last);
    else joined.push({ first, last });
  }
  return joined;
}
