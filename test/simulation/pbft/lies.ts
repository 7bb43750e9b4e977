/** Ways to lie that a schedule gives its liars. */

/** What a liar may do; what each does stands with `ByzantineNode`. */
export const everyLie = [
  /** Two blocks for one view. */
  'equivocate-proposal',
  /** A vote for whatever somebody else says. */
  'vote-for-everything',
  /** Half of what it should say stays unsaid. */
  'silence',
  /** Some validators never hear of it. */
  'two-faced',
  /** Everything comes late, now and then just before others lose patience. */
  'slow',
  /** A fresh block although the timeouts bind it, or timeouts that hide what was prepared. */
  'forge-new-view',
  /** The quorum of timeouts that binds it least. */
  'choose-quorum',
  /** NEW-VIEW with too few timeouts, one twice, those of another view, none. */
  'omit-proofs',
  /** A timeout that does not name what its sender has prepared. */
  'hide-prepared',
  /** A timeout with a certificate that no quorum made. */
  'forge-prepared',
  /** A timeout with a good certificate that is not the highest. */
  'old-lock',
  /** Timeouts for views far away. */
  'huge-views',
  /** Old messages of anybody, again. */
  'replay',
  /** Votes, timeouts and proposals for other heights. */
  'foreign-heights',
  /** Votes for a result that execution does not give. */
  'wrong-result',
  /** A header whose beacon proof is somebody else's, or none. */
  'bad-beacon',
  /** A body that breaks a rule. */
  'bad-body',
  /** A body that only some validators are given. */
  'withhold-body',
  /** No segments of others in its blocks. */
  'censor',
  /** Any field of any message changed, its signature or another one under it. */
  'fuzz',
  /** Heights it has not got, blocks that are not the chain's. */
  'false-history',
] as const;

export type Lie = (typeof everyLie)[number];
