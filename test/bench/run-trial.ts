/** Runs one trial program in a fresh process on the built product and returns what it measured. */
import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { TrialJob } from './till-trial.ts';

const trialMsMax = 300_000;

/** Starts `till-trial.ts` with the job; `onAnchored` is called when it wants the line cut. */
export async function runTrial<T>(job: TrialJob, onAnchored: () => void = () => undefined): Promise<T> {
  const folder = mkdtempSync(join(tmpdir(), 'bizain-trial-'));
  const jobFile = join(folder, 'job.json');
  writeFileSync(jobFile, JSON.stringify(job));
  // Without the condition of the sources, so that it is the built product that is measured.
  const args = ['--import', 'tsx', join(import.meta.dirname, 'till-trial.ts'), jobFile];
  const child = spawn(process.execPath, args, {
    cwd: join(import.meta.dirname, '../..'),
    stdio: ['ignore', 'pipe', 'inherit'],
    timeout: trialMsMax,
    killSignal: 'SIGKILL',
  });
  let outcome: T | undefined;
  createInterface({ input: child.stdout }).on('line', (line) => {
    const said = JSON.parse(line) as { event: string; outcome?: T };
    if (said.event === 'anchored') onAnchored();
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
