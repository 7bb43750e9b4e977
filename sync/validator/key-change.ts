/**
 * A validator's change of key, from the file of the key to come to the epoch in which it votes: asks the ledger for it in the
 * validator's own journal (`validator.rotate`, ledger/SPEC.md W5), and knows when the key is in force.
 */
import { equalBytes } from '#core/bytes';
import { publicKeyOf, signMessage } from '#core/ed25519';
import { dayOf } from '#ledger/assets/day';
import type { LedgerView } from '#ledger/state/view';
import { readWishedValidators } from '#ledger/validators/validator-set';
import { possessionDomain, possessionMessage } from '#ledger/validators/voting-key';
import type { ChainState } from '../pbft/chain.ts';
import type { Identity } from './identity.ts';
import type { OwnJournal } from './own-journal.ts';

/** What was asked for and not granted is asked for again after this much block time. */
const askAgainMs = 10 * 60_000;

const votes = ({ validators }: Pick<ChainState, 'validators'>, publicKey: Uint8Array): boolean =>
  validators.some((member) => equalBytes(member.publicKey, publicKey));

/** The identity under the key that votes at the next height: the one to come from its first epoch on, else as configured. */
export function identityInForce(identity: Identity, chain: Pick<ChainState, 'validators'>): Identity {
  const { nextSeed } = identity;
  if (nextSeed === null || !votes(chain, publicKeyOf(nextSeed))) return identity;
  return { ...identity, secretSeed: nextSeed, publicKey: publicKeyOf(nextSeed), nextSeed: null };
}

/** What a change of key works with. */
export interface KeyChangeOptions {
  readonly identity: Pick<Identity, 'chainId' | 'name' | 'nextSeed'>;
  readonly state: LedgerView;
  readonly journal: Pick<OwnJournal, 'author' | 'waits'>;
  chain(): ChainState;
}

/** See the file's head. */
export class KeyChange {
  readonly #options: KeyChangeOptions;
  readonly #next: { readonly seed: Uint8Array; readonly publicKey: Uint8Array } | null;
  #notBeforeMs = 0;

  constructor(options: KeyChangeOptions) {
    this.#options = options;
    const { nextSeed: seed } = options.identity;
    this.#next = seed === null ? null : { seed, publicKey: publicKeyOf(seed) };
  }

  /** Whether the key to come votes at the next height: this process, which works under the old one, has to begin anew. */
  get inForce(): boolean {
    return this.#next !== null && votes(this.#options.chain(), this.#next.publicKey);
  }

  /** After a commit: asks the ledger for the key, where that is still to be done and may be done today. */
  tell(): void {
    if (this.#next === null) return;
    const { identity, state, journal } = this.#options;
    const { chainId, name } = identity;
    const { seed, publicKey } = this.#next;
    const { timeMs } = this.#options.chain();
    const wished = readWishedValidators(state).find((one) => one.name === name);
    if (wished === undefined || equalBytes(wished.publicKey, publicKey)) return;
    if (timeMs < this.#notBeforeMs || dayOf(wished.sinceMs) === dayOf(timeMs)) return;
    if (journal.waits(({ kind }) => kind === 'validator.rotate')) return;
    const possession = signMessage(seed, possessionDomain, possessionMessage(chainId, name, publicKey));
    const rotate = { kind: 'validator.rotate', publicKey, address: wished.address, possession } as const;
    if (journal.author([rotate])) this.#notBeforeMs = timeMs + askAgainMs;
  }
}
