/** Evidence: two different statements that one validator signed for one place (SPEC R21). */
import type { Proposal } from '../wire/peer-message.ts';
import type { Vote } from '../wire/vote.ts';
import type { Equivocation } from './types.ts';

/** Two votes of one validator in one phase of one view, for different things. */
export function voteEvidence(first: Vote, second: Vote): Equivocation {
  const { validator, height, view } = second;
  return { validator, height, view, pair: { kind: 'vote', first, second } };
}

/** Two proposals of one primary in one view, of different blocks. */
export function proposalEvidence(first: Proposal, second: Proposal): Equivocation {
  const { validator, view, block } = second;
  return { validator, height: block.header.height, view, pair: { kind: 'proposal', first, second } };
}
