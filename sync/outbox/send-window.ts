/** How much may be unacknowledged at the broker: MQTT.js sends as much as it is given, whatever the broker allows. */
import type { IClientPublishOptions } from 'mqtt';
import type { Clock, Timer } from '#core/clock';
import { bad, ok, type Result } from '#core/result';

/** Publishes without PUBACK, at most; less where the broker says so (MQTT 5 section 3.2.2.3.3). */
export const sendWindowMax = 16;
const waitingMax = 64;
const waitingBytesMax = 16 * 1024 * 1024;
/** A PUBACK that stays away this long frees its slot. */
const ackTimeoutMs = 10_000;

/** `BUSY`: too much waits already. `NO_ACK`, `REFUSED`: the broker did not take it. `LINE_LOST`: the connection ended. */
export type SendFault = 'NOT_CONNECTED' | 'TOO_LARGE' | 'BUSY' | 'NO_ACK' | 'REFUSED' | 'LINE_LOST';

/** A message on its way to the broker. */
export interface OutgoingMessage {
  readonly topic: string;
  readonly payload: Uint8Array;
  readonly options: IClientPublishOptions;
}

interface Waiting {
  readonly message: OutgoingMessage;
  readonly settle: (result: Result<true, SendFault>) => void;
}

/** A first-in first-out window in front of one connection. */
export class SendWindow {
  readonly #clock: Clock;
  readonly #publish: (message: OutgoingMessage, done: (error?: Error) => void) => void;
  readonly #waiting: Waiting[] = [];
  readonly #flying = new Set<Waiting>();
  #waitingBytes = 0;
  #size = 0;
  #closed = false;

  constructor(clock: Clock, publish: (message: OutgoingMessage, done: (error?: Error) => void) => void) {
    this.#clock = clock;
    this.#publish = publish;
  }

  /** Begins to send; `receiveMaximum` is what the broker announced. */
  open(receiveMaximum?: number): void {
    this.#size = Math.max(1, Math.min(receiveMaximum ?? sendWindowMax, sendWindowMax));
    this.#pump();
  }

  /** Resolves when the broker has acknowledged, or will not. Never rejects. */
  send(message: OutgoingMessage): Promise<Result<true, SendFault>> {
    if (this.#closed) return Promise.resolve(bad('LINE_LOST'));
    const { length } = message.payload;
    if (this.#waiting.length >= waitingMax || this.#waitingBytes + length > waitingBytesMax) {
      return Promise.resolve(bad('BUSY'));
    }
    return new Promise((settle) => {
      this.#waiting.push({ message, settle });
      this.#waitingBytes += length;
      this.#pump();
    });
  }

  /** Ends everything that waits or flies as `LINE_LOST`. */
  close(): void {
    this.#closed = true;
    for (const { settle } of [...this.#flying, ...this.#waiting]) settle(bad('LINE_LOST'));
    this.#flying.clear();
    this.#waiting.length = 0;
    this.#waitingBytes = 0;
  }

  #pump(): void {
    while (!this.#closed && this.#flying.size < this.#size) {
      const next = this.#waiting.shift();
      if (next === undefined) return;
      this.#waitingBytes -= next.message.payload.length;
      this.#fly(next);
    }
  }

  #fly(item: Waiting): void {
    this.#flying.add(item);
    const land = (result: Result<true, SendFault>): void => {
      timer.cancel();
      if (!this.#flying.delete(item)) return;
      item.settle(result);
      this.#pump();
    };
    const timer: Timer = this.#clock.setTimer(ackTimeoutMs, () => land(bad('NO_ACK')));
    this.#publish(item.message, (error) => land(error ? bad('REFUSED', error.message) : ok(true)));
  }
}
