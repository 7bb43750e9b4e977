/**
 * Logistics units (boxes, pallets) by SSCC: what is packed in them. A product is in the unit whose number stands beside it in
 * its batch, a unit in the one that it names; a list that still names one that has left is put right when it is next written.
 */
import { type Infer, list, optional, record, uint, versioned } from '#core/format';
import { lotFormat, productSerialFormat, ssccFormat, tradeItemFormat, unitShard } from '../ids.ts';
import { storedObject } from '../state/stored-object.ts';
import type { LedgerOverlay, LedgerView } from '../state/view.ts';
import { unitGroupsMax, unitProductsMax, unitUnitsMax } from './operations.ts';
import { registerMax } from './registers.ts';

/** Deepest nesting: a product in a box in a case on a pallet in a container. */
export const nestingMax = 4;
/** Most units of one tree, and most products in it. */
export const treeUnitsMax = 128;
export const treeProductsMax = 2_048;

/** `unit/<sscc>` in the shard of its thousand. */
export const logisticsUnitFormat = versioned(
  'logistics-unit',
  1,
  { bytesMax: 48 * 1024 },
  {
    /** The unit that it is in. */
    parent: optional(ssccFormat),
    units: list(ssccFormat, { max: unitUnitsMax }),
    groups: list(
      record('packed-group', {
        tradeItem: tradeItemFormat,
        lot: lotFormat,
        /** The unit's number in the batch's register of parents. */
        number: uint({ max: registerMax }),
        /** Sorted; none after all were taken out. */
        serials: list(productSerialFormat, { max: unitProductsMax }),
      }),
      { max: unitGroupsMax },
    ),
  },
);
/** A unit as stored. */
export type LogisticsUnit = Infer<typeof logisticsUnitFormat>;

const units = storedObject(logisticsUnitFormat);
const unitKey = (sscc: string): string => `unit/${sscc}`;

/** A unit by its SSCC, or null. */
export function readUnit(view: LedgerView, sscc: string): LogisticsUnit | null {
  return units.read(view, unitShard(sscc), unitKey(sscc));
}

/** Creates or replaces a unit. */
export function writeUnit(tx: LedgerOverlay, sscc: string, unit: LogisticsUnit): void {
  units.write(tx, unitShard(sscc), unitKey(sscc), unit);
}

/** The units that are in a unit now. */
export function unitsIn(view: LedgerView, sscc: string, unit: LogisticsUnit): string[] {
  return unit.units.filter((child) => readUnit(view, child)?.parent === sscc);
}

/** The outermost unit around one, and whether `inner` is met on the way (or is the one itself). */
export function outermost(view: LedgerView, sscc: string, inner: ReadonlySet<string>): string | 'inside-itself' {
  let at = sscc;
  // No chain is longer: what would make it so is refused.
  for (let level = 0; level <= nestingMax; level++) {
    if (inner.has(at)) return 'inside-itself';
    const parent = readUnit(view, at)?.parent ?? null;
    if (parent === null) return at;
    at = parent;
  }
  return at;
}

/** Every unit of the tree below one, itself first; null where the tree is deeper or larger than is allowed. */
export function treeOf(view: LedgerView, sscc: string): readonly LogisticsUnit[] | null {
  const found: LogisticsUnit[] = [];
  let products = 0;
  let level = [sscc];
  for (let depth = 0; level.length > 0; depth++) {
    if (depth === nestingMax) return null;
    const next: string[] = [];
    for (const name of level) {
      const unit = readUnit(view, name);
      if (unit === null) continue;
      found.push(unit);
      products += unit.groups.reduce((sum, { serials }) => sum + serials.length, 0);
      if (found.length > treeUnitsMax || products > treeProductsMax) return null;
      next.push(...unitsIn(view, name, unit));
    }
    level = next;
  }
  return found;
}
