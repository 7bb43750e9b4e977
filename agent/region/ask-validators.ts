/**
 * Asks every validator of a region how it is: over the brokers, where the answers are signed, and over HTTP where it serves
 * `/status`. One that does not answer is a row like the others.
 */
import { toHex } from '#core/bytes';
import type { Clock } from '#core/clock';
import { verifySignature } from '#core/ed25519';
import type { Entropy } from '#core/entropy';
import type { Log } from '#core/log';
import { validatorsMax } from '#ledger/validators/validator-set';
import { RegionLine } from '#sync/outbox/region-line';
import { type ValidatorStatus, validatorStatusSchema } from '#sync/validator/validator-status';
import { chainIdOf, type Genesis, type ValidatorInfo } from '#sync/wire/genesis';
import { statusDomain, statusMessage } from '#sync/wire/status-answer';
import { agreedChain } from './agreed-chain.ts';
import type { AskedValidator, NoReport } from './asked-validator.ts';

/** Whom to ask, and how. */
export interface AskValidatorsOptions {
  readonly genesis: Genesis;
  /** Who is asked first: the validators of the last founding; left out: those of the genesis. */
  readonly members?: readonly ValidatorInfo[];
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

type Told = { readonly report: ValidatorStatus; readonly wallOffMs: number };
type Asked = Told | NoReport;

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

/** One question to the validator of one seat; its answer counts if a member's key has signed it for this question. */
async function askOverBroker(
  line: RegionLine,
  options: AskValidatorsOptions,
  members: readonly ValidatorInfo[],
  at: { readonly seat: number; readonly untilMs: number },
): Promise<Asked> {
  const { genesis, entropy, clock } = options;
  const nonce = entropy.bytes(16);
  const beganMs = clock.wallMs();
  const asked = await line.askOne({ kind: 'status', nonce }, Math.max(1, at.untilMs - clock.monotonicMs()), at.seat);
  if (!asked.ok) return 'NO_ANSWER';
  const answer = asked.value;
  if (answer.kind === 'none' && answer.reason === 'BUSY') return 'BUSY';
  if (answer.kind !== 'status') return 'UNREADABLE';
  const { signature } = answer;
  const message = statusMessage(chainIdOf(genesis), nonce, answer.report);
  // Seats move with the set: the name counts, and whose key has signed.
  const signer = members.find(({ publicKey }) =>
    verifySignature({ publicKey, domain: statusDomain, message, signature }),
  );
  if (signer === undefined) return 'BAD_SIGNATURE';
  const report = readReport(answer.report);
  if (report === null) return 'UNREADABLE';
  if (report.validator !== signer.name) return 'FOREIGN';
  return { report, wallOffMs: report.wallMs - (beganMs + clock.wallMs()) / 2 };
}

/** What a round of questions brought, by seat. */
type Round = (members: readonly ValidatorInfo[]) => Promise<readonly Asked[]>;

async function withBrokers<T>(options: AskValidatorsOptions, work: (round: Round) => Promise<T>): Promise<T> {
  const { genesis, brokers, clock, entropy, log, timeoutMs } = options;
  if (brokers.length === 0) return work((members) => Promise.resolve(members.map(() => 'NO_BROKER')));
  const line = new RegionLine({
    chainId: chainIdOf(genesis),
    validatorCount: validatorsMax,
    account: 'admin',
    clientName: `operator-${Buffer.from(entropy.bytes(8)).toString('hex')}`,
    entryPoints: brokers,
    clock,
    entropy,
    log,
  });
  line.start();
  try {
    return await work(async (members) => {
      const untilMs = clock.monotonicMs() + timeoutMs;
      if (!(await connected(line, clock, untilMs))) return members.map(() => 'NO_BROKER');
      return Promise.all(members.map((_, seat) => askOverBroker(line, options, members, { seat, untilMs })));
    });
  } finally {
    await line.stop();
  }
}

function rowsOf(
  members: readonly ValidatorInfo[],
  bySeat: readonly Asked[],
  plain: readonly Told[],
): readonly AskedValidator[] {
  const signed = bySeat.filter((asked) => typeof asked === 'object');
  return members.map(({ name }, seat) => {
    const told = signed.find(({ report }) => report.validator === name);
    if (told !== undefined) return { name, source: 'broker', reason: null, ...told };
    const untold = plain.find(({ report }) => report.validator === name);
    if (untold !== undefined) return { name, source: 'http', reason: null, ...untold };
    const reason = bySeat[seat];
    return {
      name,
      source: null,
      report: null,
      reason: typeof reason === 'string' ? reason : 'NO_ANSWER',
      wallOffMs: 0,
    };
  });
}

const namesAndKeys = (members: readonly ValidatorInfo[]): string =>
  members.map(({ name, publicKey }) => `${name}=${toHex(publicKey)}`).join(' ');

/**
 * Asks all of them at once, those of the genesis first. Where enough of these sign that the epoch has another set, that set is
 * asked. Resolves within about twice `timeoutMs`, in the order of the set. Never rejects.
 */
export async function askValidators(options: AskValidatorsOptions): Promise<readonly AskedValidator[]> {
  const { genesis, http } = options;
  const founders = options.members ?? genesis.validators;
  const overHttp = Promise.all(http.map((url) => askHttp(url, options)));
  return withBrokers(options, async (round) => {
    const [bySeat, answers] = await Promise.all([round(founders), overHttp]);
    const read = answers.filter((asked) => typeof asked === 'object');
    const told = read.filter(({ report }) => report.region === genesis.region);
    const rows = rowsOf(founders, bySeat, told);
    const agreed = agreedChain(rows);
    const now = agreed?.chain.validators ?? founders;
    if (agreed?.certain !== true || namesAndKeys(now) === namesAndKeys(founders)) return rows;
    return rowsOf(now, await round(now), told);
  });
}
