/** Two statements of one validator that cannot both be honest, and what the ledger keeps of them: `x/validators`. */
import { type Infer, record, uint, variant, versioned } from '#core/format';
import { accountIdFormat, hashFormat, heightFormat, signatureFormat, validatorsShard } from '../ids.ts';
import { storedObject } from '../state/stored-object.ts';
import type { LedgerOverlay, LedgerView } from '../state/view.ts';
import { viewFormat } from './signed-statement.ts';

/** Heights for which evidence against one validator is kept: more would say no more. */
export const evidenceMax = 64;

const place = { height: heightFormat, view: viewFormat };
const voteSide = record('vote-side', { blockHash: hashFormat, resultRoot: hashFormat, signature: signatureFormat });
const proposalSide = record('proposal-side', { blockHash: hashFormat, signature: signatureFormat });

/** Both sides of a contradiction, at one place by their form. */
export const contradictionFormat = variant('contradiction', {
  votes: {
    tag: 1,
    format: record('two-votes', {
      ...place,
      /** 1 PREPARE, 2 COMMIT. */
      phase: uint({ max: 2 }),
      one: voteSide,
      other: voteSide,
    }),
  },
  proposals: { tag: 2, format: record('two-proposals', { ...place, one: proposalSide, other: proposalSide }) },
});
/** A decoded contradiction. */
export type Contradiction = Infer<typeof contradictionFormat>;

/** `evidence/<validator>/<height>`: what the validator contradicted itself in at this height, as it was first shown. */
export const evidenceFormat = versioned(
  'evidence',
  1,
  { bytesMax: 256 },
  {
    /** 0 a proposal, 1 PREPARE, 2 COMMIT. */
    phase: uint({ max: 2 }),
    view: viewFormat,
    /** Hash of the encoded contradiction, which stands in the accuser's journal. */
    shown: hashFormat,
    accuser: accountIdFormat,
    /** Height of the block that recorded it. */
    recordedAt: heightFormat,
  },
);
/** Recorded evidence. */
export type Evidence = Infer<typeof evidenceFormat>;

/** `evidence/<validator>`: at how many heights. */
export const evidenceCountFormat = versioned(
  'evidence-count',
  1,
  { bytesMax: 16 },
  { count: uint({ max: evidenceMax }) },
);

const evidences = storedObject(evidenceFormat);
const counts = storedObject(evidenceCountFormat);

/** What is recorded against a validator at a height; null where nothing is. */
export function readEvidence(view: LedgerView, validator: string, height: number): Evidence | null {
  return evidences.read(view, validatorsShard, `evidence/${validator}/${height}`);
}

/** At how many heights a validator is known to have contradicted itself. */
export function evidenceCount(view: LedgerView, validator: string): number {
  return counts.read(view, validatorsShard, `evidence/${validator}`)?.count ?? 0;
}

/** Records evidence at a height that has none. */
export function writeEvidence(tx: LedgerOverlay, validator: string, height: number, evidence: Evidence): void {
  counts.write(tx, validatorsShard, `evidence/${validator}`, { count: evidenceCount(tx, validator) + 1 });
  evidences.write(tx, validatorsShard, `evidence/${validator}/${height}`, evidence);
}
