/**
 * Who leads when: for each turn of the whole set a uniform permutation drawn from the epoch's seed, so that
 * every validator is due once a turn (ARCHITECTURE D10; SPEC R2, R4).
 */
import { assert } from '#core/assert';
import { taggedHash } from '#core/hash';
import type { ValidatorInfo } from '../wire/genesis.ts';

/** What the schedule needs to know of a region. */
export interface ScheduleConfig {
  /** Turns of the whole set in an epoch, at least 1. */
  readonly epochTurns: number;
}

/** A place in the schedule: what committed headers say about the next height. */
export interface SchedulePlace {
  /** Last committed height. */
  readonly height: number;
  /** First height of the epoch of the next height, and who votes in it. */
  readonly epochStart: number;
  readonly validators: readonly ValidatorInfo[];
  /** Seed of the epoch of the next height. */
  readonly seed: Uint8Array;
  readonly failed: readonly { readonly validator: number }[];
}

const drawValues = 2 ** 32;
const drawsABlock = 8;

/** Uniform draws of 32 bits: SHA-256 over (seed, turn, counter), eight to a hash, in order. */
function drawsFrom(seed: Uint8Array, turn: number): () => number {
  const place = new Uint8Array(8);
  const placeView = new DataView(place.buffer);
  placeView.setUint32(0, turn);
  let drawn = 0;
  let block: DataView = placeView;
  return () => {
    const at = drawn % drawsABlock;
    if (at === 0) {
      placeView.setUint32(4, drawn / drawsABlock);
      const hash = taggedHash('bizain/schedule/1', seed, place);
      block = new DataView(hash.buffer, hash.byteOffset, hash.byteLength);
    }
    drawn++;
    return block.getUint32(at * 4);
  };
}

/**
 * A uniform permutation of 0..count-1: Fisher-Yates (Knuth, TAOCP 3.4.2 algorithm P) with rejection
 * sampling, so that no index is favoured by a remainder.
 */
export function permutation(seed: Uint8Array, turn: number, count: number): number[] {
  assert(count >= 1 && count <= 0xffff, `cannot permute ${count}`);
  const draw = drawsFrom(seed, turn);
  const order = Array.from({ length: count }, (_, index) => index);
  for (let last = count - 1; last > 0; last--) {
    const bound = last + 1;
    const limit = drawValues - (drawValues % bound);
    let value = draw();
    while (value >= limit) value = draw();
    const chosen = value % bound;
    const held = order[last] as number;
    order[last] = order[chosen] as number;
    order[chosen] = held;
  }
  return order;
}

/**
 * The primaries of the next height in order of views, repeating: the one whose turn it is, then the next ones
 * of the permutation, without those that lately failed.
 */
export function leaderOrder(place: SchedulePlace): readonly number[] {
  const { length: count } = place.validators;
  const slot = place.height + 1 - place.epochStart;
  const order = permutation(place.seed, Math.floor(slot / count), count);
  const first = slot % count;
  const rotated = [...order.slice(first), ...order.slice(0, first)];
  const leaders = rotated.filter((validator) => !place.failed.some((f) => f.validator === validator));
  assert(leaders.length > 0, 'every validator is passed over');
  return leaders;
}

/** The primary of a view of the next height. */
export function primaryOf(place: SchedulePlace, view: number): number {
  const leaders = leaderOrder(place);
  return leaders[view % leaders.length] as number;
}
