/** Segments of a closed or forked branch that the admin lets in: `salvage/<author>/<epoch>/<stream>` in the author's shard (SPEC J12). */
import { type Infer, list, versioned } from '#core/format';
import { authorShard, hashFormat } from '../ids.ts';
import { storedObject } from '../state/stored-object.ts';
import type { LedgerOverlay, LedgerView } from '../state/view.ts';
import { spanFormat } from './span.ts';
import type { StreamId } from './stream.ts';

/** Most segments that are ever salvaged of one stream of one epoch. */
export const salvagedSegmentsMax = 256;

/** What was named and what of it has come. */
export const salvageFormat = versioned(
  'salvage',
  1,
  { bytesMax: 40 * 1024 },
  {
    /** Named and not executed yet, ascending; they enter in this order. */
    spans: list(spanFormat, { max: salvagedSegmentsMax }),
    /** Heads of those that were executed. */
    done: list(hashFormat, { max: salvagedSegmentsMax }),
  },
);
/** A stream's salvage as stored. */
export type Salvage = Infer<typeof salvageFormat>;

const salvages = storedObject(salvageFormat);
const salvageKey = ({ author, epoch, stream }: StreamId): string => `salvage/${author}/${epoch}/${stream}`;

/** What may be salvaged of a stream; nothing where the admin named nothing. */
export function readSalvage(view: LedgerView, of: StreamId): Salvage {
  return salvages.read(view, authorShard(of.author), salvageKey(of)) ?? { spans: [], done: [] };
}

/** Replaces what may be salvaged of a stream. */
export function writeSalvage(tx: LedgerOverlay, of: StreamId, salvage: Salvage): void {
  salvages.write(tx, authorShard(of.author), salvageKey(of), salvage);
}

/** Notes that the next named span was executed. */
export function closeNextNamed(tx: LedgerOverlay, of: StreamId): void {
  const { spans, done } = readSalvage(tx, of);
  const [first, ...rest] = spans;
  if (first !== undefined) writeSalvage(tx, of, { spans: rest, done: [...done, first.headHash] });
}
