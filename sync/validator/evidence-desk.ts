/** Brings what the replica caught before the ledger: one accusation for each validator and height, until the ledger has one from anybody. */
import type { Operation } from '#ledger/operation';
import type { LedgerView } from '#ledger/state/view';
import { type Contradiction, evidenceCount, evidenceMax, readEvidence } from '#ledger/validators/evidence';
import type { Equivocation } from '../pbft/types.ts';
import { blockHash } from '../wire/block.ts';
import type { ValidatorInfo } from '../wire/genesis.ts';
import type { OwnJournal } from './own-journal.ts';

/** Most contradictions that wait to be told. */
const waitingMax = 64;

type Accusation = Extract<Operation, { readonly kind: 'validator.accuse' }>;

/** The two statements as the ledger takes them. */
function shownOf({ height, view, pair }: Equivocation): Contradiction {
  if (pair.kind === 'vote') {
    const { phase } = pair.first;
    return { kind: 'votes', height, view, phase, one: pair.first, other: pair.second };
  }
  const [one, other] = [pair.first, pair.second].map(({ block, signature }) => ({
    blockHash: blockHash(block.header),
    signature,
  })) as [Side, Side];
  return { kind: 'proposals', height, view, one, other };
}

interface Side {
  readonly blockHash: Uint8Array;
  readonly signature: Uint8Array;
}

/** The desk of one validator. */
export class EvidenceDesk {
  readonly #state: LedgerView;
  readonly #journal: OwnJournal;
  readonly #waiting = new Map<string, Accusation>();

  constructor(options: { readonly state: LedgerView; readonly journal: OwnJournal }) {
    this.#state = options.state;
    this.#journal = options.journal;
  }

  /** A validator of this set has contradicted itself. More than can be kept is left to the others, who saw it too. */
  note(equivocation: Equivocation, validators: readonly ValidatorInfo[]): void {
    const accused = validators[equivocation.validator];
    if (accused === undefined || this.#waiting.size >= waitingMax) return;
    const { name: validator, publicKey } = accused;
    const name = `${validator} ${equivocation.height}`;
    if (this.#waiting.has(name)) return;
    this.#waiting.set(name, { kind: 'validator.accuse', validator, publicKey, shown: shownOf(equivocation) });
    this.tell();
  }

  /** Says what waits, as far as the own journal may speak, and forgets what the ledger knows. */
  tell(): void {
    for (const [name, accusation] of this.#waiting) {
      const { validator, shown } = accusation;
      const isKnown =
        readEvidence(this.#state, validator, shown.height) !== null ||
        evidenceCount(this.#state, validator) >= evidenceMax;
      if (isKnown) this.#waiting.delete(name);
      else if (!this.#isSaid(accusation) && !this.#journal.author([accusation])) return;
    }
  }

  #isSaid({ validator, shown }: Accusation): boolean {
    return this.#journal.waits(
      (said) => said.kind === 'validator.accuse' && said.validator === validator && said.shown.height === shown.height,
    );
  }
}
