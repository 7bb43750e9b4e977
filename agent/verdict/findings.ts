/** What a judgement found out, before anything is taken: the pure part of a verdict. */
import type { ReasonName } from '#ledger/reasons';
import type { Fault, Identity, PriorUse, Status, VerdictBasis } from './verdict.ts';

/** Facts and reasons about one code. */
export interface Findings {
  readonly identity: Identity;
  readonly status: Status;
  readonly basis: VerdictBasis;
  readonly fault: Fault;
  readonly reasons: readonly ReasonName[];
  readonly title: string | null;
  /** Base units; null for products. */
  readonly value: bigint | null;
  readonly unit: string | null;
  readonly priorUse: PriorUse | null;
  /** Certified height of what it rests on; null where nothing is cached. */
  readonly height: number | null;
}

/** Findings about a code of which nothing is known. */
export const nothingFound: Findings = {
  identity: 'unverifiable',
  status: 'blocked',
  basis: 'none',
  fault: 'none',
  reasons: [],
  title: null,
  value: null,
  unit: null,
  priorUse: null,
  height: null,
};
