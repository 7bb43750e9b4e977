/** Sessions of the hub with its lanes: a counter that only rises stands in for a clock, and repeats get the same answer. */
import type { Entropy } from '#core/entropy';

/** Answers kept for each lane, so that a repeated request is answered and not carried out again. */
const answersKeptMax = 64;
/** Most lanes with a session. */
const lanesMax = 256;

interface LaneSession {
  readonly session: Uint8Array;
  highest: number;
  readonly answers: Map<number, Uint8Array>;
}

/** Sessions by lane, in memory: a restart of the hub ends them all, and lanes say hello again. */
export class LaneSessions {
  readonly #entropy: Entropy;
  readonly #lanes = new Map<string, LaneSession>();

  constructor(entropy: Entropy) {
    this.#entropy = entropy;
  }

  /** A new session of a lane; an older one ends. 16 random bytes. */
  open(lane: string): Uint8Array {
    if (!this.#lanes.has(lane) && this.#lanes.size >= lanesMax) this.#lanes.clear();
    const session = this.#entropy.bytes(16);
    this.#lanes.set(lane, { session, highest: 0, answers: new Map() });
    return session;
  }

  /**
   * Whether a request is new, a repeat (with the reply it got), of no session in force, or `overtaken`: news that must come
   * in order, and a later request of the lane was carried out before it.
   */
  admit(
    lane: string,
    session: Uint8Array,
    counter: number,
    inOrder: boolean,
  ): { readonly kind: 'new' | 'stale' | 'overtaken' } | { readonly kind: 'repeat'; readonly reply: Uint8Array } {
    const known = this.#lanes.get(lane);
    if (known === undefined || Buffer.compare(known.session, session) !== 0) return { kind: 'stale' };
    const reply = known.answers.get(counter);
    if (reply !== undefined) return { kind: 'repeat', reply };
    // Requests of one lane may overtake one another, but not by more than the answers kept.
    if (counter <= known.highest - answersKeptMax) return { kind: 'stale' };
    return { kind: inOrder && counter < known.highest ? 'overtaken' : 'new' };
  }

  /** Keeps the reply of a request that was carried out. */
  keep(lane: string, counter: number, reply: Uint8Array): void {
    const known = this.#lanes.get(lane);
    if (known === undefined) return;
    known.highest = Math.max(known.highest, counter);
    known.answers.set(counter, reply);
    for (const old of known.answers.keys()) {
      if (known.answers.size <= answersKeptMax) break;
      known.answers.delete(old);
    }
  }
}
