/** One way into the region: a broker's address and how to log in there. */

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
