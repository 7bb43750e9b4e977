/** Days of block time, for limits by the day. */

/** The UTC day of a time: days since 1970. */
export function dayOf(timeMs: number): number {
  return Math.floor(timeMs / 86_400_000);
}
