// The one name of a thing, whatever symbol carried it: EAN-13, DataMatrix and Digital Link of one item meet here.

import { couponOfElement } from './coupon-code.ts';
import type { Gs1Element } from './element-string.ts';

// Primary keys, the most specific thing first (a logistics unit may also name the items it holds), each with the AIs
// that turn a class into one instance. Lots and dates describe an item, they do not name it.
const PRIMARY_KEYS: readonly (readonly [ai: string, instance: readonly string[]])[] = [
  ['00', []],
  ['255', []],
  ['8018', []],
  ['8017', []],
  ['01', ['21', '235']],
  ['03', ['21']],
  ['8006', ['21']],
  ['8010', ['8011']],
  ['253', []],
  ['8003', []],
  ['8004', []],
  ['8013', []],
  ['402', []],
  ['401', []],
  ['415', ['8020']],
  ['414', ['254']],
  ['417', []],
];

/** The canonical key and the AI it rests on. */
export interface CanonicalKey {
  readonly ai: string;
  readonly key: string;
}

/**
 * The canonical key of elements: `01/<gtin14>/21/<serial>`, `01/<gtin14>`, `00/<sscc>`, `255/<gcn13>/<serial>` (serial
 * as a number, so that leading zeros make no second coupon), otherwise `<ai>/<value>` of the primary key or, where
 * there is none, of the first element. At least one element.
 */
export function canonicalKeyOf(elements: readonly Gs1Element[]): CanonicalKey {
  const findValue = (ai: string): string | undefined => elements.find((element) => element.ai === ai)?.value;
  for (const [ai, instance] of PRIMARY_KEYS) {
    const value = findValue(ai);
    if (value === undefined) continue;
    if (ai === '255') return { ai, key: couponKey(value) };
    const parts = [ai, value];
    for (const qualifier of instance) {
      const qualified = findValue(qualifier);
      if (qualified !== undefined) parts.push(qualifier, qualified);
    }
    return { ai, key: parts.join('/') };
  }
  const first = elements[0] ?? { ai: '', value: '' };
  return { ai: first.ai, key: `${first.ai}/${first.value}` };
}

function couponKey(value: string): string {
  const coupon = couponOfElement(value);
  return coupon === null ? `255/${value}` : `255/${coupon.gcn}/${coupon.serial}`;
}
