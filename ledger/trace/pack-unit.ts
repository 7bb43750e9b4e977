/** `trace.aggregate` and `trace.disaggregate`: products and units go into a logistics unit and out of it (SPEC T10, T11). */
import { hasCheckDigit } from '../check-digit.ts';
import { type Authorship, applied, conflicted, type Effect, type Handler, refused } from '../effect.ts';
import { reason } from '../reasons.ts';
import type { LedgerOverlay } from '../state/view.ts';
import { BatchSheet } from './batch-sheet.ts';
import { actReasons } from './judge-status.ts';
import { type LogisticsUnit, outermost, readUnit, treeOf, unitsIn, writeUnit } from './logistics-unit.ts';
import { type ProductGroup, unitGroupsMax, unitProductsMax, unitUnitsMax } from './operations.ts';
import { productBits } from './product-facts.ts';
import { notForBrands, storeOf } from './record-act.ts';
import { addName, nextNumber } from './registers.ts';
import { ascends } from './serial-list.ts';

type PackedGroup = LogisticsUnit['groups'][number];

/** What became of the contents so far. */
interface Packing {
  readonly flags: bigint;
  readonly conflict: boolean;
  readonly group: PackedGroup;
}

const empty: LogisticsUnit = { parent: null, units: [], groups: [] };
const outOfTrade = productBits.sold | productBits.inactive;

/** Whether an operation names contents in order, none twice. */
function isInOrder({ products, units }: { products: readonly ProductGroup[]; units: readonly string[] }): boolean {
  const names = products.map(({ tradeItem, lot }) => `${tradeItem}/${lot}`);
  const counted = products.reduce((sum, { serials }) => sum + serials.length, 0);
  return (
    ascends(names) && ascends(units) && products.every(({ serials }) => ascends(serials)) && counted <= unitProductsMax
  );
}

/** The serials of a group that are still packed in it. */
function stillIn(sheet: BatchSheet, { number, serials }: PackedGroup): string[] {
  return serials.filter((serial) => {
    const place = sheet.placeOf(serial);
    return place !== null && sheet.facts(place).parent === number;
  });
}

/** The unit's group of a batch, or a new one with the next number; null where the batch has no number left. */
function groupFor(tx: LedgerOverlay, sheet: BatchSheet, sscc: string, unit: LogisticsUnit): PackedGroup | null {
  const { tradeItem, lot } = sheet.batch;
  const known = unit.groups.find((group) => group.tradeItem === tradeItem && group.lot === lot);
  if (known !== undefined) return known;
  const number = nextNumber(tx, sheet.batch, 'parents');
  if (number === null) return null;
  addName(tx, sheet.batch, 'parents', sscc);
  return { tradeItem, lot, number, serials: [] };
}

/** Packs products of one batch. Sold and destroyed ones stay out, as do those that the batch does not list. */
function packProducts(by: Authorship, sheet: BatchSheet, group: PackedGroup, serials: readonly string[]): Packing {
  const allowed = storeOf(by) === null ? ~notForBrands : ~0n;
  const inside = new Set(stillIn(sheet, group));
  let flags = 0n;
  let conflict = false;
  for (const serial of serials) {
    const place = sheet.placeOf(serial);
    const facts = sheet.facts(place);
    const parent = facts.parent === group.number ? 0 : facts.parent;
    flags |= actReasons({ ...facts, parent }, 'pack', by.timeLowMs) & allowed;
    if (place === null || (facts.bits & outOfTrade) !== 0) {
      sheet.count('conflicted');
      conflict = true;
      continue;
    }
    sheet.packInto(place, group.number);
    inside.add(serial);
  }
  // Serials are ASCII, where the order of UTF-16 units is that of code points.
  const sorted = [...inside].sort((a, b) => (a < b ? -1 : 1));
  return { flags, conflict, group: { ...group, serials: sorted } };
}

/** The unit's groups with one put in or replaced; without empty ones where there would be too many. */
function withGroup(groups: readonly PackedGroup[], group: PackedGroup): PackedGroup[] {
  const others = groups.filter(({ tradeItem, lot }) => tradeItem !== group.tradeItem || lot !== group.lot);
  const kept = others.length < unitGroupsMax ? others : others.filter(({ serials }) => serials.length > 0);
  return [...kept, group];
}

function isTooLarge({ groups, units }: LogisticsUnit): boolean {
  const products = groups.reduce((sum, { serials }) => sum + serials.length, 0);
  return groups.length > unitGroupsMax || units.length > unitUnitsMax || products > unitProductsMax;
}

/** Puts units into a unit; reason bits, or null where one of them is unknown. */
function nestUnits(tx: LedgerOverlay, sscc: string, inner: readonly string[]): bigint | null {
  let flags = 0n;
  for (const child of inner) {
    const unit = readUnit(tx, child);
    if (unit === null) return null;
    if (unit.parent !== null && unit.parent !== sscc) flags |= reason.STILL_PACKED;
    writeUnit(tx, child, { ...unit, parent: sscc });
  }
  return flags;
}

/** Rule T10. */
export const aggregateUnit: Handler<'trace.aggregate'> = (tx, by, operation) => {
  const { sscc, products, units } = operation;
  const nothing = products.length === 0 && units.length === 0;
  if (nothing || !hasCheckDigit(sscc) || !isInOrder(operation)) return refused(reason.BAD_OPERATION);
  const root = outermost(tx, sscc, new Set(units));
  if (root === 'inside-itself') return refused(reason.BAD_OPERATION);
  let unit = readUnit(tx, sscc) ?? empty;
  let flags = 0n;
  let conflict = false;
  const store = storeOf(by);
  for (const { serials, ...key } of products) {
    const sheet = BatchSheet.open(tx, key, store);
    if (sheet === null) return refused(reason.NO_SUCH_BATCH);
    if (store === null && sheet.batch.brand !== by.author) return refused(reason.NOT_AUTHORISED);
    const group = groupFor(tx, sheet, sscc, unit);
    if (group === null) return refused(reason.LIMIT_EXCEEDED);
    const packing = packProducts(by, sheet, group, serials);
    sheet.flush(tx);
    flags |= packing.flags;
    conflict ||= packing.conflict;
    unit = { ...unit, groups: withGroup(unit.groups, packing.group) };
  }
  const nested = nestUnits(tx, sscc, units);
  if (nested === null) return refused(reason.NO_SUCH_BATCH);
  unit = { ...unit, units: [...new Set([...unitsIn(tx, sscc, unit), ...units])] };
  if (isTooLarge(unit)) return refused(reason.LIMIT_EXCEEDED);
  writeUnit(tx, sscc, unit);
  if (treeOf(tx, root) === null) return refused(reason.LIMIT_EXCEEDED);
  return conflict ? conflicted(flags | nested) : applied(0n, flags | nested);
};

/** Takes products out of their group; those that are not in it stay where they are. */
function unpackProducts(sheet: BatchSheet, group: PackedGroup, serials: readonly string[]): Packing {
  let flags = 0n;
  let conflict = false;
  for (const serial of serials) {
    const place = sheet.placeOf(serial);
    if (place === null) {
      flags |= sheet.batch.complete ? reason.NO_SUCH_SERIAL : reason.NOT_COMMISSIONED;
      sheet.count('conflicted');
      conflict = true;
      continue;
    }
    const { parent } = sheet.facts(place);
    if (parent === group.number) sheet.packInto(place, 0);
    else if (parent !== 0) flags |= reason.STILL_PACKED;
  }
  return { flags, conflict, group: { ...group, serials: stillIn(sheet, group) } };
}

function takeUnitsOut(tx: LedgerOverlay, sscc: string, inner: readonly string[]): void {
  for (const child of inner) {
    const unit = readUnit(tx, child);
    if (unit?.parent === sscc) writeUnit(tx, child, { ...unit, parent: null });
  }
}

/** Rule T11. */
export const disaggregateUnit: Handler<'trace.disaggregate'> = (tx, by, operation): Effect => {
  const { sscc, products, units } = operation;
  let unit = readUnit(tx, sscc);
  if (unit === null) return refused(reason.NO_SUCH_BATCH);
  if (!isInOrder(operation)) return refused(reason.BAD_OPERATION);
  const all = products.length === 0 && units.length === 0;
  const wanted = all ? unit.groups.filter(({ serials }) => serials.length > 0) : products;
  const store = storeOf(by);
  let flags = 0n;
  let conflict = false;
  for (const { serials, tradeItem, lot } of wanted) {
    const sheet = BatchSheet.open(tx, { tradeItem, lot }, store);
    if (sheet === null) return refused(reason.NO_SUCH_BATCH);
    if (store === null && sheet.batch.brand !== by.author) return refused(reason.NOT_AUTHORISED);
    const group = unit.groups.find((one) => one.tradeItem === tradeItem && one.lot === lot);
    const packing = unpackProducts(sheet, group ?? { tradeItem, lot, number: 0, serials: [] }, serials);
    sheet.flush(tx);
    flags |= packing.flags;
    conflict ||= packing.conflict;
    if (group !== undefined) unit = { ...unit, groups: withGroup(unit.groups, packing.group) };
  }
  takeUnitsOut(tx, sscc, all ? unit.units : units);
  writeUnit(tx, sscc, { ...unit, units: unitsIn(tx, sscc, unit) });
  return conflict ? conflicted(flags) : applied(0n, flags);
};
