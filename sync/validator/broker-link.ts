/**
 * One validator's connection to one MQTT broker, 3.1.1. The broker and the client library are pipes: nothing is stored
 * in either, publishing happens only while connected and within a window, and reconnecting is done here.
 */
import { connect, type MqttClient } from 'mqtt';
import { type Clock, type Timer, withDeadline } from '#core/clock';
import { type Entropy, uniformInt } from '#core/entropy';
import type { Log } from '#core/log';

const backOffMsMin = 100;
const backOffMsMax = 10_000;
const connectMsMax = 5_000;
/** A connection that has not come about by then is given up, whatever the library believes. */
const watchdogMs = 15_000;
const keepaliveSeconds = 15;
const goodbyeMsMax = 500;
/** Messages of QoS 1 that the broker has not acknowledged, and their bytes: beyond, messages are dropped and counted. */
const windowCount = 1_024;
const windowBytes = 32 * 1024 * 1024;
const refusedGrant = 0x80;

/** What a link needs. */
export interface BrokerLinkOptions {
  readonly broker: {
    readonly url: string;
    readonly username?: string | undefined;
    readonly password?: string | undefined;
  };
  /** Unique at the broker. */
  readonly clientId: string;
  /** What is wanted now; asked again by `renewSubscriptions`. */
  subscriptions(): readonly string[];
  /** Largest message that is looked at, bytes. */
  readonly bytesMax: number;
  readonly clock: Clock;
  readonly entropy: Entropy;
  readonly log: Log;
  onMessage(topic: string, payload: Uint8Array): void;
  onUp(): void;
}

/** How a message goes out. */
export interface PublishOptions {
  readonly qos: 0 | 1;
  readonly retain?: boolean;
}

/** A link that comes back by itself until it is stopped. */
export class BrokerLink {
  readonly #options: BrokerLinkOptions;
  #client: MqttClient | null = null;
  #up = false;
  #stopped = false;
  #failures = 0;
  #timer: Timer | null = null;
  #flyingCount = 0;
  #flyingBytes = 0;
  #dropped = 0;
  #subscribed: readonly string[] = [];

  constructor(options: BrokerLinkOptions) {
    this.#options = options;
  }

  get up(): boolean {
    return this.#up;
  }

  /** Messages that were not sent because the window was full or the line down. */
  get droppedCount(): number {
    return this.#dropped;
  }

  start(): void {
    const { broker, clientId, clock } = this.#options;
    const client = connect(broker.url, {
      clientId,
      protocolVersion: 4,
      clean: true,
      keepalive: keepaliveSeconds,
      connectTimeout: connectMsMax,
      // The library neither spreads nor lengthens its attempts, and stops for ever after a refusal: a new client each time.
      reconnectPeriod: 0,
      queueQoSZero: false,
      resubscribe: false,
      ...(broker.username === undefined ? {} : { username: broker.username }),
      ...(broker.password === undefined ? {} : { password: broker.password }),
    });
    this.#client = client;
    this.#timer = clock.setTimer(watchdogMs, () => this.#lost(client, 'no connection in time'));
    client.on('connect', () => this.#subscribe(client));
    client.on('message', (topic, payload) => this.#receive(topic, payload));
    client.on('error', (error) => this.#lost(client, error.message));
    client.on('close', () => this.#lost(client, 'closed'));
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    this.#up = false;
    this.#timer?.cancel();
    const client = this.#client;
    this.#client = null;
    if (client === null) return;
    // With DISCONNECT the broker knows that this was meant; a broker that does not take it is left without.
    const ended = new Promise<void>((resolve) => client.end(false, () => resolve()));
    const said = await withDeadline(this.#options.clock, ended, goodbyeMsMax);
    if (!said.ok) await new Promise<void>((resolve) => client.end(true, () => resolve()));
  }

  /** Whether the message was handed to the connection; never queued for later. */
  publish(topic: string, payload: Uint8Array, { qos, retain = false }: PublishOptions): boolean {
    const client = this.#client;
    const full = qos === 1 && (this.#flyingCount >= windowCount || this.#flyingBytes + payload.length > windowBytes);
    if (client === null || !this.#up || full) {
      this.#dropped++;
      return false;
    }
    const size = qos === 1 ? payload.length : 0;
    this.#flyingCount += qos;
    this.#flyingBytes += size;
    client.publish(topic, bufferOf(payload), { qos, retain }, () => {
      if (this.#client !== client) return;
      this.#flyingCount -= qos;
      this.#flyingBytes -= size;
    });
    return true;
  }

  /** Other topics are wanted now. A refusal is that of a connection that comes about. */
  renewSubscriptions(): void {
    const client = this.#client;
    if (client === null || !this.#up) return;
    const wanted = this.#options.subscriptions();
    const gone = this.#subscribed.filter((topic) => !wanted.includes(topic));
    if (gone.length > 0) client.unsubscribe(gone);
    this.#subscribe(client);
  }

  #subscribe(client: MqttClient): void {
    this.#subscribed = this.#options.subscriptions();
    client.subscribe([...this.#subscribed], { qos: 1 }, (error, granted) => {
      if (client !== this.#client) return;
      const refused = (granted ?? []).filter((grant) => grant.qos >= refusedGrant).map((grant) => grant.topic);
      if (error !== null || refused.length > 0) {
        this.#options.log.error(
          { event: 'broker-refuses', refused, reason: error?.message },
          'the broker refuses a subscription: check its access rules',
        );
        return this.#lost(client, 'subscription refused');
      }
      if (this.#up) return;
      this.#timer?.cancel();
      this.#failures = 0;
      this.#up = true;
      this.#options.log.info(
        { event: 'broker-up', broker: withoutSecrets(this.#options.broker.url) },
        'broker connected',
      );
      this.#options.onUp();
    });
  }

  #receive(topic: string, payload: Uint8Array): void {
    if (payload.length === 0 || payload.length > this.#options.bytesMax) return;
    // A copy of its own: what is kept of a message must not keep the library's read buffer alive.
    this.#options.onMessage(topic, Uint8Array.from(payload));
  }

  #lost(client: MqttClient, reason: string): void {
    if (client !== this.#client || this.#stopped) return;
    this.#client = null;
    this.#timer?.cancel();
    if (this.#up || this.#failures === 0) {
      this.#options.log.warn(
        { event: 'broker-down', broker: withoutSecrets(this.#options.broker.url), reason },
        'broker connection lost',
      );
    }
    this.#up = false;
    this.#flyingCount = 0;
    this.#flyingBytes = 0;
    // Late errors of a client that is given up would otherwise be uncaught.
    client.removeAllListeners();
    client.on('error', () => undefined);
    client.end(true);
    const limitMs = Math.min(backOffMsMax, backOffMsMin * 2 ** this.#failures);
    this.#failures = Math.min(this.#failures + 1, 16);
    const delayMs = backOffMsMin / 2 + uniformInt(this.#options.entropy, limitMs);
    this.#timer = this.#options.clock.setTimer(delayMs, () => this.start());
  }
}

function bufferOf(bytes: Uint8Array): Buffer {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

/** A broker URL as it may be logged. */
function withoutSecrets(url: string): string {
  return url.replace(/\/\/[^@/]*@/, '//');
}
