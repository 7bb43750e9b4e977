/** What others see of a running validator, and the world it is given. */
import type { Clock } from '#core/clock';
import type { Entropy } from '#core/entropy';
import type { Log } from '#core/log';

/** What an operator sees of a validator. */
export interface ValidatorStatus {
  readonly validator: string;
  readonly index: number;
  readonly height: number;
  readonly blockHash: string;
  readonly stateRoot: string;
  readonly timeMs: number;
  readonly view: number;
  readonly primary: string;
  readonly failedPrimaries: readonly string[];
  readonly peers: readonly string[];
  readonly brokersUp: number;
  readonly catchingUp: boolean;
  readonly poolSegments: number;
  readonly shards: number;
  readonly evidence: number;
  readonly peersCut: number;
  readonly turnedAway: Readonly<Record<string, number>>;
  readonly refusedStatements: Readonly<Record<string, number>>;
  readonly questions: number;
  readonly messagesDropped: number;
}

/** A running validator. */
export interface Validator {
  readonly name: string;
  readonly index: number;
  /** Port it listens on for peers. */
  readonly peerPort: number;
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
}
