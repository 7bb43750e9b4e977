/** Counts the votes of one height: first vote wins, a different second one is evidence, memory is bounded (SPEC R12, R21). */
import { equalBytes } from '#core/bytes';
import { quorum } from '#ledger/validators/quorum';
import { type Certificate, commitPhase, type Vote, type Voted } from '../wire/vote.ts';

/** Views for which the votes of one validator in one phase are kept; the lowest goes first. */
export const viewsKeptMax = 4;

/** What became of a vote: `first` is the one that a conflicting vote contradicts. */
export type TallyOutcome = { readonly kind: 'counted' | 'known' } | { readonly kind: 'conflict'; readonly first: Vote };

/** Whether two votes say the same about the same place. */
export function sameVoted(a: Voted, b: Voted): boolean {
  return (
    a.phase === b.phase &&
    a.height === b.height &&
    a.view === b.view &&
    equalBytes(a.blockHash, b.blockHash) &&
    equalBytes(a.resultRoot, b.resultRoot)
  );
}

/** Votes whose signatures have been checked, of one height. */
export class VoteTally {
  readonly #validatorCount: number;
  /** By phase, then view, then validator. */
  readonly #votes = new Map<number, Map<number, Map<number, Vote>>>();

  constructor(validatorCount: number) {
    this.#validatorCount = validatorCount;
  }

  /** Whether this very vote is counted already, so that its signature needs no check. */
  has(vote: Vote): boolean {
    const known = this.#votes.get(vote.phase)?.get(vote.view)?.get(vote.validator);
    return known !== undefined && sameVoted(known, vote) && equalBytes(known.signature, vote.signature);
  }

  /** Counts a vote with a good signature. */
  add(vote: Vote): TallyOutcome {
    const views = entry(this.#votes, vote.phase);
    const first = views.get(vote.view)?.get(vote.validator);
    if (first !== undefined) return sameVoted(first, vote) ? { kind: 'known' } : { kind: 'conflict', first };
    entry(views, vote.view).set(vote.validator, vote);
    dropLowest(views, vote.validator);
    return { kind: 'counted' };
  }

  /** The certificate of a phase in a view, from the lowest indices, once a quorum says the same. */
  certificate(phase: number, view: number): Certificate | null {
    const votes = this.#votes.get(phase)?.get(view);
    const needed = quorum(this.#validatorCount);
    if (votes === undefined || votes.size < needed) return null;
    const ascending = [...votes.values()].sort((a, b) => a.validator - b.validator);
    for (const candidate of ascending) {
      const agreeing = ascending.filter((vote) => sameVoted(vote, candidate));
      if (agreeing.length < needed) continue;
      const signatures = agreeing.slice(0, needed).map(({ validator, signature }) => ({ validator, signature }));
      const { height, blockHash, resultRoot } = candidate;
      return { phase, height, view, blockHash, resultRoot, signatures };
    }
    return null;
  }

  /** A certificate of COMMIT in any view: all are equally good. */
  commitCertificate(): Certificate | null {
    for (const view of this.#votes.get(commitPhase)?.keys() ?? []) {
      const certificate = this.certificate(commitPhase, view);
      if (certificate !== null) return certificate;
    }
    return null;
  }
}

function entry<K, L, V>(map: Map<K, Map<L, V>>, key: K): Map<L, V> {
  const known = map.get(key);
  if (known !== undefined) return known;
  const made = new Map<L, V>();
  map.set(key, made);
  return made;
}

function dropLowest(views: Map<number, Map<number, Vote>>, validator: number): void {
  const voted = [...views].filter(([, votes]) => votes.has(validator));
  if (voted.length <= viewsKeptMax) return;
  const [lowest, votes] = voted.reduce((a, b) => (b[0] < a[0] ? b : a));
  votes.delete(validator);
  if (votes.size === 0) views.delete(lowest);
}
