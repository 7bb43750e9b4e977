/** One way into the region: a broker, or a validator's own HTTPS entry, and how to log in there. */

/** TLS settings as Node takes them, PEM texts. Absent ones have Node's defaults; certificates are always checked. */
export interface EntryPointTls {
  readonly ca?: string;
  readonly cert?: string;
  readonly key?: string;
  readonly servername?: string;
}

/** A broker. `auto` tries MQTT 5 and falls back to 3.1.1 where the broker does not speak it. */
export interface EntryPoint {
  /** `mqtt://`, `mqtts://`, `ws://` or `wss://`, host and port. */
  readonly url: string;
  readonly username?: string;
  readonly password?: string;
  readonly protocol?: 'auto' | 4 | 5;
  readonly tls?: EntryPointTls;
}

/** A validator's HTTPS entry. It is known by the validator's key alone: no authority, no name, no date. */
export interface ValidatorEntry {
  /** `https://`, host and port. */
  readonly url: string;
  /** Name of the validator that is there. */
  readonly name: string;
  /** Its place in the set, and its Ed25519 public key (32 bytes): those of the genesis, until an epoch says otherwise. */
  readonly validator: number;
  readonly publicKey: Uint8Array;
  readonly username?: string;
  readonly password?: string;
}

/** Any way into the region. */
export type AnyEntryPoint = EntryPoint | ValidatorEntry;

/** Whether the entry is a validator's own. */
export function isValidatorEntry(entry: AnyEntryPoint): entry is ValidatorEntry {
  return 'publicKey' in entry;
}
