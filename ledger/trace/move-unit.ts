/** A whole logistics unit is received or shipped: each product in it, and it stays packed (SPEC T4, T5). */
import { assert } from '#core/assert';
import { type Authorship, applied, conflicted, type Effect, refused, terminalOf } from '../effect.ts';
import { reason } from '../reasons.ts';
import type { LedgerOverlay } from '../state/view.ts';
import { BatchSheet } from './batch-sheet.ts';
import { actReasons } from './judge-status.ts';
import { readUnit, treeOf, writeUnit } from './logistics-unit.ts';
import type { FollowAct } from './record-act.ts';

/** Records the act on everything in the unit. An unknown unit: NO_SUCH_BATCH. Flags are those of all products together. */
export function moveUnit(
  tx: LedgerOverlay,
  by: Authorship,
  { sscc, act }: { readonly sscc: string; readonly act: 'receive' | 'ship' },
  follow: FollowAct,
): Effect {
  const { store } = terminalOf(by);
  const unit = readUnit(tx, sscc);
  if (unit === null) return refused(reason.NO_SUCH_BATCH);
  const tree = treeOf(tx, sscc);
  assert(tree !== null, `unit ${sscc} has grown past its limits`);
  const sheets = new Map<string, BatchSheet>();
  // A unit that moves by itself is not in a larger one any more.
  let flags = unit.parent === null ? 0n : reason.STILL_PACKED;
  if (unit.parent !== null) writeUnit(tx, sscc, { ...unit, parent: null });
  let conflicts = 0;
  for (const { tradeItem, lot, number, serials } of tree.flatMap(({ groups }) => groups)) {
    const name = `${tradeItem}/${lot}`;
    const sheet = sheets.get(name) ?? BatchSheet.open(tx, { tradeItem, lot }, store);
    assert(sheet !== null, `unit ${sscc} holds products of an unknown batch`);
    sheets.set(name, sheet);
    for (const serial of serials) {
      const place = sheet.placeOf(serial);
      if (place === null) continue;
      const facts = sheet.facts(place);
      if (facts.parent !== number) continue;
      flags |= actReasons({ ...facts, parent: 0 }, act, by.timeLowMs);
      if (follow({ sheet, place, facts }) === 'clean') continue;
      sheet.count('conflicted');
      conflicts++;
    }
  }
  for (const sheet of sheets.values()) sheet.flush(tx);
  return conflicts === 0 ? applied(0n, flags) : conflicted(flags);
}
