/** The demo's four validators as processes that can be killed and brought back. */
import { type Clock, sleep } from '#core/clock';
import { BizainError } from '#core/errors';
import { validatorNodeFlags } from '../process-flags.ts';
import { type Child, startChild } from './child.ts';
import type { DemoErrorCode } from './errors.ts';

const readyMsMax = 30_000;
const pollMs = 100;

/** One validator to run. */
export interface ValidatorSeat {
  readonly name: string;
  readonly configPath: string;
}

/** What the set is made of; `heightOf` asks one validator for its own certified head. */
export interface ValidatorSetOptions {
  readonly program: string;
  readonly seats: readonly ValidatorSeat[];
  readonly clock: Clock;
}

/** See the file's head. Validators are named by index. */
export class ValidatorSet {
  private readonly options: ValidatorSetOptions;
  private readonly running = new Map<number, Child>();
  private ask: (validator: number) => Promise<number | null> = () => Promise.resolve(null);

  constructor(options: ValidatorSetOptions) {
    this.options = options;
  }

  /** Starts all of them at once. */
  async start(): Promise<void> {
    const outcomes = await Promise.allSettled(this.options.seats.map((_, index) => this.spawn(index)));
    const failure = outcomes.find((outcome) => outcome.status === 'rejected');
    if (failure !== undefined) throw failure.reason;
  }

  /** Who is asked for a validator's height. */
  askHeightsBy(ask: (validator: number) => Promise<number | null>): void {
    this.ask = ask;
  }

  private async spawn(index: number): Promise<void> {
    const { program, seats, clock } = this.options;
    const seat = seats[index];
    if (seat === undefined) return;
    const args = ['validator', '--config', seat.configPath];
    this.running.set(
      index,
      await startChild({
        name: `validator ${seat.name}`,
        program,
        args,
        clock,
        readyMsMax,
        nodeFlags: validatorNodeFlags,
      }),
    );
  }

  /** The validator's name. */
  nameOf(index: number): string {
    return this.options.seats[index]?.name ?? `#${index}`;
  }

  /** SIGKILL. */
  async kill(index: number): Promise<void> {
    await this.running.get(index)?.kill();
    this.running.delete(index);
  }

  /** Starts a killed validator again; resolves with the height it says it came back at. */
  async restart(index: number): Promise<number> {
    await this.spawn(index);
    const height = this.running.get(index)?.ready['height'];
    return typeof height === 'number' ? height : 0;
  }

  /** Waits until a validator answers with at least this height. Error: `DEMO_STEP_FAILED`. */
  async untilHeight(index: number, height: number, waitMsMax: number): Promise<number> {
    for (let waited = 0; waited <= waitMsMax; waited += pollMs) {
      const found = await this.ask(index);
      if (found !== null && found >= height) return found;
      await sleep(this.options.clock, pollMs);
    }
    throw new BizainError({
      code: 'DEMO_STEP_FAILED' satisfies DemoErrorCode,
      message: `${this.nameOf(index)} did not reach height ${height} within ${waitMsMax} ms`,
    });
  }

  /** Stops all that run. */
  async stop(): Promise<void> {
    await Promise.all([...this.running.values()].map((child) => child.stop()));
    this.running.clear();
  }
}
