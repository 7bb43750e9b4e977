/** The alternatives of a variant, checked when they are declared. */
import { assert } from './assert.ts';
import type { Cases, Format, RecordFormat } from './format.ts';
import type { RecordLayout } from './record-layout.ts';

/** One of them; `layout` is that of a record, whose fields stand beside the tag. */
export interface Alternative {
  readonly kind: string;
  readonly tag: number;
  readonly format: Format<unknown>;
  readonly layout: RecordLayout | null;
}

/** The alternatives in declared order. Asserts that tags are unique and within bounds, and that no field is called `kind`. */
export function alternativesOf(name: string, cases: Cases): readonly Alternative[] {
  const alternatives = Object.entries(cases).map(([kind, { tag, format }]) => {
    assert(Number.isSafeInteger(tag) && tag >= 0 && tag <= 0xffff, `${name}: tag ${tag} of ${kind}`);
    const layout = 'layout' in format ? (format as RecordFormat<unknown>).layout : null;
    assert(layout === null || !layout.names.includes('kind'), `${name}.${kind} has a field called kind`);
    return { kind, tag, format, layout };
  });
  const tags = new Set(alternatives.map(({ tag }) => tag));
  assert(tags.size === alternatives.length && tags.size > 0, `${name}: tags must be unique and at least one`);
  return alternatives;
}
