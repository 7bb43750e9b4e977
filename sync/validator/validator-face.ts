/** What others see of a running validator, and the world it is given. */
import type { Clock } from '#core/clock';
import type { Entropy } from '#core/entropy';
import type { Log } from '#core/log';
import type { Meter } from './meter.ts';
import type { ValidatorStatus } from './validator-status.ts';

/** A running validator. */
export interface Validator {
  readonly name: string;
  /** Its place in the set of the epoch. */
  readonly index: number;
  /** Port it listens on for peers. */
  readonly peerPort: number;
  /** What it measures of itself. */
  readonly meter: Meter;
  /** Port it listens on for terminals (HTTPS); 0 where it does not. */
  readonly httpsPort: number;
  status(): ValidatorStatus;
  /** Ends connections and closes the store. Safe at any moment. */
  stop(): Promise<void>;
  /** Resolves with the reason once the validator cannot go on by itself; never after `stop`. */
  readonly failed: Promise<unknown>;
}

/** The world around a validator. */
export interface ValidatorWorld {
  readonly clock: Clock;
  readonly entropy: Entropy;
  readonly log: Log;
  /** Version of the program, as operators are told it. */
  readonly version?: string;
}
