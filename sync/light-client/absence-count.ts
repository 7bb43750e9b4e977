/** Counts who says that an object is not there: f+1 distinct members of the set, at a named height or later, prove it. */
import { equalBytes, toHex } from '#core/bytes';
import { verifySignature } from '#core/ed25519';
import { bad, ok, type Result } from '#core/result';
import { faultyMax } from '#ledger/validators/quorum';
import { type Absence, absenceDomain, absenceMessage, type ObjectName } from '../wire/absence.ts';
import type { ValidatorInfo } from '../wire/genesis.ts';

/** Why a word does not count. `OLD`: it speaks of a height before the named one. `TWICE`: the member has been counted. */
export type AbsenceFault = 'OLD' | 'NOT_A_MEMBER' | 'BAD_SIGNATURE' | 'TWICE';

/** What is asked: the object, and the height after which it must be absent. */
export interface AbsenceQuestion extends ObjectName {
  readonly height: number;
}

/** See the file's head. */
export class AbsenceCount {
  readonly #chainId: Uint8Array;
  readonly #validators: readonly ValidatorInfo[];
  readonly #question: AbsenceQuestion;
  readonly #members = new Map<string, string>();

  /** `validators`: the set of the epoch that the named height is in. */
  constructor(chainId: Uint8Array, validators: readonly ValidatorInfo[], question: AbsenceQuestion) {
    this.#chainId = chainId;
    this.#validators = validators;
    this.#question = question;
  }

  /** Names of the members that count so far. */
  get members(): readonly string[] {
    return [...this.#members.values()];
  }

  /** How many members prove it. */
  get needed(): number {
    return faultyMax(this.#validators.length) + 1;
  }

  get proved(): boolean {
    return this.#members.size >= this.needed;
  }

  /** Takes one validator's word; gives the member's name. Never throws. */
  add(absence: Absence): Result<string, AbsenceFault> {
    const { publicKey, signature } = absence;
    if (absence.height < this.#question.height) return bad('OLD', `of height ${absence.height}`);
    const member = this.#validators.find((known) => equalBytes(known.publicKey, publicKey));
    if (member === undefined) return bad('NOT_A_MEMBER', toHex(publicKey));
    if (this.#members.has(toHex(publicKey))) return bad('TWICE', member.name);
    const message = absenceMessage(this.#chainId, this.#question, absence);
    if (!verifySignature({ publicKey, domain: absenceDomain, message, signature })) {
      return bad('BAD_SIGNATURE', member.name);
    }
    this.#members.set(toHex(publicKey), member.name);
    return ok(member.name);
  }
}
