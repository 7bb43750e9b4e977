/** Traces a program, cuts the power at every sync and every promise, and asks what the states then left have broken. */
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { SeededEntropy } from '#core/entropy';
import { type CrashState, DiskModel } from './disk-model.ts';
import { type DiskEvent, eventsOf, traceProgram } from './syscall-trace.ts';

/** What the program says it has promised, and whether a state keeps it. */
export interface Promised {
  /** A line of the program's standard output, in its order among the writes. */
  hear(line: string): void;
  /** What is broken in a state, which is on the disk at `folder`: nothing when all promises hold. */
  broken(folder: string): string[];
}

/** One run of a program and its crash states. */
export interface CrashTrial {
  /** File in this folder, and its arguments; the first one is the folder whose writes count. */
  readonly program: string;
  readonly args: readonly string[];
  /** Name of the database that is written in that folder. */
  readonly database: string;
  /** Most writes that are singled out at one moment. */
  readonly budget: number;
  readonly seed: number;
  readonly stopAtLoss?: number;
  /** Cut before one sync in so many, and before all that are near a write into the database itself. Default 1. */
  readonly cutEvery?: number;
  /** What the disk does not do although the program has asked for it. */
  readonly ignores?: (event: DiskEvent) => boolean;
}

/** What the states of a trial were like. */
export interface CrashVerdict {
  readonly states: number;
  /** States in which something is broken. */
  readonly withLoss: number;
  readonly broken: readonly string[];
}

/** Syncs after a write into the database that are all looked at. */
const nearSyncs = 2;

function materialise(state: CrashState, folder: string, root: string): void {
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const moved = (path: string): string => join(folder, path.slice(root.length));
  for (const path of state.folders) mkdirSync(moved(path), { recursive: true, mode: 0o700 });
  for (const [path, content] of state.files) writeFileSync(moved(path), content, { mode: 0o600 });
}

/** Where a trial's files are; removed by `close`. */
export class CrashLab {
  readonly #folder = mkdtempSync(join(tmpdir(), 'bizain-durability-'));
  // Crash states are written and opened by the thousand; nothing in them needs to survive a real cut.
  readonly #crashed = mkdtempSync(join(existsSync('/dev/shm') ? '/dev/shm' : tmpdir(), 'bizain-crashed-'));

  close(): void {
    rmSync(this.#folder, { recursive: true, force: true });
    rmSync(this.#crashed, { recursive: true, force: true });
  }

  /** Runs the program once and looks at its crash states. The program's folder is empty and outlives nothing. */
  run(trial: CrashTrial, promised: Promised): CrashVerdict {
    const root = join(this.#folder, 'disk');
    mkdirSync(root);
    const program = join(import.meta.dirname, trial.program);
    const node = [process.execPath, '--conditions=bizain-source', '--import', 'tsx', program, root, ...trial.args];
    const events = eventsOf(traceProgram(node, join(this.#folder, 'trace')), root, (path) => path.endsWith('-reserve'));
    const entropy = new SeededEntropy(trial.seed);
    const model = new DiskModel();
    model.apply({ kind: 'mkdir', path: root });
    model.apply({ kind: 'sync', path: this.#folder });
    const broken: string[] = [];
    let [states, withLoss, syncs, nearUntil] = [0, 0, 0, 0];
    const cut = (moment: number): void => {
      for (const state of model.states(entropy, trial.budget)) {
        states++;
        materialise(state, this.#crashed, root);
        const found = promised.broken(this.#crashed);
        if (found.length > 0) withLoss++;
        for (const what of found.slice(0, 3))
          broken.push(`event ${moment}, ${state.how}: ${what} (seed ${trial.seed})`);
      }
    };
    for (const [moment, event] of events.entries()) {
      if (event.kind === 'write' && event.path.endsWith(trial.database)) nearUntil = syncs + nearSyncs;
      if (withLoss >= (trial.stopAtLoss ?? Number.POSITIVE_INFINITY)) break;
      if (trial.ignores?.(event) === true) continue;
      // Before a sync every subset of what is unsynced is possible: that covers the moments since the last one.
      if (event.kind === 'sync' && (syncs++ < nearUntil || syncs % (trial.cutEvery ?? 1) === 0)) cut(moment);
      model.apply(event);
      if (event.kind === 'say') {
        promised.hear(event.line);
        if (model.pendingCount > 0) cut(moment);
      }
    }
    cut(events.length);
    return { states, withLoss, broken };
  }
}
