/** Requests that wait for an answer, by their id. */
import { toHex } from '#core/bytes';
import type { GatewayAnswer, GatewayReply } from '../wire/gateway-message.ts';

/** Requests waiting at a time, at most. */
export const asksMax = 64;

interface PendingAsk {
  readonly validator: number;
  readonly answer: (answer: GatewayAnswer) => void;
}

/** Bounded by `asksMax`; an answer is taken once, and only from the validator that was asked. */
export class AskTable {
  readonly #pending = new Map<string, PendingAsk>();

  get full(): boolean {
    return this.#pending.size >= asksMax;
  }

  add(id: Uint8Array, validator: number, answer: (answer: GatewayAnswer) => void): void {
    this.#pending.set(toHex(id), { validator, answer });
  }

  remove(id: Uint8Array): void {
    this.#pending.delete(toHex(id));
  }

  /** Hands an answer to who waits for it; false when nobody does. */
  take(reply: GatewayReply): boolean {
    const id = toHex(reply.id);
    const pending = this.#pending.get(id);
    if (pending === undefined || pending.validator !== reply.validator) return false;
    this.#pending.delete(id);
    pending.answer(reply.answer);
    return true;
  }
}
