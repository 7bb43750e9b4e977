/** How the set of an epoch follows from the one before and from what the ledger wishes: a few changes at a time (SPEC R1). */
import { equalBytes } from '#core/bytes';
import { faultyMax } from '#ledger/validators/quorum';
import { validatorsMax, validatorsMin, type WishedValidator } from '#ledger/validators/validator-set';
import type { ValidatorInfo } from '../wire/genesis.ts';

/** A validator as the ledger wishes it. */
export type Wish = Pick<WishedValidator, 'name' | 'publicKey'>;

/** Most members that join, leave or take another key between an epoch of so many validators and the next. */
export function changesMax(validatorCount: number): number {
  return faultyMax(validatorCount);
}

const named = (list: readonly Wish[], name: string): Wish | undefined => list.find((one) => one.name === name);

/** One step from `set` towards `wished`: a new key first, then a newcomer, then a leaver; null where they are the same. */
function stepTowards(set: readonly ValidatorInfo[], wished: readonly Wish[]): readonly ValidatorInfo[] | null {
  const rotated = set.find(({ name, publicKey }) => {
    const wish = named(wished, name);
    return wish !== undefined && !equalBytes(wish.publicKey, publicKey);
  });
  if (rotated !== undefined) {
    const { name, publicKey } = named(wished, rotated.name) as Wish;
    return set.map((member) => (member === rotated ? { name, publicKey } : member));
  }
  const newcomer = wished.find(({ name }) => named(set, name) === undefined);
  if (newcomer !== undefined && set.length < validatorsMax) {
    return [...set, { name: newcomer.name, publicKey: newcomer.publicKey }];
  }
  const leaver = set.find(({ name }) => named(wished, name) === undefined);
  // Newcomers go before leavers, so that a region of four in which one takes another's place is never one of three.
  return leaver !== undefined && set.length > validatorsMin ? set.filter((member) => member !== leaver) : null;
}

/**
 * The set that follows `set`: at most `changesMax` steps towards `wished`. If none of those who are new can vote yet, the others
 * are still a quorum. Indices: who stays keeps its order, newcomers come last. What is left over is done in later epochs.
 */
export function nextSet(set: readonly ValidatorInfo[], wished: readonly Wish[]): readonly ValidatorInfo[] {
  let next = set;
  for (let change = 0; change < changesMax(set.length); change++) {
    const stepped = stepTowards(next, wished);
    if (stepped === null) break;
    next = stepped;
  }
  return next;
}
