/**
 * Whether a shard of some height was surely older than allowed at a time: `times/<day>` in the region's shard notes the first block of
 * every ten minutes. Between the notes nothing is sure, and what is not sure counts for the lane.
 */
import { type Infer, list, record, versioned } from '#core/format';
import { heightFormat, regionShard, timeMsFormat } from '../ids.ts';
import { storedObject } from '../state/stored-object.ts';
import type { LedgerOverlay, LedgerView } from '../state/view.ts';

const noteEveryMs = 600_000;
const dayMs = 86_400_000;
/** Days without any note that are looked through: a region that was silent for longer tells nothing. */
const daysBackMax = 3;

/** `times/<day since 1970>` in the region's shard, oldest first. */
export const blockTimesFormat = versioned(
  'block-times',
  1,
  { bytesMax: 4_096 },
  { notes: list(record('block-time', { height: heightFormat, timeMs: timeMsFormat }), { max: dayMs / noteEveryMs }) },
);
/** A day's notes. */
export type BlockTimes = Infer<typeof blockTimesFormat>;

const days = storedObject(blockTimesFormat);
const dayKey = (day: number): string => `times/${day}`;
const notesOf = (view: LedgerView, day: number): BlockTimes['notes'] =>
  days.read(view, regionShard, dayKey(day))?.notes ?? [];

/** Notes a block where it is the first of its ten minutes. Before the block's segments. */
export function noteBlockTime(tx: LedgerOverlay, block: { readonly height: number; readonly timeMs: number }): void {
  const { height, timeMs } = block;
  const day = Math.floor(timeMs / dayMs);
  const notes = notesOf(tx, day);
  const last = notes.at(-1);
  if (last !== undefined && Math.floor(last.timeMs / noteEveryMs) >= Math.floor(timeMs / noteEveryMs)) return;
  days.write(tx, regionShard, dayKey(day), { notes: [...notes, { height, timeMs }] });
}

/** Height of the last noted block at or before a time; null where none is known. */
function notedHeight(view: LedgerView, timeMs: number): number | null {
  const today = Math.floor(timeMs / dayMs);
  for (let day = today; day >= Math.max(0, today - daysBackMax); day--) {
    const note = notesOf(view, day).findLast((one) => one.timeMs <= timeMs);
    if (note !== undefined) return note.height;
  }
  return null;
}

/** Whether a shard of this height was surely older than `ageMsMax` at `timeMs`. */
export function isSurelyOlder(view: LedgerView, height: number, timeMs: number, ageMsMax: number): boolean {
  const oldest = notedHeight(view, timeMs - ageMsMax);
  return oldest !== null && height < oldest;
}
