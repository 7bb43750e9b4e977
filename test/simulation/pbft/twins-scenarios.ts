/** Every scenario of twins up to a bound, without those that differ in names only. */
import type { NodeOf } from './simulated-region.ts';
import { type Cut, castOf, playTwins, type Scenario, TwinsMemory } from './twins.ts';

/** Steps of a scenario; no attack known from the literature needs more. */
export const depth = 12;

const everybody = (machines: number): number => 2 ** machines - 1;

/** Nobody is cut off. */
export function whole(machines: number): Cut {
  return Array.from({ length: machines }, () => everybody(machines));
}

/** All ways to split machines into two parts. */
function splits(machines: number): Cut[] {
  return Array.from({ length: 2 ** (machines - 1) - 1 }, (_, at) => {
    const other = (at + 1) * 2;
    const rest = everybody(machines) - other;
    return Array.from({ length: machines }, (_, place) => ((other >> place) & 1 ? other : rest));
  });
}

/** One machine hears and all others are deaf, or the other way round: what no split can do. */
function ears(machines: number): Cut[] {
  return Array.from({ length: machines }, (_, place) => [
    Array.from({ length: machines }, () => 2 ** place),
    Array.from({ length: machines }, () => everybody(machines) - 2 ** place),
  ]).flat();
}

/** Everything that one step may do to the network; whole comes first. */
export function cutsOf(machines: number): Cut[] {
  return [whole(machines), ...splits(machines), ...ears(machines)];
}

/** The cut with the names of two machines swapped, as text. */
function swapped(cut: Cut, first: number, second: number): string {
  const name = (place: number): number => (place === first ? second : place === second ? first : place);
  return Array.from(cut, (_, place) => {
    const heard = cut[name(place)] as number;
    const both = ((heard >> first) & 1) === ((heard >> second) & 1);
    return both ? heard : heard ^ (2 ** first + 2 ** second);
  }).join();
}

/** Whether swapping both machines of a validator gives a scenario that comes earlier: one of the two is enough. */
function isMirrored(cuts: readonly Cut[], first: number, second: number): boolean {
  for (const cut of cuts) {
    const own = cut.join();
    const other = swapped(cut, first, second);
    if (own !== other) return other < own;
  }
  return false;
}

/** How scenarios are bounded. */
export interface Bound {
  /** So many times the cut changes. */
  readonly changes: number;
  /** The last step before which it does. */
  readonly lastChange: number;
  /** The first steps are not disturbed. */
  readonly wholeAtStart: boolean;
}

/** Steps at which the cut changes: every choice of `count` of them. */
function* changePoints(count: number, last: number, from = 1): Generator<number[]> {
  if (count === 0) {
    yield [];
    return;
  }
  for (let at = from; at <= last - count + 1; at++)
    for (const rest of changePoints(count - 1, last, at + 1)) yield [at, ...rest];
}

function* sequences(all: readonly Cut[], length: number, wholeAtStart: boolean): Generator<Cut[]> {
  if (length === 0) {
    yield [];
    return;
  }
  const choice = length === 1 && wholeAtStart ? all.slice(0, 1) : all;
  for (const rest of sequences(all, length - 1, wholeAtStart))
    for (const cut of choice) if (rest.at(-1) !== cut) yield [...rest, cut];
}

function spread(points: readonly number[], cuts: readonly Cut[]): Cut[] {
  return Array.from({ length: depth }, (_, at) => cuts[points.filter((point) => point <= at).length] as Cut);
}

/** All scenarios within the bound of a region in which the validator at one place of the order has two machines. */
export function* scenarios(validators: number, inOrder: number, bound: Bound): Generator<Scenario> {
  const { order } = castOf(validators);
  const all = cutsOf(validators + 1);
  for (const cuts of sequences(all, bound.changes + 1, bound.wholeAtStart)) {
    if (isMirrored(cuts, order[inOrder] as number, validators)) continue;
    for (const points of changePoints(bound.changes, bound.lastChange))
      yield { validators, twinned: [inOrder], cuts: spread(points, cuts) };
  }
}

/**
 * Plays every scenario within the bound that does something new; how many those were. Throws what goes wrong, with the
 * scenario.
 */
export function playAll(
  validators: number,
  inOrder: number,
  { bound, nodeOf }: { readonly bound: Bound; readonly nodeOf?: NodeOf },
): number {
  const memory = new TwinsMemory();
  let played = 0;
  for (const scenario of scenarios(validators, inOrder, bound)) {
    if (memory.knows(scenario)) continue;
    played++;
    try {
      if (!playTwins(scenario, memory, nodeOf)) throw new Error('a healed region does not go on');
    } catch (cause) {
      throw new Error(`twins at ${inOrder}, cuts ${JSON.stringify(scenario.cuts)}: ${String(cause)}`, { cause });
    }
  }
  return played;
}
