/** A short hash over the columns of a row, written with it and compared when it is read: SQLite notices few flipped bits. */
import { equalBytes, utf8 } from '#core/bytes';
import { sha256 } from '#core/hash';

/** What a column holds. */
export type Column = Uint8Array | string | number;

/** Against rot, not against forgers: what peers or terminals get proves itself. */
const sealBytes = 8;

/** The seal of a row: of its columns' lengths and contents, in order. */
export function sealOf(...columns: readonly Column[]): Uint8Array {
  const parts = columns.map((column) =>
    typeof column === 'number' ? utf8(`#${column}`) : typeof column === 'string' ? utf8(column) : column,
  );
  const lengths = utf8(parts.map(({ length }) => length).join(' '));
  return sha256(lengths, ...parts).slice(0, sealBytes);
}

/** Whether a row is what was sealed. */
export function isSealed(seal: Uint8Array, ...columns: readonly Column[]): boolean {
  return equalBytes(sealOf(...columns), seal);
}
