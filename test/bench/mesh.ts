/**
 * The bench of the mesh: what TLS 1.3 costs against plain TCP under the same lanes, and what bodies do to votes. Two
 * processes on one machine; rounds of both kinds alternate, so that other work on the machine meets both.
 */
import { type ChildProcess, fork } from 'node:child_process';
import { connect, type Socket } from 'node:net';
import { join } from 'node:path';
import { connect as connectTls } from 'node:tls';
import { systemClock } from '#core/clock';
import { frameOfMessage, PeerLane } from '#sync/validator/peer-lane';
import { dialOptions, tlsIdentity } from '#sync/validator/peer-tls';
import type { LaneName, PeerMessage } from '#sync/wire/peer-message';
import { type BenchRow, median, quantile } from './report.ts';
import type { Bench } from './run.ts';

const bodyBytes = 64 * 1024;
/** Bodies on their way at a time. */
const windowCount = 32;
const kinds = ['tcp', 'tls'] as const;
type Kind = (typeof kinds)[number];
type Ports = Readonly<Record<Kind, number>>;

const identity = tlsIdentity(new Uint8Array(32).fill(3));
const chainId = new Uint8Array(32).fill(1);
const body = frameOfMessage({ kind: 'body', segment: new Uint8Array(bodyBytes).fill(7) });
/** The size of a vote. */
const vote = frameOfMessage({
  kind: 'vote',
  vote: {
    phase: 1,
    height: 1,
    view: 0,
    blockHash: new Uint8Array(32),
    resultRoot: new Uint8Array(32),
    validator: 1,
    signature: new Uint8Array(64),
  },
});

async function open(kind: Kind, ports: Ports, lane: LaneName): Promise<Socket> {
  const to = { host: '127.0.0.1', port: ports[kind] };
  const socket = kind === 'tcp' ? connect(to) : connectTls({ ...to, ...dialOptions(identity, chainId, lane) });
  await new Promise<void>((resolve, reject) => {
    socket.once('error', reject);
    socket.once(kind === 'tcp' ? 'connect' : 'secureConnect', resolve);
  });
  return socket;
}

/** Both lanes to the far end, and what comes back on them. */
class Pair {
  readonly #urgent: PeerLane;
  readonly #bulk: PeerLane;
  #onEcho: () => void = () => undefined;
  #acknowledged = 0;
  #sent = 0;
  #pouring = false;

  private constructor(urgent: Socket, bulk: Socket) {
    this.#urgent = this.#lane(urgent, 'urgent');
    this.#bulk = this.#lane(bulk, 'bulk');
  }

  static async open(kind: Kind, ports: Ports): Promise<Pair> {
    const urgent = await open(kind, ports, 'urgent');
    return new Pair(urgent, await open(kind, ports, 'bulk'));
  }

  /** Round trips of votes one after the other, ms. */
  async votes(count: number): Promise<number[]> {
    const samples: number[] = [];
    for (let n = 0; n < count; n++) {
      const start = performance.now();
      const echoed = new Promise<void>((resolve) => {
        this.#onEcho = resolve;
      });
      this.#urgent.send(vote);
      await echoed;
      samples.push(performance.now() - start);
    }
    return samples;
  }

  /** Starts sending bodies without a pause. */
  pour(): void {
    this.#pouring = true;
    while (this.#sent - this.#acknowledged < windowCount) this.#give();
  }

  async dry(): Promise<void> {
    this.#pouring = false;
    while (this.#acknowledged < this.#sent) await new Promise((resolve) => setTimeout(resolve, 1));
  }

  get acknowledged(): number {
    return this.#acknowledged;
  }

  close(): void {
    for (const lane of [this.#urgent, this.#bulk]) lane.close('CLOSED');
  }

  #give(): void {
    this.#sent++;
    this.#bulk.send(body);
  }

  #lane(socket: Socket, lane: LaneName): PeerLane {
    return new PeerLane(socket, {
      lane,
      clock: systemClock,
      onMessage: (message) => this.#heard(message),
      onClosed: () => undefined,
    });
  }

  #heard(message: PeerMessage): void {
    if (message.kind !== 'have-bodies') {
      this.#onEcho();
      return;
    }
    this.#acknowledged++;
    if (this.#pouring) this.#give();
  }
}

/** What one round measured. */
interface Round {
  readonly connectMs: number[];
  readonly idleMs: number[];
  readonly busyMs: number[];
  readonly megabytesPerSecond: number;
  readonly cpuMsPerMegabyte: number;
}

async function measure(
  kind: Kind,
  ports: Ports,
  size: { readonly votes: number; readonly pourMs: number },
): Promise<Round> {
  const connectMs: number[] = [];
  // An even number: the far end takes plain connections for the two lanes in turn.
  for (let n = 0; n < 20; n++) {
    const start = performance.now();
    const socket = await open(kind, ports, 'urgent');
    connectMs.push(performance.now() - start);
    socket.destroy();
  }
  const pair = await Pair.open(kind, ports);
  await pair.votes(50);
  const idleMs = await pair.votes(size.votes);
  const cpu = process.cpuUsage();
  const start = performance.now();
  pair.pour();
  await new Promise((resolve) => setTimeout(resolve, size.pourMs));
  await pair.dry();
  const seconds = (performance.now() - start) / 1_000;
  const used = process.cpuUsage(cpu);
  const megabytes = (pair.acknowledged * bodyBytes) / 1e6;
  pair.pour();
  const busyMs = await pair.votes(Math.ceil(size.votes / 4));
  await pair.dry();
  pair.close();
  const cpuMsPerMegabyte = (used.user + used.system) / 1_000 / megabytes;
  return { connectMs, idleMs, busyMs, megabytesPerSecond: megabytes / seconds, cpuMsPerMegabyte };
}

function rowsOf(kind: Kind, rounds: readonly Round[]): BenchRow[] {
  const name = kind === 'tcp' ? 'plain TCP' : 'TLS 1.3';
  const lower = (metric: string, value: number, unit = 'ms'): BenchRow => ({
    metric: `${name}: ${metric}`,
    value,
    unit,
    better: 'lower',
  });
  const middle = (read: (round: Round) => number) => median(rounds.map(read));
  return [
    lower(
      'a connection, p50',
      middle((round) => quantile(round.connectMs, 0.5)),
    ),
    lower(
      'a vote there and back, idle, p50',
      middle((round) => quantile(round.idleMs, 0.5)),
    ),
    lower(
      'a vote there and back, idle, p99',
      middle((round) => quantile(round.idleMs, 0.99)),
    ),
    lower(
      'a vote there and back, bodies pouring, p50',
      middle((round) => quantile(round.busyMs, 0.5)),
    ),
    lower(
      'a vote there and back, bodies pouring, p99',
      middle((round) => quantile(round.busyMs, 0.99)),
    ),
    lower(
      'CPU of the sender for bodies',
      middle((round) => round.cpuMsPerMegabyte),
      'ms/MB',
    ),
    { metric: `${name}: bodies`, value: middle((round) => round.megabytesPerSecond), unit: 'MB/s', better: 'higher' },
  ];
}

async function startFarEnd(): Promise<{ readonly child: ChildProcess; readonly ports: Ports }> {
  const execArgv = ['--conditions=bizain-source', '--import', 'tsx'];
  const child = fork(join(import.meta.dirname, 'mesh-far-end.ts'), [], { execArgv });
  const ports = await new Promise<Ports>((resolve, reject) => {
    child.once('message', (message) => resolve(message as Ports));
    child.once('exit', (code) => reject(new Error(`the far end ended with ${code}`)));
  });
  return { child, ports };
}

export const mesh: Bench = {
  settings: () => ({ bodyBytes, window: windowCount, voteBytes: vote.length, processes: 2, cipher: 'AES-256-GCM' }),
  async run(size) {
    const full = size === 'full';
    const { child, ports } = await startFarEnd();
    try {
      const rounds: Record<Kind, Round[]> = { tcp: [], tls: [] };
      const scale = full ? { votes: 2_000, pourMs: 2_000 } : { votes: 100, pourMs: 100 };
      for (let round = 0; round < (full ? 5 : 1); round++) {
        for (const kind of kinds) rounds[kind].push(await measure(kind, ports, scale));
      }
      return kinds.flatMap((kind) => rowsOf(kind, rounds[kind]));
    } finally {
      child.disconnect();
    }
  },
};
