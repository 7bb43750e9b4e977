/** The validator as a process: one line on standard output when it is ready, logs on standard error, safe stop on a signal. */
import { systemClock } from '#core/clock';
import { systemEntropy } from '#core/entropy';
import { createLog } from '#core/log';
import { startMetrics } from './metrics.ts';
import { startValidator, writeStatusFile } from './validator.ts';
import { readValidatorConfig } from './validator-config.ts';

const statusFileMs = 5_000;

/**
 * Runs a validator until SIGTERM or SIGINT; resolves when it has stopped. Prints `{"event":"ready",...}` once it
 * listens. SIGUSR2, and every few seconds, its status goes to `status.json` in the state directory. Throws `BizainError`
 * when it cannot start or cannot go on.
 */
export async function runValidator(configPath: string, version: string): Promise<void> {
  const config = readValidatorConfig(configPath);
  const clock = systemClock;
  const log = createLog({ level: config.logLevel, name: 'validator' });
  const validator = await startValidator(config, { clock, entropy: systemEntropy, log, version });
  const stopped = new Promise<null>((resolve) => {
    for (const signal of ['SIGTERM', 'SIGINT'] as const) process.once(signal, () => resolve(null));
  });
  const writeStatus = () => writeStatusFile(config.stateDir, validator.status());
  process.on('SIGUSR2', writeStatus);
  const keepStatus = () => {
    writeStatus();
    timer = clock.setTimer(statusFileMs, keepStatus);
  };
  let timer = clock.setTimer(0, keepStatus);
  const metrics = config.metrics === undefined ? null : await startMetrics(config.metrics, validator);
  const ready = {
    event: 'ready',
    validator: validator.name,
    index: validator.index,
    pid: process.pid,
    peerPort: validator.peerPort,
  };
  process.stdout.write(`${JSON.stringify({ ...ready, height: validator.status().height })}\n`);
  const failure = await Promise.race([stopped, validator.failed.then((error) => ({ error }))]);
  timer.cancel();
  process.off('SIGUSR2', writeStatus);
  await metrics?.stop();
  await validator.stop();
  if (failure !== null) throw failure.error;
}
