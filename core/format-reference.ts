/** The written reference of a format, in Markdown, generated from its shape. */
import type { Format } from './format.ts';
import type { FieldShape, FormatShape } from './format-shape.ts';

type Named = Extract<FormatShape, { type: 'record' | 'variant' | 'versioned' }>;

function range(min: number, max: number): string {
  return min === max ? `${max}` : `${min} to ${max}`;
}

/** Cell text must not end the cell. */
function cell(text: string): string {
  return text.replaceAll('|', '\\|');
}

function typeOf(shape: FormatShape): string {
  switch (shape.type) {
    case 'uint':
      return shape.max === Number.MAX_SAFE_INTEGER ? 'unsigned integer to 2^53-1' : `unsigned integer to ${shape.max}`;
    case 'bigUint':
      return `unsigned integer of ${shape.bitsMax} bits${shape.bitsMax > 64 ? ', as big-endian bytes' : ''}`;
    case 'bytes':
      return `bytes, ${range(shape.min, shape.max)}`;
    case 'text':
      return `text, ${range(shape.min, shape.max)} bytes${shape.pattern === null ? '' : `, \`${shape.pattern}\``}`;
    case 'bool':
      return 'true or false';
    case 'literal':
      return `exactly \`${JSON.stringify(shape.value)}\``;
    case 'optional':
      return `${typeOf(shape.inner)}, or null`;
    case 'list':
      return `list of ${range(shape.min, shape.max)} items: ${typeOf(shape.item)}`;
    case 'record':
    case 'variant':
    case 'versioned':
      return `[${shape.name}](#${shape.name.toLowerCase()})`;
  }
}

function fieldRows(fields: readonly FieldShape[], firstPlace: number): string[] {
  return fields.map(({ name, shape }, index) => `| ${firstPlace + index} | ${name} | ${cell(typeOf(shape))} |`);
}

function tableOf(shape: Named): string[] {
  const head = ['| place | field | type |', '| --- | --- | --- |'];
  switch (shape.type) {
    case 'record':
      return [...head, ...fieldRows(shape.fields, 0)];
    case 'versioned':
      return [...head, `| 0 | (version) | exactly \`${shape.version}\` |`, ...fieldRows(shape.fields, 1)];
    case 'variant':
      return shape.cases.flatMap((alternative) => {
        const fields: readonly FieldShape[] =
          alternative.shape.type === 'record'
            ? alternative.shape.fields
            : [{ name: 'value', shape: alternative.shape }];
        const title = `Kind \`${alternative.kind}\`:`;
        return [title, '', ...head, `| 0 | (tag) | exactly \`${alternative.tag}\` |`, ...fieldRows(fields, 1), ''];
      });
  }
}

function partsOf(shape: FormatShape): readonly FormatShape[] {
  switch (shape.type) {
    case 'optional':
      return [shape.inner];
    case 'list':
      return [shape.item];
    case 'record':
    case 'versioned':
      return shape.fields.map((field) => field.shape);
    case 'variant':
      // The record of an alternative is written out in the variant's own tables.
      return shape.cases.flatMap((alternative) =>
        alternative.shape.type === 'record' ? partsOf(alternative.shape) : [alternative.shape],
      );
    default:
      return [];
  }
}

function collect(shape: FormatShape, into: Map<string, Named>): void {
  if (shape.type === 'record' || shape.type === 'variant' || shape.type === 'versioned') {
    if (into.has(shape.name)) return;
    into.set(shape.name, shape);
  }
  for (const part of partsOf(shape)) collect(part, into);
}

function titleOf(shape: Named): string {
  if (shape.type !== 'versioned') return '';
  return `Version ${shape.version}, at most ${shape.bytesMax} bytes. `;
}

/**
 * A Markdown section for the format and for each named format inside it: places in the CBOR array,
 * fields, types with their limits (integers inclusive, sizes in bytes).
 */
export function describeFormat(format: Format<unknown>): string {
  const sections = new Map<string, Named>();
  collect(format.shape, sections);
  const lines: string[] = [];
  for (const shape of sections.values()) {
    const kind = shape.type === 'variant' ? 'One of the kinds below, told apart by the tag.' : 'CBOR array.';
    lines.push(`### ${shape.name}`, '', `${titleOf(shape)}${kind}`, '', ...tableOf(shape), '');
  }
  if (lines.length === 0) lines.push(typeOf(format.shape));
  return `${lines
    .join('\n')
    .replaceAll(/\n{3,}/g, '\n\n')
    .trim()}\n`;
}
