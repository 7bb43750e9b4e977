/**
 * Where the region stands, by the word of enough validators to have an honest one among them: f+1 that answered since the
 * line came up. A broker can replay old certified heads and one validator can be behind, or lie about being so.
 */
import type { Clock } from '#core/clock';
import { faultyMax } from '#ledger/validators/quorum';
import type { LightClient } from '#sync/light-client/light-client';
import type { RegionLine } from '#sync/outbox/region-line';

/** A shard was what the certificate of a block says. */
export interface Confirmation {
  readonly height: number;
  /** Time of the block, ms since 1970. */
  readonly timeMs: number;
  /** Monotonic ms at which the comparison was made. */
  readonly atMs: number;
}

/** What a check needs. `onKnown` is called once a line session, when enough validators have answered. */
export interface HeadCheckOptions {
  readonly line: Pick<RegionLine, 'connected' | 'askOne'>;
  readonly light: LightClient;
  readonly clock: Clock;
  readonly askMs: number;
  readonly retryMs: number;
  readonly onKnown: () => void;
}

/** See the head of the file. */
export class HeadCheck {
  readonly #options: HeadCheckOptions;
  #height: number | null = null;
  #asking = false;
  #nextMs = 0;
  /** Counts line sessions, so that answers of an earlier one do not count. */
  #session = 0;

  constructor(options: HeadCheckOptions) {
    this.#options = options;
  }

  /** Whether enough validators have answered. */
  get known(): boolean {
    return this.#height !== null;
  }

  /** Whether a certified height is not behind the newest head at the time the validators were asked; false before that. */
  reaches(height: number): boolean {
    return this.#height !== null && height >= this.#height;
  }

  /** The line was down, or comes up: the validators are to be asked again. */
  forget(): void {
    this.#height = null;
    this.#session++;
    this.#nextMs = 0;
  }

  /** Asks all validators for their heads where it is not known and time to. */
  ask(): void {
    const { clock, line } = this.#options;
    if (this.known || this.#asking || !line.connected || clock.monotonicMs() < this.#nextMs) return;
    this.#asking = true;
    void this.#askAll(this.#session);
  }

  async #askAll(session: number): Promise<void> {
    const { clock, light, line, askMs, retryMs, onKnown } = this.#options;
    const { length: count } = light.validators;
    let heard = 0;
    const asked = Array.from({ length: count }, async (_, validator) => {
      const answer = await line.askOne({ kind: 'head' }, askMs, validator);
      if (!answer.ok || answer.value.kind !== 'head' || answer.value.lightBlock === null) return;
      if (session !== this.#session || !light.acceptHead(answer.value.lightBlock).ok) return;
      heard++;
      // The newest of their heads and of those seen before is the light client's by now.
      if (this.#height !== null || heard <= faultyMax(count)) return;
      this.#height = light.head?.header.height ?? 0;
      onKnown();
    });
    await Promise.all(asked);
    this.#asking = false;
    this.#nextMs = session === this.#session ? clock.monotonicMs() + retryMs : 0;
  }
}
