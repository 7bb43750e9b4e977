import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { equalBytes, utf8 } from '#core/bytes';
import { sha256 } from '#core/hash';
import { quorum } from '#ledger/validators/quorum';
import { changesMax, nextSet } from '#sync/pbft/next-set';

const member = (name: string, key = name) => ({ name, publicKey: sha256(utf8(key)) });
const members = (...names: string[]) => names.map((name) => member(name));
const namesOf = (set: readonly { readonly name: string }[]) => set.map(({ name }) => name).join(' ');

/** Sets from a set to its wish, the first one left out. */
function way(from: readonly ReturnType<typeof member>[], wished: readonly ReturnType<typeof member>[]): string[] {
  const sets: string[] = [];
  let set: typeof from = from;
  for (let next = nextSet(set, wished); next !== set; next = nextSet(set, wished)) {
    set = next;
    sets.push(namesOf(set));
    if (sets.length > 64) throw new Error('no end');
  }
  return sets;
}

const anySet = fc
  .uniqueArray(fc.nat({ max: 23 }), { minLength: 4, maxLength: 16 })
  .map((seats) => seats.map((seat) => member(`v${seat}`)));
/** A set, and a wish in which some of it are rotated, some gone and some new. */
const anyWish = fc
  .tuple(anySet, fc.array(fc.boolean(), { minLength: 16, maxLength: 16 }))
  .map(([wished, rotate]) =>
    wished.map((one, at) => (rotate[at] === true ? member(one.name, `${one.name} anew`) : one)),
  );

describe('R1: the next set', () => {
  test('is the same where nothing else is wished', () => {
    const set = members('a', 'b', 'c', 'd');
    expect(nextSet(set, members('d', 'c', 'b', 'a'))).toBe(set);
  });

  test('in a region of four: one takes the place of another by way of five, never of three', () => {
    expect(way(members('a', 'b', 'c', 'd'), members('b', 'c', 'd', 'e'))).toEqual(['a b c d e', 'b c d e']);
  });

  test('in a full region: a leaver goes before its successor comes', () => {
    const names = Array.from({ length: 16 }, (_, index) => `v${index}`);
    const [set] = way(members(...names), members(...names.slice(1), 'new'));
    expect(set).toBe([...names.slice(1), 'new'].join(' '));
  });

  test('changes keys in place, before anybody comes or goes', () => {
    const set = members('a', 'b', 'c', 'd');
    const next = nextSet(set, [member('a'), member('b', 'b anew'), member('c'), member('d'), member('e')]);
    expect(next).toEqual([member('a'), member('b', 'b anew'), member('c'), member('d')]);
  });

  test('has 4 to 16 members, each name and key once, and at most f changes; the unchanged are a quorum of it', () => {
    fc.assert(
      fc.property(anySet, anyWish, (set, wished) => {
        const next = nextSet(set, wished);
        expect(next.length).toBeGreaterThanOrEqual(4);
        expect(next.length).toBeLessThanOrEqual(16);
        expect(new Set(next.map(({ name }) => name)).size).toBe(next.length);
        const same = next.filter(({ name, publicKey }) =>
          set.some((one) => one.name === name && equalBytes(one.publicKey, publicKey)),
        );
        const left = set.filter(({ name }) => !next.some((one) => one.name === name));
        expect(next.length - same.length + left.length).toBeLessThanOrEqual(changesMax(set.length));
        expect(same.length).toBeGreaterThanOrEqual(quorum(next.length));
      }),
    );
  });

  test('becomes what is wished, however far that is', () => {
    fc.assert(
      fc.property(anySet, anyWish, (set, wished) => {
        const end = way(set, wished).at(-1) ?? namesOf(set);
        expect(end.split(' ').sort()).toEqual(wished.map(({ name }) => name).sort());
      }),
    );
  });
});
