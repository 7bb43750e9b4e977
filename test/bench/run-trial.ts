/** Runs one trial program in a fresh process on the built product and returns what it measured. */
import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';

const trialMsMax = 300_000;

/** The program of this folder that runs the trial, and what is called when it wants the line cut. */
export interface TrialOptions {
  readonly program: string;
  readonly onAnchored?: () => void;
}

/** Starts the program with the job, and returns what it prints as its outcome. */
export async function runTrial<T>(job: { readonly kind: string }, options: TrialOptions): Promise<T> {
  const folder = mkdtempSync(join(tmpdir(), 'bizain-trial-'));
  const jobFile = join(folder, 'job.json');
  writeFileSync(jobFile, JSON.stringify(job));
  // Without the condition of the sources, so that it is the built product that is measured.
  const args = ['--import', 'tsx', join(import.meta.dirname, options.program), jobFile];
  const child = spawn(process.execPath, args, {
    cwd: join(import.meta.dirname, '../..'),
    stdio: ['ignore', 'pipe', 'inherit'],
    timeout: trialMsMax,
    killSignal: 'SIGKILL',
  });
  let outcome: T | undefined;
  createInterface({ input: child.stdout }).on('line', (line) => {
    const said = JSON.parse(line) as { event: string; outcome?: T };
    if (said.event === 'anchored') options.onAnchored?.();
    if (said.event === 'outcome') outcome = said.outcome;
  });
  try {
    const exit = await new Promise<number | null>((resolve, reject) => {
      child.once('error', reject);
      child.once('close', resolve);
    });
    if (exit !== 0 || outcome === undefined) throw new Error(`the trial ${job.kind} ended with ${exit}`);
    return outcome;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
