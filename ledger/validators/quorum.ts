/** Quorum arithmetic for any n >= 4 (ARCHITECTURE D2): used for votes, timeouts, epoch certificates and the light client alike. */

/** Faulty validators that a set of n tolerates. */
export function faultyMax(validatorCount: number): number {
  return Math.floor((validatorCount - 1) / 3);
}

/** Signatures that prove: any two quorums share an honest validator. */
export function quorum(validatorCount: number): number {
  return Math.floor((validatorCount + faultyMax(validatorCount)) / 2) + 1;
}
