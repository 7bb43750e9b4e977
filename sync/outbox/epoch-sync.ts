/** Keeps a light client among the region's present validators: asks for the epochs that it has missed, one validator after the other. */
import type { Clock } from '#core/clock';
import type { Log } from '#core/log';
import type { LightClient } from '../light-client/light-client.ts';
import type { RegionLine } from './region-line.ts';

const askMs = 4_000;
/** Anybody can feign blocks of unknown validators: they cost one question in such a time. */
const retryMs = 2_000;
/** Answers of one go: enough for ten changes a day over the whole trusting period. */
const answersMax = 64;

/** What a sync works with. */
export interface EpochSyncOptions {
  readonly line: Pick<RegionLine, 'connected' | 'askAny'>;
  readonly light: LightClient;
  readonly clock: Clock;
  readonly log: Log;
  /** New sets have been learned. */
  readonly onSets?: () => void;
}

/** See the head of the file. */
export class EpochSync {
  readonly #options: EpochSyncOptions;
  #running = false;
  #notBeforeMs = 0;

  constructor(options: EpochSyncOptions) {
    this.#options = options;
  }

  /** Asks now, unless it has just asked. */
  want(): void {
    const { clock, line } = this.#options;
    if (this.#running || !line.connected || clock.monotonicMs() < this.#notBeforeMs) return;
    this.#running = true;
    void this.#follow();
  }

  async #follow(): Promise<void> {
    const { clock, light, line, log, onSets } = this.#options;
    let count = 0;
    for (let answers = 0; answers < answersMax; answers++) {
      const asked = await line.askAny({ kind: 'epochs', afterEpoch: light.epoch }, askMs);
      if (!asked.ok || asked.value.answer.kind !== 'epochs') break;
      const { certificates, more } = asked.value.answer;
      const followed = light.follow(certificates);
      if (!followed.ok) {
        log.warn({ reason: followed.reason, detail: followed.detail }, 'epochs that do not follow from what is known');
        break;
      }
      count += followed.value;
      if (more === 0 || certificates.length === 0) break;
    }
    this.#running = false;
    this.#notBeforeMs = clock.monotonicMs() + retryMs;
    if (count > 0) onSets?.();
  }
}
