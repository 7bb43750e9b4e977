/** `bizain demo`: a region, a store and a shop day on this machine, then the till is yours to play with. */
import { createInterface } from 'node:readline';
import { systemClock } from '#core/clock';
import { systemEntropy } from '#core/entropy';
import { BizainError } from '#core/errors';
import { createLog } from '#core/log';
import { openStage, type Stage } from './stage.ts';
import { type StepFacts, story } from './story.ts';
import { describeVerdict, formatMs, style } from './telling.ts';

/** How to run it. */
export interface DemoOptions {
  /** End after the story instead of handing the till over. */
  readonly once: boolean;
  /** Print one JSON summary as the last line. */
  readonly json: boolean;
  /** Path of the program that children are started from. */
  readonly program: string;
}

/** What a step came to. */
interface StepResult {
  readonly step: string;
  readonly ok: boolean;
  readonly ms: number;
  readonly facts: StepFacts;
}

/** The summary that `--json` prints as its last line. */
interface DemoSummary {
  readonly demo: 'bizain-edge';
  readonly ok: boolean;
  readonly setUpMs: number;
  readonly storyMs: number;
  readonly onlineFinalP50Ms: number | null;
  readonly steps: readonly StepResult[];
  readonly error: { readonly code: string; readonly message: string } | null;
}

const colours = process.stdout.isTTY === true && process.env['NO_COLOR'] === undefined;
const say = (line: string) => process.stdout.write(`${line}\n`);

function describeError(error: unknown): { code: string; message: string } {
  if (error instanceof BizainError) return { code: error.code, message: error.message };
  return { code: 'UNEXPECTED', message: error instanceof Error ? (error.stack ?? error.message) : String(error) };
}

async function tell(stage: Stage, results: StepResult[]): Promise<void> {
  for (const [index, step] of story.entries()) {
    say(`\n${style.bold(`${index + 1}. ${step.en}`, colours)}\n   ${style.dim(step.zh, colours)}`);
    const startMs = systemClock.monotonicMs();
    try {
      const facts = await step.run(stage, (line) => say(`   ${line}`));
      const ms = Math.round(systemClock.monotonicMs() - startMs);
      results.push({ step: step.name, ok: true, ms, facts });
      say(`   ${style.green('checked against ledger and journals', colours)} ${style.dim(formatMs(ms), colours)}`);
    } catch (error) {
      results.push({ step: step.name, ok: false, ms: Math.round(systemClock.monotonicMs() - startMs), facts: {} });
      throw error;
    }
  }
}

function invite(stage: Stage): void {
  const { lane1, lane2, goods, folders } = stage;
  const fresh = goods.couponCode(40);
  say(`\n${style.bold('The shop is open. Over to you.', colours)} 商店已开张，请随意试用。`);
  say(`   screen, lane 1   ${style.cyan(lane1.screenUrl, colours)}`);
  say(`   screen, lane 2   ${style.cyan(lane2.screenUrl, colours)}`);
  say(`   type or paste a code here, for lane 1; an unused coupon: ${fresh}`);
  say(`   a product: ${goods.bracketedProduct(goods.batch.serials[1] ?? '')}`);
  say(`   drop a picture of a QR code into ${folders.pictures} (one to try: ${folders.samplePicture})`);
  say('   or scan from a program:');
  say(
    `   curl -s ${lane1.url}/v1/scan -H 'authorization: Bearer ${lane1.apiToken}' -H 'content-type: application/json' -d '{"code":"${goods.couponCode(41)}"}'`,
  );
  say(
    `   commands: ${style.bold('cut', colours)}, ${style.bold('restore', colours)} the line; ${style.bold('quit', colours)} (or Ctrl-C)`,
  );
}

/** Hands the till to whoever sits at the keyboard until they quit. */
async function play(stage: Stage, interrupted: Promise<void>): Promise<void> {
  const input = createInterface({ input: process.stdin });
  const typed = async () => {
    for await (const raw of input) {
      const line = raw.trim();
      if (line === 'quit' || line === 'exit') return;
      if (line === 'cut') stage.line.cut();
      else if (line === 'restore') stage.line.restore();
      else if (line !== '') say(describeVerdict(await stage.lane1.scan(line, '')));
      if (line === 'cut' || line === 'restore') say(`the line is ${line === 'cut' ? 'cut' : 'back'}`);
    }
    // Standard input is not a keyboard (a service, a pipe that ended): the shop stays open until a signal.
    await interrupted;
  };
  await Promise.race([typed(), interrupted]);
  input.close();
}

/** Resolves at the first Ctrl-C or SIGTERM. */
function interruption(): Promise<void> {
  return new Promise((resolve) => {
    for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => resolve());
  });
}

/**
 * Runs the demo. Resolves with the exit code: 0 when every step held, 1 otherwise. Leaves no process and no file behind.
 */
export async function runDemo(options: DemoOptions): Promise<number> {
  const interrupted = interruption();
  const startMs = systemClock.monotonicMs();
  const results: StepResult[] = [];
  let stage: Stage | null = null;
  let error: DemoSummary['error'] = null;
  let setUpMs = 0;
  let storyMs = 0;
  say(style.bold('bizain-edge: a shop that goes on selling when the network goes away', colours));
  say('断网照常营业，恢复后账目分毫不差');
  try {
    const opening = openStage({
      program: options.program,
      clock: systemClock,
      entropy: systemEntropy,
      log: createLog({ level: 'error', name: 'demo' }),
      say: (line) => say(style.dim(`   ${line}`, colours)),
    });
    stage = await Promise.race([opening, interrupted.then(() => null)]);
    if (stage === null) {
      stage = await opening;
      return 130;
    }
    setUpMs = Math.round(systemClock.monotonicMs() - startMs);
    say(`   ready after ${(setUpMs / 1_000).toFixed(1)} s; lane 1 shows its screen at ${stage.lane1.screenUrl}`);
    const storyStartMs = systemClock.monotonicMs();
    await Promise.race([tell(stage, results), interrupted]);
    storyMs = Math.round(systemClock.monotonicMs() - storyStartMs);
    say(`\nThe story took ${(storyMs / 1_000).toFixed(1)} s.`);
    if (!options.once) {
      invite(stage);
      await play(stage, interrupted);
    }
  } catch (cause) {
    error = describeError(cause);
    say(`\n${style.red(`${error.code}: ${error.message}`, colours)}`);
  } finally {
    await stage?.close();
  }
  const ok = error === null && results.length === story.length;
  if (options.json) {
    const p50 = results.find((result) => result.step === 'online-final')?.facts['p50Ms'];
    const onlineFinalP50Ms = typeof p50 === 'number' ? p50 : null;
    const summary: DemoSummary = { demo: 'bizain-edge', ok, setUpMs, storyMs, onlineFinalP50Ms, steps: results, error };
    say(JSON.stringify(summary));
  }
  return ok ? 0 : 1;
}
