/**
 * Between ordering and results: what a call reads is kept when its block commits, the executor works on it beside the voting
 * thread, and what it gave is attested in the own journal. A call that cannot be executed here is left to the others.
 */
import { decode, encode } from '#core/format';
import { type OpenCall, readCallAt, readCallBook } from '#ledger/contracts/call';
import { type CallInput, callInputFormat, readBytesMax } from '#ledger/contracts/executor-port';
import { attestedMax } from '#ledger/contracts/operations';
import { type CallResult, callResultFormat } from '#ledger/contracts/result';
import type { LedgerView } from '#ledger/state/view';
import type { CallRunner, RunOutcome } from './call-runner.ts';
import type { CallTable } from './call-table.ts';
import type { ExecutorModules } from './executor-modules.ts';
import type { OwnJournal } from './own-journal.ts';

/** Runs of one call in one life of the process. */
const attemptsMax = 2;

/** What the desk rests on. */
export interface CallDeskOptions {
  /** Account of this validator. */
  readonly name: string;
  readonly state: LedgerView;
  readonly table: CallTable;
  readonly journal: OwnJournal;
  readonly runner: Pick<CallRunner, 'run'>;
  readonly modules: Pick<ExecutorModules, 'find'>;
  /** Opens a transaction, where none is open, for what is written next. */
  open(): void;
  chain(): { readonly height: number; readonly timeMs: number };
  /** Does what a run has brought about, where an error ends the validator. */
  safely(work: () => void): void;
}

interface Kept {
  readonly input: Uint8Array;
  result: Uint8Array | null;
  attempts: number;
  running: boolean;
}

/** Numbers of the desk. */
export interface CallDeskStatus {
  /** Open calls that are kept here, and how many of them have a result. */
  readonly kept: number;
  readonly executed: number;
  /** Runs without a result since the start: out of time, dead, or without a program. */
  readonly gaveUp: number;
}

/** The desk of one validator. */
export class CallDesk {
  readonly #options: CallDeskOptions;
  readonly #kept = new Map<number, Kept>();
  #gaveUp = 0;

  /** Takes up what was kept in an earlier life. Throws `STORE_CORRUPT`. */
  constructor(options: CallDeskOptions) {
    this.#options = options;
    for (const { number, input, result } of options.table.all())
      this.#kept.set(number, { input, result, attempts: 0, running: false });
    // The block that asked for a read may have been committed, and what it read not kept.
    this.committed();
  }

  status(): CallDeskStatus {
    const executed = [...this.#kept.values()].filter(({ result }) => result !== null).length;
    return { kept: this.#kept.size, executed, gaveUp: this.#gaveUp };
  }

  /** After every commit, while the state is that of the block. */
  committed(): void {
    const { open } = readCallBook(this.#options.state);
    if (open.length === 0 && this.#kept.size === 0) return;
    const numbers = new Set(open.map(({ number }) => number));
    for (const number of this.#kept.keys()) if (!numbers.has(number)) this.#drop(number);
    for (const { number, slot } of open) {
      const call = this.#kept.has(number) ? null : readCallAt(this.#options.state, slot);
      if (call !== null) this.#keep(call);
    }
    for (const [number, kept] of this.#kept) this.#run(number, kept);
    this.tell();
  }

  /** Attests what has a result and is not attested, as far as the own journal may speak. */
  tell(): void {
    if (this.#kept.size === 0) return;
    const { state, name, journal } = this.#options;
    const results: { number: number; result: CallResult }[] = [];
    for (const { number, slot } of readCallBook(state).open) {
      const given = this.#kept.get(number)?.result ?? null;
      if (given === null || results.length >= attestedMax) continue;
      const isSaid = readCallAt(state, slot)?.attestations.some(({ validator }) => validator === name) ?? true;
      const isOnItsWay = journal.waits(
        (said) => said.kind === 'contract.attest' && said.results.some((one) => one.number === number),
      );
      const decoded = decode(callResultFormat, given);
      if (!isSaid && !isOnItsWay && decoded.ok) results.push({ number, result: decoded.value });
    }
    if (results.length > 0) journal.author([{ kind: 'contract.attest', results }]);
  }

  /** Keeps a call with what it reads, where this is the moment to read it and this validator has a say. */
  #keep(call: OpenCall): void {
    const { name, table, open, chain } = this.#options;
    const { height, timeMs } = chain();
    if (call.readsAt !== height || !call.voters.includes(name)) return;
    const input = inputOf(this.#options.state, call, { height, timeMs });
    const kept: Kept = { input: encode(callInputFormat, input), result: null, attempts: 0, running: false };
    open();
    table.put(call.number, kept.input);
    this.#kept.set(call.number, kept);
    if (input.values.length < call.reads.length) {
      this.#note(call.number, encode(callResultFormat, { kind: 'failed', code: 'READS_TOO_LARGE' }));
    }
  }

  #run(number: number, kept: Kept): void {
    if (kept.result !== null || kept.running || kept.attempts >= attemptsMax) return;
    const decoded = decode(callInputFormat, kept.input);
    const module = decoded.ok ? this.#options.modules.find(decoded.value.executor, decoded.value.version) : null;
    if (module === null) return;
    kept.running = true;
    kept.attempts++;
    void this.#options.runner.run(module, kept.input).then((outcome) => this.#finished(number, kept, outcome));
  }

  #finished(number: number, kept: Kept, outcome: RunOutcome): void {
    kept.running = false;
    if (outcome.kind === 'gave-up') {
      if (outcome.why !== 'STOPPED') this.#gaveUp++;
      return;
    }
    if (this.#kept.get(number) !== kept) return;
    this.#options.safely(() => {
      this.#note(number, outcome.result);
      this.tell();
    });
  }

  #note(number: number, result: Uint8Array): void {
    const kept = this.#kept.get(number);
    if (kept === undefined) return;
    kept.result = result;
    this.#options.open();
    this.#options.table.putResult(number, result);
  }

  #drop(number: number): void {
    this.#kept.delete(number);
    this.#options.open();
    this.#options.table.drop(number);
  }
}

/** The call with its reads; an object that is too large, and all behind it, are left out. */
function inputOf(
  state: LedgerView,
  call: OpenCall,
  { height, timeMs }: { readonly height: number; readonly timeMs: number },
): CallInput {
  const values: CallInput['values'][number][] = [];
  for (const read of call.reads) {
    const value = state.get(read.shard, read.key) ?? null;
    if (value !== null && value.length > readBytesMax) break;
    values.push({ read, value });
  }
  const { number, executor, version, args, caller, reserved } = call;
  return { number, executor, version, function: call.function, args, caller, reserved, height, timeMs, values };
}
