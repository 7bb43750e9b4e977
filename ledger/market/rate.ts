/** Exact prices and rates: fractions of positive integers, compared by cross-multiplication; and a logarithm that sorts fast. */

/** A positive fraction of integers. */
export interface Rate {
  readonly num: bigint;
  readonly den: bigint;
}

/** Negative, zero or positive as a is less than, equal to or greater than b. */
export function compareRates(a: Rate, b: Rate): number {
  const left = a.num * b.den;
  const right = b.num * a.den;
  return left < right ? -1 : left > right ? 1 : 0;
}

/** The least integer not below `amount * num / den`. */
export function scaleUp(amount: bigint, { num, den }: Rate): bigint {
  return (amount * num + den - 1n) / den;
}

/** The greatest integer not above `amount * num / den`. */
export function scaleDown(amount: bigint, { num, den }: Rate): bigint {
  return (amount * num) / den;
}

/** The rate in the other direction. */
export function inverse({ num, den }: Rate): Rate {
  return { num: den, den: num };
}

const FRACTION_BITS = 20;
const MANTISSA_BITS = 26;
const MANTISSA_ONE = 2 ** (MANTISSA_BITS - 1);
const MANTISSA_TWO = 2 ** MANTISSA_BITS;

/**
 * How far two sums of up to six `logOfRate` may lie apart while the rates are equal: each is off by less than 1.3 units,
 * and a single `logOf` by less. Beyond it the logarithms decide, within it the exact fractions have to.
 */
export const LOG_SLACK = 16;

/**
 * log2 of a positive integer in units of 2^-20, rounded down: at most 1.3 units too low. Squares a mantissa of 26 bits, so
 * that every product is an exact integer below 2^53 and the answer is the same everywhere.
 */
export function logOf(value: bigint): number {
  const bits = value.toString(2).length;
  const shift = bits - MANTISSA_BITS;
  let mantissa = Number(shift > 0 ? value >> BigInt(shift) : value << BigInt(-shift));
  let fraction = 0;
  for (let bit = 0; bit < FRACTION_BITS; bit++) {
    mantissa = Math.floor((mantissa * mantissa) / MANTISSA_ONE);
    fraction *= 2;
    if (mantissa >= MANTISSA_TWO) {
      mantissa = Math.floor(mantissa / 2);
      fraction += 1;
    }
  }
  return (bits - 1) * 2 ** FRACTION_BITS + fraction;
}

/** log2 of a rate in units of 2^-20: off by less than 1.3 units in either direction. */
export function logOfRate({ num, den }: Rate): number {
  return logOf(num) - logOf(den);
}
