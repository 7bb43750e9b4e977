/** What a format looks like, as plain data: the source of limits and of the written reference. */
import { assert } from './assert.ts';
import { CBOR_DEPTH_MAX, CBOR_ITEMS_MAX, type DecodeLimits } from './codec.ts';

/** A named field of a record. */
export interface FieldShape {
  readonly name: string;
  readonly shape: FormatShape;
}

/** An alternative of a variant. The fields of a record stand beside the tag, any other value behind it. */
export interface CaseShape {
  readonly kind: string;
  readonly tag: number;
  readonly shape: FormatShape;
}

/** The structure of a format and its limits: integers inclusive, sizes in bytes. */
export type FormatShape =
  | { readonly type: 'uint'; readonly max: number }
  | { readonly type: 'bigUint'; readonly bitsMax: number }
  | { readonly type: 'bytes'; readonly min: number; readonly max: number }
  | { readonly type: 'text'; readonly min: number; readonly max: number; readonly pattern: string | null }
  | { readonly type: 'bool' }
  | { readonly type: 'literal'; readonly value: string | number | boolean | null }
  | { readonly type: 'optional'; readonly inner: FormatShape }
  | { readonly type: 'list'; readonly item: FormatShape; readonly min: number; readonly max: number }
  | { readonly type: 'record'; readonly name: string; readonly fields: readonly FieldShape[] }
  | { readonly type: 'variant'; readonly name: string; readonly cases: readonly CaseShape[] }
  | {
      readonly type: 'versioned';
      readonly name: string;
      readonly version: number;
      readonly bytesMax: number;
      readonly fields: readonly FieldShape[];
    };

/** Limits of a format with none left open. */
export type FormatLimits = Required<DecodeLimits>;

/** Longest head of a CBOR item: one byte and a 64-bit argument. */
const HEAD_BYTES = 9;

function leaf(contentBytes: number): FormatLimits {
  return { bytesMax: HEAD_BYTES + contentBytes, depthMax: 0, itemsMax: 1 };
}

function arrayOf(parts: readonly FormatLimits[], extraItems: number): FormatLimits {
  let bytesMax = HEAD_BYTES * (1 + extraItems);
  let depthMax = 0;
  let itemsMax = 1 + extraItems;
  for (const part of parts) {
    bytesMax += part.bytesMax;
    depthMax = Math.max(depthMax, part.depthMax);
    itemsMax += part.itemsMax;
  }
  return { bytesMax, depthMax: depthMax + 1, itemsMax };
}

function widest(parts: readonly FormatLimits[]): FormatLimits {
  return {
    bytesMax: Math.max(...parts.map((part) => part.bytesMax)),
    depthMax: Math.max(...parts.map((part) => part.depthMax)),
    itemsMax: Math.max(...parts.map((part) => part.itemsMax)),
  };
}

function caseLimits({ shape }: CaseShape): FormatLimits {
  if (shape.type !== 'record') return arrayOf([limitsOf(shape)], 1);
  return arrayOf(
    shape.fields.map((field) => limitsOf(field.shape)),
    1,
  );
}

/** The largest size, depth and number of items that any value of the shape can need. */
export function limitsOf(shape: FormatShape): FormatLimits {
  switch (shape.type) {
    case 'uint':
    case 'bool':
      return leaf(0);
    case 'bigUint':
      return leaf(Math.ceil(shape.bitsMax / 8));
    case 'bytes':
    case 'text':
      return leaf(shape.max);
    case 'literal':
      return leaf(typeof shape.value === 'string' ? Buffer.byteLength(shape.value) : 0);
    case 'optional':
      return limitsOf(shape.inner);
    case 'list': {
      const item = limitsOf(shape.item);
      return {
        bytesMax: HEAD_BYTES + shape.max * item.bytesMax,
        depthMax: 1 + item.depthMax,
        itemsMax: 1 + shape.max * item.itemsMax,
      };
    }
    case 'record':
      return arrayOf(
        shape.fields.map((field) => limitsOf(field.shape)),
        0,
      );
    case 'variant':
      return widest(shape.cases.map(caseLimits));
    case 'versioned': {
      const natural = arrayOf(
        shape.fields.map((field) => limitsOf(field.shape)),
        1,
      );
      return { ...natural, bytesMax: shape.bytesMax };
    }
  }
}

/** `limitsOf`, bounded by what the codec takes at all; asserts that the nesting can be encoded. */
export function decodeLimitsOf(shape: FormatShape): FormatLimits {
  const limits = limitsOf(shape);
  assert(limits.depthMax <= CBOR_DEPTH_MAX, `format nests ${limits.depthMax} arrays, at most ${CBOR_DEPTH_MAX}`);
  // Every item takes a byte, so the size limit bounds the items as well.
  return { ...limits, itemsMax: Math.min(limits.itemsMax, limits.bytesMax, CBOR_ITEMS_MAX) };
}
