/** Other heights than ours: keeps a little of the next one, notices when peers are ahead, answers those behind (SPEC R22, R23). */
import type { ReplicaInput } from './types.ts';
import type { PeerId } from './voting-set.ts';

/** Messages of the next height kept for one validator. */
export const earlyMessagesMax = 16;
/** Peers one block ahead are usually about to be caught up with by the COMMITs in flight. */
const graceMs = 250;

/** A message that a validator signed, held until its height comes. */
export type EarlyMessage = Extract<ReplicaInput, { readonly kind: 'proposal' | 'vote' | 'timeout' }>;

/** What is known of peers at other heights. */
export class PeersAhead {
  readonly #retryMs: number;
  readonly #claims = new Map<PeerId, number>();
  readonly #early = new Map<number, EarlyMessage[]>();
  readonly #answeredAtMs = new Map<PeerId, number>();
  #behindSinceMs: number | null = null;
  #askedAtMs: number | null = null;
  #lastAsked: PeerId = '';

  constructor(retryMs: number) {
    this.#retryMs = retryMs;
  }

  /** A peer says, or shows by a signed message, that it has committed this height. */
  claim(peer: PeerId, committedHeight: number): void {
    if (committedHeight > (this.#claims.get(peer) ?? 0)) this.#claims.set(peer, committedHeight);
  }

  /** Keeps a signed message of the height after the current one; the oldest of its sender goes first. */
  keep(validator: number, message: EarlyMessage): void {
    const kept = this.#early.get(validator) ?? [];
    if (kept.length >= earlyMessagesMax) kept.shift();
    kept.push(message);
    this.#early.set(validator, kept);
  }

  /** Hands over what was kept. */
  takeEarly(): EarlyMessage[] {
    const messages = [...this.#early.values()].flat();
    this.#early.clear();
    return messages;
  }

  /** The height has changed: being behind is judged afresh. */
  advanced(): void {
    this.#behindSinceMs = null;
  }

  /** When `ask` should be called; null while nobody is ahead. */
  askAtMs(committedHeight: number, nowMs: number): number | null {
    const highest = Math.max(0, ...this.#claims.values());
    if (highest <= committedHeight) return null;
    this.#behindSinceMs ??= nowMs;
    const dueMs = highest > committedHeight + 1 ? this.#behindSinceMs : this.#behindSinceMs + graceMs;
    return this.#askedAtMs === null ? dueMs : Math.max(dueMs, this.#askedAtMs + this.#retryMs);
  }

  /** Whom to ask for blocks now: those who claim to be ahead in turn, so that a liar costs one turn. */
  ask(committedHeight: number, nowMs: number): PeerId | null {
    const dueMs = this.askAtMs(committedHeight, nowMs);
    if (dueMs === null || nowMs < dueMs) return null;
    const ahead = [...this.#claims].filter(([, height]) => height > committedHeight).map(([peer]) => peer);
    ahead.sort();
    const chosen = ahead.find((peer) => peer > this.#lastAsked) ?? ahead[0] ?? null;
    if (chosen === null) return null;
    this.#lastAsked = chosen;
    this.#askedAtMs = nowMs;
    return chosen;
  }

  /** Whether a peer that is behind should be told now; at most once a retry interval. */
  mayAnswer(peer: PeerId, nowMs: number): boolean {
    const answeredAtMs = this.#answeredAtMs.get(peer);
    if (answeredAtMs !== undefined && nowMs < answeredAtMs + this.#retryMs) return false;
    this.#answeredAtMs.set(peer, nowMs);
    return true;
  }
}
