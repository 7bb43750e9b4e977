/** A terminal whose journals contradict each other speaks no more until it is enrolled anew (SPEC J5). */
import { readTerminal, terminalKey, terminals } from '../accounts/terminal.ts';
import { storeShard, terminalParts } from '../ids.ts';
import type { LedgerOverlay } from '../state/view.ts';

/** Freezes the terminal as of a block; false for an author that is no terminal, or is frozen already. */
export function freezeTerminal(tx: LedgerOverlay, author: string, height: number): boolean {
  const parts = terminalParts(author);
  const terminal = parts === null ? null : readTerminal(tx, parts.store, parts.lane);
  if (parts === null || terminal === null || terminal.frozenAtHeight !== null) return false;
  const frozen = { ...terminal, frozenAtHeight: height };
  terminals.write(tx, storeShard(parts.store), terminalKey(parts.lane), frozen);
  return true;
}
