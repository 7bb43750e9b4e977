/** Messages that no honest replica would send, made of what was heard. All signatures of the liar's own are good. */

import { equalBytes } from '#core/bytes';
import { proposalDomain, proposalMessage, voteDomain, voteMessage } from '#ledger/validators/signed-statement';
import type { ReplicaMessage } from '#sync/pbft/types';
import { blockHash as hashOf } from '#sync/wire/block';
import type { Proposal } from '#sync/wire/peer-message';
import {
  type Certificate,
  commitPhase,
  preparePhase,
  type Timeout,
  timeoutDomain,
  timeoutMessage,
  type Vote,
  type Voted,
} from '#sync/wire/vote';
import type { Draws } from './draws.ts';
import { keyAt, type TestKeys } from './test-keys.ts';

/** Signs as one liar. */
export class Forger {
  readonly #chainId: Uint8Array;
  readonly #keys: TestKeys;
  readonly #index: number;
  readonly #placeInSet: () => number;

  /** `placeInSet`: under which index it speaks, where sets change; its index in the keys by default. */
  constructor(chainId: Uint8Array, keys: TestKeys, index: number, placeInSet = (): number => index) {
    this.#chainId = chainId;
    this.#keys = keys;
    this.#index = index;
    this.#placeInSet = placeInSet;
  }

  #sign(domain: string, message: Uint8Array): Uint8Array {
    return this.#keys.ports.sign(keyAt(this.#keys, this.#index), domain, message);
  }

  vote(voted: Voted): Vote {
    const { phase, height, view, blockHash, resultRoot } = voted;
    const signature = this.#sign(voteDomain, voteMessage(this.#chainId, voted));
    return { phase, height, view, blockHash, resultRoot, validator: this.#placeInSet(), signature };
  }

  proposal(draft: Pick<Proposal, 'view' | 'block' | 'timeouts'>): Proposal {
    const { header } = draft.block;
    const message = proposalMessage(this.#chainId, header.height, draft.view, hashOf(header));
    return { ...draft, validator: this.#placeInSet(), signature: this.#sign(proposalDomain, message) };
  }

  timeout(height: number, nextView: number, prepared: Certificate | null): Timeout {
    const signature = this.#sign(timeoutDomain, timeoutMessage(this.#chainId, { height, nextView, prepared }));
    return { height, nextView, prepared, validator: this.#placeInSet(), signature };
  }

  /** Whatever the message is, signed again as the liar's own. */
  resigned(message: ReplicaMessage): ReplicaMessage {
    if (message.kind === 'vote') return { kind: 'vote', vote: this.vote(message.vote) };
    if (message.kind === 'proposal') return { kind: 'proposal', proposal: this.proposal(message.proposal) };
    if (message.kind !== 'timeout') return message;
    const { height, nextView, prepared } = message.timeout;
    return { kind: 'timeout', timeout: this.timeout(height, nextView, prepared) };
  }
}

/** A certificate for some block that was talked about, with signatures from elsewhere; null if nothing was. */
export function forgedCertificate(
  heard: readonly ReplicaMessage[],
  at: { readonly height: number; readonly view: number; readonly phase: number; readonly count: number },
): Certificate | null {
  const { height, view, phase, count } = at;
  const votes = heard.flatMap((one) => (one.kind === 'vote' && one.vote.height === height ? [one.vote] : []));
  const vote = votes[0];
  if (vote === undefined) return null;
  const { blockHash, resultRoot } = vote;
  const signatures = Array.from({ length: count }, (_, validator) => {
    const genuine = votes.find((other) => other.validator === validator && equalBytes(other.blockHash, blockHash));
    return { validator, signature: (genuine ?? vote).signature };
  });
  return { phase, height, view, blockHash, resultRoot, signatures };
}

/** A good prepared certificate of this height for a view below `nextView`, as low as there is one. */
export function oldestLock(heard: readonly ReplicaMessage[], height: number, nextView: number): Certificate | null {
  let oldest: Certificate | null = null;
  const look = (certificate: Certificate | null): void => {
    if (certificate === null || certificate.height !== height || certificate.view >= nextView) return;
    if (oldest === null || certificate.view < oldest.view) oldest = certificate;
  };
  for (const message of heard) {
    if (message.kind === 'timeout') look(message.timeout.prepared);
    if (message.kind === 'proposal') for (const timeout of message.proposal.timeouts ?? []) look(timeout.prepared);
  }
  return oldest;
}

/** Every timeout heard for a view, one of each validator, those that bind least first. */
export function timeoutsFor(heard: readonly ReplicaMessage[], height: number, view: number): Timeout[] {
  const found = new Map<number, Timeout>();
  const take = (timeout: Timeout): void => {
    if (timeout.height === height && timeout.nextView === view) found.set(timeout.validator, timeout);
  };
  for (const message of heard) {
    if (message.kind === 'timeout') take(message.timeout);
    if (message.kind === 'proposal') message.proposal.timeouts?.forEach(take);
  }
  return [...found.values()].sort((a, b) => (a.prepared?.view ?? -1) - (b.prepared?.view ?? -1));
}

/** A NEW-VIEW with its proofs damaged in one of several ways. */
export function withoutProofs(
  timeouts: readonly Timeout[],
  heard: readonly ReplicaMessage[],
  draws: Draws,
): readonly Timeout[] | null {
  const first = timeouts[0];
  if (first === undefined) return timeouts;
  const others = heard.flatMap((one) => (one.kind === 'timeout' ? [one.timeout] : []));
  switch (draws.between(0, 4)) {
    case 0:
      return timeouts.slice(1);
    case 1:
      return timeouts.map(() => first);
    case 2:
      return others.length === 0 ? null : [...timeouts.slice(1), draws.pick(others)];
    case 3:
      return [...timeouts].reverse();
    default:
      return null;
  }
}

const numbers = [0, 1, 2, 3, 15, 255, 0xffff_ffff];

function fuzzedBytes(bytes: Uint8Array, draws: Draws): Uint8Array {
  const out = bytes.slice();
  const at = draws.between(0, out.length - 1);
  out[at] = (out[at] as number) ^ (1 << draws.between(0, 7));
  return out;
}

/** A value with one of its numbers or byte strings changed, at any depth. What a decoder would turn away is not made. */
export function fuzzed<T>(value: T, draws: Draws, depth = 0): T {
  if (value instanceof Uint8Array) return fuzzedBytes(value, draws) as T;
  if (typeof value === 'number') return draws.pick(numbers) as T;
  if (Array.isArray(value)) {
    if (value.length === 0) return value;
    const at = draws.between(0, value.length - 1);
    return value.map((item, index) => (index === at ? fuzzed(item, draws, depth + 1) : item)) as T;
  }
  if (value === null || typeof value !== 'object' || depth > 6) return value;
  const record = value as Record<string, unknown>;
  const name = draws.pick(Object.keys(record).filter((key) => key !== 'kind'));
  const changed = fuzzed(record[name], draws, depth + 1);
  // Phases are 1 and 2, indices below 16: the formats see to it.
  const kept = (name === 'phase' && !isPhase(changed)) || (name === 'validator' && (changed as number) > 15);
  return kept ? value : ({ ...record, [name]: changed } as T);
}

function isPhase(value: unknown): boolean {
  return value === preparePhase || value === commitPhase;
}
