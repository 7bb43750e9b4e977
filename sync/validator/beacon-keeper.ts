/** Beacon proofs off the critical path: own ones are made ahead in idle moments, checked ones keep their outputs. */
import { assert } from '#core/assert';
import { toHex } from '#core/bytes';
import type { Clock, Timer } from '#core/clock';
import { vrfOutput, vrfProve, vrfVerify } from '#core/vrf';
import type { ValidatorInfo } from '../wire/genesis.ts';

const keptMax = 64;
const plannedMax = 16;

function keep(map: Map<string, Uint8Array>, key: string, value: Uint8Array): void {
  const oldest = map.keys().next();
  if (map.size >= keptMax && !oldest.done) map.delete(oldest.value);
  map.set(key, value);
}

/** Proves and checks for one validator. Same input, same answer; only the time it takes differs. */
export class BeaconKeeper {
  readonly #secretSeed: Uint8Array;
  readonly #validators: readonly ValidatorInfo[];
  readonly #clock: Clock;
  readonly #proofs = new Map<string, Uint8Array>();
  readonly #outputs = new Map<string, Uint8Array>();
  readonly #planned = new Map<string, Uint8Array>();
  #timer: Timer | null = null;

  constructor(options: {
    readonly secretSeed: Uint8Array;
    readonly validators: readonly ValidatorInfo[];
    readonly clock: Clock;
  }) {
    this.#secretSeed = options.secretSeed;
    this.#validators = options.validators;
    this.#clock = options.clock;
  }

  /** Proves soon, one proof at a time in the order asked for, after what is waiting to be done now. */
  proveAhead(alpha: Uint8Array): void {
    const name = toHex(alpha);
    if (this.#proofs.has(name) || this.#planned.has(name)) return;
    const oldest = this.#planned.keys().next();
    if (this.#planned.size >= plannedMax && !oldest.done) this.#planned.delete(oldest.value);
    this.#planned.set(name, alpha);
    this.#timer ??= this.#clock.setTimer(1, () => this.#proveNext());
  }

  prove(alpha: Uint8Array): Uint8Array {
    const key = toHex(alpha);
    const known = this.#proofs.get(key);
    if (known !== undefined) return known;
    const proof = vrfProve(this.#secretSeed, alpha);
    keep(this.#proofs, key, proof);
    return proof;
  }

  /** Whether the proof is the validator's for this alpha. */
  verify(validator: number, alpha: Uint8Array, proof: Uint8Array): boolean {
    const member = this.#validators[validator];
    if (member === undefined) return false;
    const checked = vrfVerify(member.publicKey, alpha, proof);
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
    const [name, alpha] = next.value;
    this.#planned.delete(name);
    this.prove(alpha);
    if (this.#planned.size > 0) this.#timer = this.#clock.setTimer(1, () => this.#proveNext());
  }
}
