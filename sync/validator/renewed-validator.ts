/** A validator that begins anew, in the same process, when it has fetched the state of a checkpoint: one life after the other. */
import { BizainError } from '#core/errors';
import type { Log } from '#core/log';
import type { ValidatorErrorCode } from './errors.ts';
import type { Meter } from './meter.ts';
import type { Validator } from './validator-face.ts';
import type { ValidatorStatus } from './validator-status.ts';

const stateFetchedCode: ValidatorErrorCode = 'STATE_FETCHED';

/** Shows the running life to the outside. */
export class RenewedValidator implements Validator {
  readonly failed: Promise<unknown>;
  readonly #start: () => Promise<Validator>;
  readonly #log: Log;
  #life: Validator;
  /** What is known of it between two lives. */
  #between: ValidatorStatus | null = null;
  #changing: Promise<void> = Promise.resolve();
  #stopped = false;
  #fail: (reason: unknown) => void = () => undefined;

  constructor(first: Validator, start: () => Promise<Validator>, log: Log) {
    this.#life = first;
    this.#start = start;
    this.#log = log;
    this.failed = new Promise((resolve) => {
      this.#fail = resolve;
    });
    this.#watch(first);
  }

  get name(): string {
    return this.#life.name;
  }

  get index(): number {
    return this.#life.index;
  }

  get peerPort(): number {
    return this.#life.peerPort;
  }

  get httpsPort(): number {
    return this.#life.httpsPort;
  }

  get meter(): Meter {
    return this.#life.meter;
  }

  status(): ValidatorStatus {
    return this.#between ?? this.#life.status();
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    await this.#changing;
    await this.#life.stop();
  }

  #watch(life: Validator): void {
    void life.failed.then((reason) => {
      if (this.#stopped) return;
      if (reason instanceof BizainError && reason.code === stateFetchedCode)
        this.#changing = this.#renew(reason.message);
      else this.#fail(reason);
    });
  }

  async #renew(why: string): Promise<void> {
    this.#log.warn({ event: 'state-fetched', validator: this.name }, why);
    this.#between = this.#life.status();
    try {
      await this.#life.stop();
      this.#life = await this.#start();
      this.#between = null;
      this.#watch(this.#life);
    } catch (error) {
      this.#fail(error);
    }
  }
}
