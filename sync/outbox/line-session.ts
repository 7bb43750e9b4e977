/**
 * One MQTT connection, from the first byte to the last. MQTT.js is used for the protocol alone: it never reconnects, keeps
 * nothing, and replays nothing, since its replay is one message a round trip and its offline queue is unbounded.
 */
import mqtt, { type IClientOptions, type MqttClient } from 'mqtt';
import type { Clock, Timer } from '#core/clock';
import { bad, type Result } from '#core/result';
import { gatewayMessageBytesMax } from '../wire/gateway-message.ts';
import type { EntryPoint } from './entry-point.ts';
import type { DownCause, EntrySession, SessionListener } from './entry-session.ts';
import { PacketSizeGuard } from './packet-size-guard.ts';
import { type SendFault, SendWindow } from './send-window.ts';

const keepaliveS = 20;
const connectTimeoutMs = 10_000;
/** A connection that is not fully up by then is given up, whatever MQTT.js thinks of it. */
const upTimeoutMs = 15_000;
/** How long a clean DISCONNECT may take. */
const farewellMs = 500;
/** Room for the topic and the properties beside a gateway message. */
const packetBytesMax = gatewayMessageBytesMax + 64 * 1024;
/** Bytes that topic, header and properties of our own publishes take, at most. */
const publishOverheadBytes = 512;

/** CONNACK codes for a protocol version that the broker does not speak: MQTT 3.1.1 table 3.1, MQTT 5 table 3-1. */
const versionRefusals: readonly number[] = [1, 132];

/** What a session needs. */
export interface SessionOptions extends SessionListener {
  readonly entryPoint: EntryPoint;
  readonly protocolVersion: 4 | 5;
  readonly clientId: string;
  readonly filters: readonly string[];
  readonly clock: Clock;
}

/** See the file's head. */
export class LineSession implements EntrySession {
  readonly #options: SessionOptions;
  readonly #client: MqttClient;
  readonly #upTimer: Timer;
  readonly #window: SendWindow;
  readonly #guard = new PacketSizeGuard(packetBytesMax);
  /** The last error MQTT.js spoke of: the reason of the close that follows. */
  #lastError: DownCause | null = null;
  #heardBytes = false;
  #accepted = false;
  #up = false;
  #over = false;

  constructor(options: SessionOptions) {
    this.#options = options;
    this.#window = new SendWindow(options.clock, (message, done) =>
      this.#client.publish(message.topic, message.payload as Buffer, message.options, done),
    );
    this.#upTimer = options.clock.setTimer(upTimeoutMs, () =>
      this.#down({ code: 'TIMEOUT', detail: 'not up in time' }),
    );
    this.#client = mqtt.connect(options.entryPoint.url, clientOptions(options));
    this.#listen();
  }

  /** Every validator listens at every broker. */
  reaches(): boolean {
    return true;
  }

  /**
   * Publishes with QoS 1. The answer is the broker's PUBACK, which proves nothing but that a slot of the window is free.
   * `expiryS` lets a broker of MQTT 5 drop the message when it is that old.
   */
  publish(topic: string, payload: Uint8Array, expiryS?: number): Promise<Result<true, SendFault>> {
    if (!this.#up) return Promise.resolve(bad('NOT_CONNECTED'));
    const bytesMax = this.#client.serverProperties?.maximumPacketSize ?? packetBytesMax;
    if (payload.length + publishOverheadBytes > bytesMax) {
      return Promise.resolve(bad('TOO_LARGE', `${payload.length} bytes, the broker takes packets of ${bytesMax}`));
    }
    const expiry = expiryS !== undefined && this.#options.protocolVersion === 5;
    const properties = expiry ? { properties: { messageExpiryInterval: expiryS } } : {};
    return this.#window.send({ topic, payload, options: { qos: 1, ...properties } });
  }

  /** Subscribes to more topics; a refusal ends the session. */
  subscribe(filters: readonly string[], then: () => void = () => undefined): void {
    if (filters.length === 0 || this.#over) return;
    this.#client.subscribe([...filters], { qos: 1 }, (error, granted) => {
      if (this.#over) return;
      const refused = (granted ?? []).find(({ qos }) => qos > 2);
      // A grant is not a proof (brokers grant what their access rules then never deliver): the line also watches silence.
      if (error || refused !== undefined || granted?.length !== filters.length) {
        const which = refused?.topic ?? filters.join(' ');
        this.#down({ code: 'SUBSCRIBE_REFUSED', detail: error ? `${which}: ${error.message}` : which });
      } else then();
    });
  }

  /** Ends the connection at once, without `onDown`. */
  end(): Promise<void> {
    this.#over = true;
    this.#up = false;
    this.#upTimer.cancel();
    this.#window.close();
    return new Promise((resolve) => {
      const ended = (): void => {
        timer.cancel();
        this.#client.stream?.destroy();
        resolve();
      };
      // MQTT.js waits for its unacknowledged packets before it says goodbye: not for long.
      const timer = this.#options.clock.setTimer(farewellMs, ended);
      this.#client.end(!this.#client.connected, {}, ended);
    });
  }

  #listen(): void {
    const client = this.#client;
    // For ever: an error after the end must not become an uncaught exception.
    client.on('error', (error) => this.#onError(error));
    client.on('close', () => this.#onClose());
    client.on('connect', () => {
      this.#accepted = true;
      this.#window.open(client.serverProperties?.receiveMaximum);
      this.subscribe(this.#options.filters, () => this.#onUp());
    });
    client.on('disconnect', ({ reasonCode }) => {
      this.#lastError = { code: 'CLOSED', detail: `the broker disconnected with reason ${reasonCode ?? 0}` };
    });
    client.on('message', (topic, payload) => {
      if (!this.#over) this.#options.onMessage(topic, plain(payload));
    });
    client.stream.on('data', (chunk: Uint8Array) => {
      this.#heardBytes = true;
      if (!this.#guard.accepts(chunk))
        this.#down({ code: 'OVERSIZE', detail: `a packet over ${packetBytesMax} bytes` });
    });
  }

  #onUp(): void {
    if (this.#over) return;
    this.#up = true;
    this.#upTimer.cancel();
    this.#options.onUp();
  }

  #onError(error: Error & { code?: number | string }): void {
    const code = typeof error.code === 'number' ? error.code : null;
    if (code !== null && !this.#accepted) {
      this.#lastError = { code: versionRefusals.includes(code) ? 'VERSION' : 'REFUSED', detail: error.message };
    } else this.#lastError ??= { code: this.#accepted ? 'CLOSED' : 'UNREACHABLE', detail: error.message };
  }

  #onClose(): void {
    const cause = this.#lastError ?? { code: 'CLOSED', detail: 'the connection was closed' };
    const unclear =
      !this.#accepted &&
      cause.code !== 'REFUSED' &&
      cause.code !== 'VERSION' &&
      (this.#heardBytes || cause.code === 'CLOSED');
    this.#down(unclear ? { code: 'UNCLEAR', detail: cause.detail } : cause);
  }

  #down(cause: DownCause): void {
    if (this.#over) return;
    void this.end();
    this.#client.stream?.destroy();
    this.#options.onDown(cause);
  }
}

function clientOptions({ entryPoint, protocolVersion, clientId }: SessionOptions): IClientOptions {
  const { username, password, tls } = entryPoint;
  return {
    clientId,
    protocolVersion,
    ...(username === undefined ? {} : { username }),
    ...(password === undefined ? {} : { password }),
    ...tls,
    clean: true,
    keepalive: keepaliveS,
    connectTimeout: connectTimeoutMs,
    // The line makes a new client for each attempt, after a refused CONNACK too.
    reconnectPeriod: 0,
    reconnectOnConnackError: false,
    queueQoSZero: false,
    resubscribe: false,
    ...(protocolVersion === 5
      ? { properties: { sessionExpiryInterval: 0, maximumPacketSize: packetBytesMax, receiveMaximum: 64 } }
      : {}),
  };
}

function plain(bytes: Uint8Array): Uint8Array {
  return new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}
