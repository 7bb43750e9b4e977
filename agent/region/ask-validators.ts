/**
 * Asks every validator of a region how it is: over the brokers, where the answers are signed, and over HTTP where it serves
 * `/status`. One that does not answer is a row like the others.
 */
import { type Clock, withDeadline } from '#core/clock';
import { verifySignature } from '#core/ed25519';
import type { Entropy } from '#core/entropy';
import type { Log } from '#core/log';
import { RegionLine } from '#sync/outbox/region-line';
import { type ValidatorStatus, validatorStatusSchema } from '#sync/validator/validator-status';
import { chainIdOf, type Genesis } from '#sync/wire/genesis';
import { statusDomain, statusMessage } from '#sync/wire/status-answer';

/** Why there is no report. `FOREIGN`: it is that of another validator or region. */
export type NoReport = 'NO_BROKER' | 'NO_ANSWER' | 'BAD_SIGNATURE' | 'UNREADABLE' | 'BUSY' | 'FOREIGN';

/** What is known of one validator. `wallOffMs`: how far its clock is ahead of ours; the time of the question is in it. */
export interface AskedValidator {
  readonly name: string;
  readonly source: 'broker' | 'http' | null;
  readonly report: ValidatorStatus | null;
  readonly reason: NoReport | null;
  readonly wallOffMs: number;
}

/** Whom to ask, and how. */
export interface AskValidatorsOptions {
  readonly genesis: Genesis;
  readonly brokers: readonly { readonly url: string; readonly username?: string; readonly password?: string }[];
  /** Base addresses of validators' metrics listeners, in any order. */
  readonly http: readonly string[];
  /** Milliseconds for all of it. */
  readonly timeoutMs: number;
  readonly clock: Clock;
  readonly entropy: Entropy;
  readonly log: Log;
}

const reportBytesMax = 128 * 1024;
const pollMs = 20;

type Asked = { readonly report: ValidatorStatus; readonly wallOffMs: number } | NoReport;

function readReport(text: string): ValidatorStatus | null {
  try {
    const parsed = validatorStatusSchema.safeParse(JSON.parse(text));
    return parsed.success ? parsed.data : null;
  } catch {
    return null;
  }
}

async function askHttp(url: string, { clock, timeoutMs }: AskValidatorsOptions): Promise<Asked> {
  try {
    const beganMs = clock.wallMs();
    const response = await fetch(`${url.replace(/\/+$/, '')}/status`, { signal: AbortSignal.timeout(timeoutMs) });
    const text = await response.text();
    const report = response.ok && text.length <= reportBytesMax ? readReport(text) : null;
    return report === null ? 'UNREADABLE' : { report, wallOffMs: report.wallMs - (beganMs + clock.wallMs()) / 2 };
  } catch {
    return 'NO_ANSWER';
  }
}

async function connected(line: RegionLine, clock: Clock, untilMs: number): Promise<boolean> {
  while (!line.connected && clock.monotonicMs() < untilMs) {
    await new Promise<void>((resolve) => void clock.setTimer(pollMs, resolve));
  }
  return line.connected;
}

/** One question to one validator; its answer counts only if its key has signed it for this question. */
async function askOverBroker(
  line: RegionLine,
  options: AskValidatorsOptions,
  validator: number,
  untilMs: number,
): Promise<Asked> {
  const { genesis, entropy, clock } = options;
  const member = genesis.validators[validator];
  const nonce = entropy.bytes(16);
  const beganMs = clock.wallMs();
  const asked = await line.askOne({ kind: 'status', nonce }, Math.max(1, untilMs - clock.monotonicMs()), validator);
  if (!asked.ok || member === undefined) return 'NO_ANSWER';
  const answer = asked.value;
  if (answer.kind === 'none' && answer.reason === 'BUSY') return 'BUSY';
  if (answer.kind !== 'status') return 'UNREADABLE';
  const message = statusMessage(chainIdOf(genesis), nonce, answer.report);
  const { publicKey } = member;
  if (!verifySignature({ publicKey, domain: statusDomain, message, signature: answer.signature }))
    return 'BAD_SIGNATURE';
  const report = readReport(answer.report);
  if (report === null) return 'UNREADABLE';
  if (report.validator !== member.name) return 'FOREIGN';
  return { report, wallOffMs: report.wallMs - (beganMs + clock.wallMs()) / 2 };
}

async function askAllOverBrokers(options: AskValidatorsOptions, untilMs: number): Promise<Asked[]> {
  const { genesis, brokers, clock, entropy, log } = options;
  const none = (reason: NoReport): Asked[] => genesis.validators.map(() => reason);
  if (brokers.length === 0) return none('NO_BROKER');
  const line = new RegionLine({
    chainId: chainIdOf(genesis),
    validatorCount: genesis.validators.length,
    account: 'admin',
    clientName: `operator-${Buffer.from(entropy.bytes(8)).toString('hex')}`,
    entryPoints: brokers,
    clock,
    entropy,
    log,
  });
  line.start();
  try {
    if (!(await connected(line, clock, untilMs))) return none('NO_BROKER');
    return await Promise.all(genesis.validators.map((_, index) => askOverBroker(line, options, index, untilMs)));
  } finally {
    await line.stop();
  }
}

/** Asks all of them at once; resolves within about `timeoutMs`, in the order of the genesis. Never rejects. */
export async function askValidators(options: AskValidatorsOptions): Promise<readonly AskedValidator[]> {
  const { genesis, http, clock, timeoutMs } = options;
  const untilMs = clock.monotonicMs() + timeoutMs;
  const [overBrokers, overHttp] = await Promise.all([
    withDeadline(clock, askAllOverBrokers(options, untilMs), timeoutMs + 1_000),
    Promise.all(http.map((url) => askHttp(url, options))),
  ]);
  return genesis.validators.map(({ name }, index) => {
    const signed = overBrokers.ok ? (overBrokers.value[index] ?? 'NO_ANSWER') : 'NO_ANSWER';
    if (typeof signed === 'object') return { name, source: 'broker', reason: null, ...signed };
    const plain = overHttp.find(
      (asked): asked is Exclude<Asked, NoReport> =>
        typeof asked === 'object' && asked.report.validator === name && asked.report.region === genesis.region,
    );
    if (plain !== undefined) return { name, source: 'http', reason: null, ...plain };
    return { name, source: null, report: null, reason: signed, wallOffMs: 0 };
  });
}
