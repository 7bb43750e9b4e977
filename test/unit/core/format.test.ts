import { describe, expect, it } from 'vitest';
import { AssertionFailure } from '#core/assert';
import { toHex } from '#core/bytes';
import { type CborValue, encodeCbor } from '#core/codec';
import {
  bigUint,
  bool,
  bytes,
  bytesOf,
  decode,
  encode,
  type Format,
  type Infer,
  list,
  literal,
  optional,
  record,
  text,
  uint,
  variant,
  versioned,
} from '#core/format';
import { describeFormat } from '#core/format-reference';
import { treeOf } from '../../fixtures/formats/format-oracle.ts';

const operation = variant('operation', {
  redeem: { tag: 1, format: record('redeem', { item: bytesOf(4), amount: bigUint({ bitsMax: 64 }) }) },
  count: { tag: 2, format: uint({ max: 9 }) },
  heartbeat: { tag: 7, format: record('heartbeat', {}) },
});
const entry = versioned(
  'entry',
  3,
  { bytesMax: 100 },
  {
    sequence: uint(),
    store: text({ min: 1, max: 8, pattern: /^[a-z]+$/ }),
    online: bool(),
    note: optional(bytes({ max: 3 })),
    operations: list(operation, { min: 1, max: 4 }),
    stream: literal('value'),
  },
);
type Entry = Infer<typeof entry>;

const example: Entry = {
  sequence: 7,
  store: 'north',
  online: true,
  note: null,
  operations: [
    { kind: 'redeem', item: Uint8Array.of(1, 2, 3, 4), amount: 5n },
    { kind: 'count', value: 3 },
    { kind: 'heartbeat' },
  ],
  stream: 'value',
};

/** Decodes a CBOR value that no honest encoder would produce for the format. */
function decodeValue<T>(format: Format<T>, value: CborValue) {
  return decode(format, encodeCbor(value));
}

const exampleTree = treeOf(encode(entry, example)) as CborValue[];

/** The same entry with one place of its array replaced. */
function entryWith(place: number, value: CborValue): CborValue {
  const items = [...exampleTree];
  items[place] = value;
  return items;
}

describe('a versioned record', () => {
  it('decodes to what was encoded', () => {
    expect(decode(entry, encode(entry, example))).toEqual({ ok: true, value: example });
  });

  it('is an array of version and fields in declared order', () => {
    const wire = [3, 7, 'north', true, null, [[1, Uint8Array.of(1, 2, 3, 4), 5n], [2, 3], [7]], 'value'];
    expect(toHex(encode(entry, example))).toBe(toHex(encodeCbor(wire)));
  });

  it.each<[string, CborValue, string, string]>([
    ['no array', 'entry', 'WRONG_TYPE', 'entry expected'],
    ['another version', entryWith(0, 4), 'UNKNOWN_VERSION', 'another version than 3'],
    ['another version of another length', [2], 'UNKNOWN_VERSION', 'another version'],
    ['a field too few', exampleTree.slice(0, 6), 'WRONG_LENGTH', '6 items, 7 expected'],
    ['a field too many', [...exampleTree, 0], 'WRONG_LENGTH', '8 items, 7 expected'],
    ['a number for a text', entryWith(2, 1), 'WRONG_TYPE', '.store: text expected'],
    ['text against the pattern', entryWith(2, 'N'), 'OUT_OF_RANGE', '.store: does not match'],
    ['text too long', entryWith(2, 'abcdefghi'), 'OUT_OF_RANGE', '.store'],
    ['bytes too long', entryWith(4, new Uint8Array(4)), 'OUT_OF_RANGE', '.note: 4 bytes'],
    ['a negative integer', entryWith(1, -1), 'OUT_OF_RANGE', '.sequence'],
    ['an integer over 2^53', entryWith(1, 2n ** 60n), 'OUT_OF_RANGE', '.sequence'],
    ['an empty list', entryWith(5, []), 'OUT_OF_RANGE', '.operations: 0 items'],
    ['a list too long', entryWith(5, [[7], [7], [7], [7], [7]]), 'OUT_OF_RANGE', '.operations: 5 items'],
    ['an unknown kind', entryWith(5, [[7], [8]]), 'UNKNOWN_KIND', '.operations[1]: operation'],
    ['a kind without a tag', entryWith(5, [[]]), 'WRONG_TYPE', '.operations[0]'],
    [
      'a kind with a bad field',
      entryWith(5, [[1, new Uint8Array(3), 0]]),
      'OUT_OF_RANGE',
      '.operations[0]<redeem>.item',
    ],
    ['a kind with a field too many', entryWith(5, [[7, 0]]), 'WRONG_LENGTH', '.operations[0]<heartbeat>: 2 items'],
    ['a plain kind out of range', entryWith(5, [[2, 10]]), 'OUT_OF_RANGE', '.operations[0]<count>'],
    ['a plain kind without value', entryWith(5, [[2]]), 'WRONG_LENGTH', '.operations[0]<count>'],
    ['another literal', entryWith(6, 'trace'), 'OUT_OF_RANGE', '.stream: not value'],
  ])('refuses %s and says where', (_, value, reason, detail) => {
    expect(decodeValue(entry, value)).toEqual({ ok: false, reason, detail: expect.stringContaining(detail) });
  });

  it('refuses bytes over its own limit, and asserts it when encoding', () => {
    expect(decode(entry, new Uint8Array(101))).toMatchObject({ ok: false, reason: 'TOO_LONG' });
    const tight = versioned('tight', 1, { bytesMax: 10 }, { body: bytes({ max: 100 }) });
    expect(encode(tight, { body: new Uint8Array(7) })).toHaveLength(10);
    expect(() => encode(tight, { body: new Uint8Array(8) })).toThrow(AssertionFailure);
  });

  it('asserts each limit when encoding', () => {
    const bad: Partial<Record<keyof Entry, unknown>>[] = [
      { sequence: -1 },
      { sequence: 1.5 },
      { store: 'North' },
      { store: '' },
      { online: 1 },
      { note: undefined },
      { note: [1] },
      { operations: [] },
      { operations: [{ kind: 'unknown' }] },
      { operations: [{ kind: 'redeem', item: Uint8Array.of(1, 2, 3, 4), amount: 2n ** 64n }] },
      { operations: [{ kind: 'redeem', item: Uint8Array.of(1, 2, 3, 4), amount: 5 }] },
      { stream: 'trace' },
    ];
    for (const change of bad) {
      expect(() => encode(entry, { ...example, ...change } as Entry), JSON.stringify(Object.keys(change))).toThrow(
        AssertionFailure,
      );
    }
  });
});

describe('leaves', () => {
  it('bigUint is always a bigint, an integer up to 64 bits and minimal bytes beyond', () => {
    const narrow = bigUint({ bitsMax: 64 });
    const wide = bigUint({ bitsMax: 128 });
    for (const value of [0n, 1n, 2n ** 53n, 2n ** 64n - 1n]) {
      expect(decode(narrow, encode(narrow, value))).toEqual({ ok: true, value });
      expect(decode(wide, encode(wide, value))).toEqual({ ok: true, value });
    }
    expect(toHex(encode(narrow, 5n))).toBe('05');
    expect(toHex(encode(wide, 5n))).toBe('4105');
    expect(decodeValue(wide, Uint8Array.of(0, 5))).toMatchObject({ reason: 'NOT_CANONICAL' });
    expect(decodeValue(wide, new Uint8Array(17).fill(1))).toMatchObject({ ok: false });
    expect(decodeValue(wide, 5)).toMatchObject({ reason: 'WRONG_TYPE' });
    expect(decodeValue(bigUint({ bitsMax: 10 }), 1024)).toMatchObject({ reason: 'OUT_OF_RANGE' });
    expect(decodeValue(narrow, -1)).toMatchObject({ reason: 'OUT_OF_RANGE' });
  });

  it('text limits count bytes of UTF-8', () => {
    const name = text({ min: 3, max: 6 });
    expect(decodeValue(name, '商链')).toEqual({ ok: true, value: '商链' });
    expect(decodeValue(name, '商链x')).toMatchObject({ reason: 'OUT_OF_RANGE' });
    expect(decodeValue(name, 'ab')).toMatchObject({ reason: 'OUT_OF_RANGE' });
    expect(decodeValue(name, '商')).toMatchObject({ ok: true });
    expect(() => encode(name, 'ab\ud800')).toThrow(AssertionFailure);
  });

  it('optional of something that may be null is refused as ambiguous', () => {
    expect(() => optional(optional(uint()))).toThrow(AssertionFailure);
    expect(() => optional(literal(null))).toThrow(AssertionFailure);
  });

  it('a format without its own size limit has one from its parts', () => {
    const pair = record('pair', { a: uint(), b: bytesOf(4) });
    expect(pair.limits).toEqual({ bytesMax: 9 + 9 + 13, depthMax: 1, itemsMax: 3 });
    expect(decode(pair, new Uint8Array(32))).toMatchObject({ reason: 'TOO_LONG' });
  });
});

describe('declarations', () => {
  it('with clashing tags, clashing names or hidden state are refused', () => {
    const one = record('one', { a: uint() });
    expect(() => variant('v', { a: { tag: 1, format: one }, b: { tag: 1, format: uint() } })).toThrow(AssertionFailure);
    expect(() => variant('v', { a: { tag: 1, format: record('r', { kind: uint() }) } })).toThrow(AssertionFailure);
    expect(() => variant('v', {})).toThrow(AssertionFailure);
    expect(() => record('r', { '1': uint() })).toThrow(AssertionFailure);
    expect(() => text({ max: 5, pattern: /a/g })).toThrow(AssertionFailure);
    expect(() => bytes({ min: 2, max: 1 })).toThrow(AssertionFailure);
    expect(() => versioned('v', 0, { bytesMax: 1 }, {})).toThrow(AssertionFailure);
  });

  it('deeper than the codec goes are refused', () => {
    let format: Format<unknown> = uint();
    expect(() => {
      for (let depth = 0; depth < 17; depth++) format = list(format, { max: 1 });
    }).toThrow(AssertionFailure);
  });
});

it('the reference lists every field of every named format with its limits', () => {
  const markdown = describeFormat(entry);
  for (const line of [
    '### entry',
    'Version 3, at most 100 bytes. CBOR array.',
    '| 0 | (version) | exactly `3` |',
    '| 2 | store | text, 1 to 8 bytes, `^[a-z]+$` |',
    '| 4 | note | bytes, 0 to 3, or null |',
    '| 5 | operations | list of 1 to 4 items: [operation](#operation) |',
    '### operation',
    'Kind `redeem`:',
    '| 2 | amount | unsigned integer of 64 bits |',
    '| 0 | (tag) | exactly `7` |',
  ]) {
    expect(markdown.split('\n')).toContain(line);
  }
});
