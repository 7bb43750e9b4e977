/** A region for a bench: a broker and four validators, each a process of its own on the built product, on this machine's temporary folder. */
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { Agent, get } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Child, startChild } from '#agent/demo/child';
import { freePortBlock } from '#agent/demo/free-ports';
import { Undo } from '#agent/demo/undo';
import { type CreatedRegion, createRegion } from '#agent/office/region-setup';
import { validatorNodeFlags } from '#agent/process-flags';
import { sleep, systemClock } from '#core/clock';
import { systemEntropy } from '#core/entropy';
import { decode } from '#core/format';
import type { ValidatorStatus } from '#sync/validator/validator-status';
import { type Genesis, genesisFormat } from '#sync/wire/genesis';
import { startAedes, startMosquitto } from '../fixtures/broker.ts';

const program = join(import.meta.dirname, '../../dist/agent/main.js');
const mosquittoPath = '/usr/sbin/mosquitto';
/** What an operator sets for a region: no waiting for full packets, and room for what a validator has not acknowledged yet. */
const mosquittoLines = ['set_tcp_nodelay true', 'max_inflight_messages 1000', 'max_queued_messages 20000'];
const validatorCount = 4;
const readyMsMax = 600_000;
const pollMs = 25;
/** Clock ticks of /proc/<pid>/stat on every Linux that Node.js runs on. */
const ticksPerSecond = 100;

/** Which broker the bench stands behind: `BIZAIN_BENCH_BROKER=embedded`, or Mosquitto where it is installed. */
export function benchBroker(): 'mosquitto' | 'embedded' {
  return process.env['BIZAIN_BENCH_BROKER'] === 'embedded' || !existsSync(mosquittoPath) ? 'embedded' : 'mosquitto';
}

/** One validator's process, which may be another one after a restart. */
export interface HostedValidator {
  readonly name: string;
  readonly configPath: string;
  readonly metricsPort: number;
  child: Child;
}

const keepAlive = new Agent({ keepAlive: true });

function statusAt(port: number): Promise<ValidatorStatus> {
  return new Promise((resolve, reject) => {
    const request = get({ agent: keepAlive, host: '127.0.0.1', port, path: '/status' }, (response) => {
      const chunks: Buffer[] = [];
      response.on('data', (chunk: Buffer) => chunks.push(chunk));
      response.on('end', () => resolve(JSON.parse(Buffer.concat(chunks).toString('utf8')) as ValidatorStatus));
    });
    request.once('error', reject);
  });
}

/** User and system time that a process has used, seconds. */
export function cpuSecondsOf(pid: number): number {
  const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
  // The name, in parentheses, may hold spaces.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return (Number(fields[11]) + Number(fields[12])) / ticksPerSecond;
}

/** See the file's head. */
export class RegionHost {
  readonly genesis: Genesis;
  readonly created: CreatedRegion;
  readonly brokerPort: number;
  readonly brokerUrl: string;
  readonly brokerPid: number | null;
  readonly validators: readonly HostedValidator[];
  readonly #undo: Undo;

  private constructor(
    parts: Pick<RegionHost, 'genesis' | 'created' | 'brokerPort' | 'brokerUrl' | 'brokerPid' | 'validators'>,
    undo: Undo,
  ) {
    this.genesis = parts.genesis;
    this.created = parts.created;
    this.brokerPort = parts.brokerPort;
    this.brokerUrl = parts.brokerUrl;
    this.brokerPid = parts.brokerPid;
    this.validators = parts.validators;
    this.#undo = undo;
  }

  /** Starts everything; `prepare` may fill the state folders before the validators start. */
  static async open(prepare?: (created: CreatedRegion, genesis: Genesis) => void): Promise<RegionHost> {
    const undo = new Undo();
    try {
      const folder = mkdtempSync(join(tmpdir(), 'bizain-region-'));
      undo.add(() => rmSync(folder, { recursive: true, force: true }));
      const broker = benchBroker() === 'mosquitto' ? await startMosquitto(mosquittoLines) : await startAedes();
      undo.add(() => broker.stop());
      const created = createRegion({
        folder: join(folder, 'region'),
        name: 'bench',
        validators: validatorCount,
        peerHost: '127.0.0.1',
        peerPortBase: await freePortBlock(validatorCount),
        brokers: [{ url: broker.url }],
        allowVolatileState: true,
        clock: systemClock,
        entropy: systemEntropy,
      });
      const decoded = decode(genesisFormat, Uint8Array.from(readFileSync(created.genesisFile)));
      if (!decoded.ok) throw new Error(decoded.reason);
      prepare?.(created, decoded.value);
      const metricsPorts = await freePortBlock(validatorCount);
      const validators = await Promise.all(
        created.validators.map(({ name, configPath }, index) => startOne(name, configPath, metricsPorts + index, undo)),
      );
      const { url: brokerUrl, port: brokerPort, pid: brokerPid } = broker;
      const host = new RegionHost(
        { genesis: decoded.value, created, brokerPort, brokerUrl, brokerPid, validators },
        undo,
      );
      await host.until((s) => s.peers.length === validatorCount - 1 && s.brokersUp === 1);
      return host;
    } catch (error) {
      await undo.run();
      throw error;
    }
  }

  /** What a validator says of itself. */
  status(index: number): Promise<ValidatorStatus> {
    return statusAt((this.validators[index] as HostedValidator).metricsPort);
  }

  /** Waits until all validators say so. */
  async until(holds: (status: ValidatorStatus) => boolean, msMax = readyMsMax): Promise<void> {
    const startMs = systemClock.monotonicMs();
    for (const index of this.validators.keys()) {
      for (;;) {
        const status = await this.status(index);
        if (holds(status)) break;
        if (systemClock.monotonicMs() - startMs > msMax)
          throw new Error(`a validator does not get there: ${JSON.stringify(status)}`);
        await sleep(systemClock, pollMs);
      }
    }
  }

  /** SIGKILL. */
  async kill(index: number): Promise<void> {
    await (this.validators[index] as HostedValidator).child.kill();
  }

  /** Starts a killed validator again; resolves when it has its peers and has caught up with another. */
  async restart(index: number): Promise<void> {
    const validator = this.validators[index] as HostedValidator;
    validator.child = await spawn(validator);
    await this.until((s) => s.peers.length === validatorCount - 1 && s.brokersUp === 1 && !s.catchingUp);
    const { height } = await this.status((index + 1) % validatorCount);
    await this.until((s) => s.height >= height);
  }

  /** Processor seconds that the validators have used together so far. */
  cpuSeconds(): number {
    return this.validators.reduce((sum, { child }) => sum + cpuSecondsOf(child.pid), 0);
  }

  close(): Promise<void> {
    return this.#undo.run();
  }
}

function spawn({ name, configPath }: { readonly name: string; readonly configPath: string }): Promise<Child> {
  return startChild({
    name,
    program,
    args: ['validator', '--config', configPath],
    nodeFlags: [...validatorNodeFlags, ...profilingFlags(name)],
    clock: systemClock,
    readyMsMax,
  });
}

async function startOne(name: string, configPath: string, metricsPort: number, undo: Undo): Promise<HostedValidator> {
  const config = JSON.parse(readFileSync(configPath, 'utf8')) as Record<string, unknown>;
  const logLevel = process.env['BIZAIN_BENCH_LOG'] ?? 'error';
  writeFileSync(configPath, JSON.stringify({ ...config, logLevel, metrics: { host: '127.0.0.1', port: metricsPort } }));
  const hosted: HostedValidator = { name, configPath, metricsPort, child: await spawn({ name, configPath }) };
  undo.add(() => hosted.child.stop());
  return hosted;
}

/** `BIZAIN_BENCH_PROFILE=<folder>` has the first validator write a profile of its processor time there. */
function profilingFlags(name: string): string[] {
  const folder = process.env['BIZAIN_BENCH_PROFILE'];
  return folder === undefined || name !== 'v1' ? [] : ['--cpu-prof', `--cpu-prof-dir=${folder}`];
}
