/** `bizain status | queue | verify | redeem`: questions to a running agent. */
import { type Command, Option } from 'commander';
import { BizainError } from '#core/errors';
import type { Amount, QueueItem, TerminalStatus } from '../status.ts';
import type { Verdict } from '../verdict/verdict.ts';
import { type AgentOptions, callAgent, withAgentOptions } from './agent-client.ts';
import type { CliErrorCode } from './errors.ts';
import { exitCode } from './exit-code.ts';
import { wholeNumber } from './option-values.ts';
import { writeAnswer } from './output.ts';

const codeBytesMax = 8_192;
const statusPollMs = 250;

interface CodeOptions extends AgentOptions {
  readonly aim?: string;
  readonly basket?: string;
}

function amountsText(amounts: readonly Amount[]): string {
  return amounts.length === 0 ? '0' : amounts.map(({ value, unit }) => `${value} ${unit}`).join(' + ');
}

function statusLines(status: TerminalStatus): string[] {
  const { journal, line, autonomy, books } = status;
  const pending = journal.pending.value + journal.pending.trace;
  const head = status.head === null ? 'none yet' : `block ${status.head.height}`;
  return [
    `terminal   ${status.terminal} (${status.role}, ${status.mode})`,
    `ready      ${status.ready ? 'yes' : 'no'}, journal ${journal.anchored ? 'anchored' : 'not anchored yet'}`,
    `line       ${line.connected ? 'connected' : 'down'} for ${Math.round(line.forMs / 1_000)} s, ${head}`,
    `hub        ${status.hub.self ? 'this terminal' : `${status.hub.terminal ?? 'none'} (${status.hub.reachable ? 'reachable' : 'not reachable'})`}`,
    `waiting    ${pending} entries`,
    `exposure   ${amountsText(status.exposure.byUnit)}`,
    `autonomy   ${autonomy.hours === null ? 'unknown' : `${autonomy.hours.toFixed(1)} h`}, ${autonomy.ownedUnits} owned and ${autonomy.budgetUnits} budgeted units`,
    `books      ${books.balanced ? 'balanced' : 'NOT BALANCED'}: ${books.final.count} final, ${books.pending.count} pending, ${books.conflicted.count} conflicted`,
    ...status.scanners.map(({ name, transport, state }) => `scanner    ${name} (${transport}): ${state}`),
  ];
}

function verdictLines(verdict: Verdict): string[] {
  const value = verdict.value === null ? '' : `, ${verdict.value} ${verdict.unit ?? ''}`;
  const reasons = verdict.reasons.length === 0 ? '' : ` (${verdict.reasons.join(', ')})`;
  return [
    `${verdict.decision.toUpperCase()}: ${verdict.text.en} ${verdict.text.zh}`,
    `${verdict.title ?? verdict.kind} ${verdict.key}${value}`,
    `finality ${verdict.finality}, basis ${verdict.basis}, check code ${verdict.checkCode}, ${verdict.elapsedMs.toFixed(1)} ms${reasons}`,
  ];
}

async function codeFrom(argument: string): Promise<string> {
  if (argument !== '-') return argument;
  const unreadable = (message: string): never => {
    const code: CliErrorCode = 'CODE_UNREADABLE';
    throw new BizainError({ code, message });
  };
  const parts: Buffer[] = [];
  let size = 0;
  for await (const part of process.stdin as AsyncIterable<Buffer>) {
    size += part.length;
    if (size > codeBytesMax)
      return unreadable(`Standard input holds more than ${codeBytesMax} bytes: that is no code.`);
    parts.push(part);
  }
  const { fromUtf8 } = await import('#core/bytes');
  const text = fromUtf8(Buffer.concat(parts));
  return text === undefined ? unreadable('Standard input is not UTF-8.') : text.replace(/\r?\n$/, '');
}

function addCodeCommand(program: Command, name: 'verify' | 'redeem', description: string): void {
  withAgentOptions(
    program.command(name).argument('<code>', 'the code, or - for standard input').description(description),
  )
    .option('--aim <identifier>', 'AIM identifier of the symbol, e.g. ]d2')
    .addOption(new Option('--basket <id>', 'basket to put it in, 32 hex digits'))
    .action(async (argument: string, options: CodeOptions) => {
      const { aim, basket } = options;
      const code = await codeFrom(argument);
      const body = {
        code,
        device: 'cli',
        ...(aim === undefined ? {} : { aim }),
        ...(basket === undefined ? {} : { basket }),
      };
      const verdict = (await callAgent(options, `/v1/${name}`, body)) as Verdict;
      await writeAnswer(options.json === true, verdict, () => verdictLines(verdict));
      process.exitCode = verdict.decision === 'accept' ? exitCode.ok : exitCode.no;
    });
}

interface StatusOptions extends AgentOptions {
  readonly wait?: number;
}

/** The status at once, or the first one within the time that says the agent is ready and online. */
async function statusWithin(options: StatusOptions): Promise<TerminalStatus> {
  const { sleep, systemClock } = await import('#core/clock');
  const untilMs = systemClock.monotonicMs() + (options.wait ?? 0) * 1_000;
  for (;;) {
    const isLast = systemClock.monotonicMs() >= untilMs;
    try {
      const status = (await callAgent(options, '/v1/status')) as TerminalStatus;
      const isWhole = status.ready && status.line.connected && status.journal.anchored && status.hub.reachable;
      if (isLast || isWhole) return status;
    } catch (error) {
      if (isLast) throw error;
    }
    await sleep(systemClock, statusPollMs);
  }
}

/** Adds the commands. */
export function addAskCommands(program: Command): void {
  withAgentOptions(program.command('status').description('health of a running agent'))
    .option(
      '--wait <seconds>',
      'wait so long for it to be ready, online and in touch with its hub',
      wholeNumber(1, 600),
    )
    .action(async (options: StatusOptions) => {
      const status = await statusWithin(options);
      await writeAnswer(options.json === true, status, () => statusLines(status));
    });
  withAgentOptions(program.command('queue').description('entries that wait for their receipt')).action(
    async (options: AgentOptions) => {
      const queue = (await callAgent(options, '/v1/queue')) as { entries: readonly QueueItem[] };
      await writeAnswer(options.json === true, queue, () =>
        queue.entries.length === 0
          ? ['Nothing waits.']
          : queue.entries.map(
              ({ stream, sequence, kind, key, ageMs }) =>
                `${stream}/${sequence}  ${kind}  ${key ?? ''}  ${ageMs === null ? '' : `${Math.round(ageMs / 1_000)} s`}`,
            ),
      );
    },
  );
  addCodeCommand(program, 'verify', 'judge a code and take nothing; exit code 0 only when it would be accepted');
  addCodeCommand(program, 'redeem', 'take a coupon or sell a product; exit code 0 only when it was accepted');
}
