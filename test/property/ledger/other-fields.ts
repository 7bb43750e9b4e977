/** Operations with fields of other operations, or with the largest values that there are: what no honest author would say. */
import { decode, encode } from '#core/format';
import { type Operation, operationFormat } from '#ledger/operation';

/** Draws an integer from 0 to `count` - 1. */
export type Draw = (count: number) => number;

/** Every value in an operation that is no list and no record. */
export function* valuesIn(value: unknown): Generator<unknown> {
  if (value === null || typeof value !== 'object' || value instanceof Uint8Array) yield value;
  else for (const one of Object.values(value)) yield* valuesIn(one);
}

const extremes: readonly unknown[] = [
  ...[0, 1, 255, 65_535, 2 ** 32 - 1, Number.MAX_SAFE_INTEGER],
  ...[0n, 1n, 2n ** 64n - 1n, 2n ** 96n - 1n],
  null,
];

const sameSize = (one: unknown, other: unknown): boolean =>
  !(one instanceof Uint8Array) || !(other instanceof Uint8Array) || one.length === other.length;

/** A value of the pool of the same type, or one of the largest. */
function otherThan(value: unknown, pool: readonly unknown[], draw: Draw): unknown {
  const from = draw(3) === 0 ? extremes : pool;
  const like = from.filter(
    (one) => value === null || one === null || (typeof one === typeof value && sameSize(one, value)),
  );
  return like.length === 0 ? value : like[draw(like.length)];
}

function withOther(value: unknown, pool: readonly unknown[], draw: Draw): unknown {
  if (value === null || typeof value !== 'object' || value instanceof Uint8Array) return otherThan(value, pool, draw);
  if (Array.isArray(value)) {
    const roll = draw(6);
    if (value.length === 0 || roll === 0) return [];
    if (roll === 1) return [...value, ...value];
    if (roll === 2) return [...value].reverse();
    const at = draw(value.length);
    return value.map((one, index) => (index === at ? withOther(one, pool, draw) : one));
  }
  const names = Object.keys(value).filter((name) => name !== 'kind');
  if (names.length === 0) return value;
  const name = names[draw(names.length)] as string;
  const changed = { ...value, [name]: withOther((value as Record<string, unknown>)[name], pool, draw) };
  return draw(4) === 0 ? withOther(changed, pool, draw) : changed;
}

/** The operation with a field or two changed; null where that cannot be said in its format. */
export function withOtherFields(operation: Operation, pool: readonly unknown[], draw: Draw): Operation | null {
  const changed = withOther(operation, pool, draw) as Operation;
  try {
    return decode(operationFormat, encode(operationFormat, changed)).ok ? changed : null;
  } catch {
    // Encoding what is out of its format is an assertion against its writer.
    return null;
  }
}
