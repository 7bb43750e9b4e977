/** A few of the bench's terminals, watched closely: from the moment a segment is sent to its certified receipt, checked by a light client. */
import { connectAsync, type MqttClient } from 'mqtt';
import { systemClock } from '#core/clock';
import { decode } from '#core/format';
import { LightClient } from '#sync/light-client/light-client';
import { receiptsMessageFormat } from '#sync/wire/gateway-message';
import { topicsOf } from '#sync/wire/topics';
import type { SealedSegment, Terminals } from './region-terminals.ts';

interface Sent {
  readonly last: number;
  readonly atMs: number;
}

/** See the file's head. */
export class ReceiptSampler {
  readonly #client: MqttClient;
  readonly #light: LightClient;
  readonly #lanes: ReadonlyMap<string, number>;
  readonly #sent = new Map<number, Sent[]>();
  #latenciesMs: number[] = [];
  #settled: (() => void) | null = null;

  private constructor(client: MqttClient, light: LightClient, lanes: ReadonlyMap<string, number>) {
    this.#client = client;
    this.#light = light;
    this.#lanes = lanes;
    for (const lane of lanes.values()) this.#sent.set(lane, []);
    client.on('message', (_topic, payload) => this.#receive(payload));
  }

  /** Watches the first `count` lanes. */
  static async open(terminals: Terminals, count: number): Promise<ReceiptSampler> {
    const light = new LightClient(terminals.host.genesis);
    const topics = topicsOf(light.chainId);
    const lanes = new Map(terminals.authors.slice(0, count).map(({ account }, lane) => [account, lane]));
    const client = await connectAsync(terminals.host.brokerUrl, { protocolVersion: 4 });
    await client.subscribeAsync(
      [...lanes.keys()].map((account) => topics.receipts(account)),
      { qos: 1 },
    );
    return new ReceiptSampler(client, light, lanes);
  }

  /** Notes that a segment is sent now; others than those of watched lanes are passed over. */
  note({ lane, last }: SealedSegment): void {
    this.#sent.get(lane)?.push({ last, atMs: systemClock.monotonicMs() });
  }

  /** Latencies since the last call, milliseconds. */
  take(): number[] {
    return this.#latenciesMs.splice(0);
  }

  /** Segments noted and not settled. */
  get openCount(): number {
    return [...this.#sent.values()].reduce((sum, list) => sum + list.length, 0);
  }

  /** Resolves with the next receipts that settle something. */
  settled(): Promise<void> {
    return new Promise((resolve) => {
      this.#settled = resolve;
    });
  }

  /** Forgets what is open, for when the load no longer waits for it. */
  forget(): void {
    for (const list of this.#sent.values()) list.length = 0;
    this.#latenciesMs = [];
  }

  async close(): Promise<void> {
    await this.#client.endAsync(true);
  }

  #receive(payload: Buffer): void {
    const decoded = decode(receiptsMessageFormat, Uint8Array.from(payload));
    if (!decoded.ok) throw new Error(`receipts do not decode: ${decoded.reason}`);
    const { receipts } = decoded.value;
    const last = receipts.at(-1)?.receipt;
    const lane = this.#lanes.get(last?.author ?? '');
    const open = lane === undefined ? undefined : this.#sent.get(lane);
    // The second publisher says the same again.
    if (last === undefined || open === undefined || !open.some((sent) => sent.last <= last.sequence)) return;
    const checked = this.#light.checkReceipts(decoded.value);
    if (!checked.ok) throw new Error(`receipts are not proved: ${checked.reason}`);
    const nowMs = systemClock.monotonicMs();
    while (open[0] !== undefined && open[0].last <= last.sequence)
      this.#latenciesMs.push(nowMs - (open.shift() as Sent).atMs);
    this.#settled?.();
    this.#settled = null;
  }
}
