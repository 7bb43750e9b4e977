/** Beacon proofs off the critical path: own ones are made ahead in idle moments, checked ones keep their outputs. */
import { assert } from '#core/assert';
import { toHex } from '#core/bytes';
import type { Clock, Timer } from '#core/clock';
import { vrfOutput, vrfProve, vrfVerify } from '#core/vrf';

const keptMax = 64;
const plannedMax = 16;

function keep(map: Map<string, Uint8Array>, key: string, value: Uint8Array): void {
  const oldest = map.keys().next();
  if (map.size >= keptMax && !oldest.done) map.delete(oldest.value);
  map.set(key, value);
}

const nameOf = (ownKey: Uint8Array, alpha: Uint8Array): string => `${toHex(ownKey)} ${toHex(alpha)}`;

/** Proves and checks for one validator. Same input, same answer; only the time it takes differs. */
export class BeaconKeeper {
  readonly #secretOf: (ownKey: Uint8Array) => Uint8Array;
  readonly #clock: Clock;
  readonly #proofs = new Map<string, Uint8Array>();
  readonly #outputs = new Map<string, Uint8Array>();
  readonly #planned = new Map<string, { readonly ownKey: Uint8Array; readonly alpha: Uint8Array }>();
  #timer: Timer | null = null;

  constructor(options: {
    /** The secret of one of the own keys. */
    readonly secretOf: (ownKey: Uint8Array) => Uint8Array;
    readonly clock: Clock;
  }) {
    this.#secretOf = options.secretOf;
    this.#clock = options.clock;
  }

  /** Proves soon, one proof at a time in the order asked for, after what is waiting to be done now. */
  proveAhead(ownKey: Uint8Array, alpha: Uint8Array): void {
    const name = nameOf(ownKey, alpha);
    if (this.#proofs.has(name) || this.#planned.has(name)) return;
    const oldest = this.#planned.keys().next();
    if (this.#planned.size >= plannedMax && !oldest.done) this.#planned.delete(oldest.value);
    this.#planned.set(name, { ownKey, alpha });
    this.#timer ??= this.#clock.setTimer(1, () => this.#proveNext());
  }

  prove(ownKey: Uint8Array, alpha: Uint8Array): Uint8Array {
    const key = nameOf(ownKey, alpha);
    const known = this.#proofs.get(key);
    if (known !== undefined) return known;
    const proof = vrfProve(this.#secretOf(ownKey), alpha);
    keep(this.#proofs, key, proof);
    return proof;
  }

  /** Whether the proof is the key's for this alpha. */
  verify(publicKey: Uint8Array, alpha: Uint8Array, proof: Uint8Array): boolean {
    const checked = vrfVerify(publicKey, alpha, proof);
    if (checked.ok) keep(this.#outputs, toHex(proof), checked.value);
    return checked.ok;
  }

  /** The output of a committed proof, 64 bytes. */
  outputOf(proof: Uint8Array): Uint8Array {
    const output = this.#outputs.get(toHex(proof)) ?? vrfOutput(proof);
    assert(output !== undefined, 'a committed beacon proof decodes');
    return output;
  }

  stop(): void {
    this.#timer?.cancel();
    this.#planned.clear();
  }

  #proveNext(): void {
    this.#timer = null;
    const next = this.#planned.entries().next();
    if (next.done) return;
    const [name, { ownKey, alpha }] = next.value;
    this.#planned.delete(name);
    this.prove(ownKey, alpha);
    if (this.#planned.size > 0) this.#timer = this.#clock.setTimer(1, () => this.#proveNext());
  }
}
