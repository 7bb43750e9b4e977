/** The validator as a process: one line on standard output when it is ready, logs on standard error, safe stop on a signal. */
import { type Clock, systemClock, type Timer, withDeadline } from '#core/clock';
import { systemEntropy } from '#core/entropy';
import { createLog, type Log } from '#core/log';
import { limitedLog } from './limited-log.ts';
import { type Metrics, startMetrics } from './metrics.ts';
import { logEvents, StatusWatch } from './status-events.ts';
import { startValidator, writeStatusFile } from './validator.ts';
import { readValidatorConfig, type ValidatorConfig } from './validator-config.ts';
import type { Validator } from './validator-face.ts';

const watchMs = 1_000;
/** Every so many watches `status.json` is written. */
const watchesAFile = 5;
/** Longest that saying goodbye may take; everything that counts is on disk before. */
const stopMsMax = 10_000;

/** Looks at a validator once a second: tells the log what has changed, keeps `status.json`. */
function watchStatus(validator: Validator, { stateDir }: ValidatorConfig, clock: Clock, log: Log): { stop(): void } {
  const watch = new StatusWatch();
  let round = 0;
  let timer: Timer;
  const writeStatus = () => writeStatusFile(stateDir, validator.status());
  const look = () => {
    const status = validator.status();
    logEvents(log, watch.see(status));
    if (round++ % watchesAFile === 0) writeStatusFile(stateDir, status);
    timer = clock.setTimer(watchMs, look);
  };
  timer = clock.setTimer(0, look);
  process.on('SIGUSR2', writeStatus);
  return {
    stop() {
      timer.cancel();
      process.off('SIGUSR2', writeStatus);
    },
  };
}

function logStart(validator: Validator, config: ValidatorConfig, log: Log): void {
  const { version, region, index, height, epoch, members } = validator.status();
  const { stateDir, peerListen, brokers } = config;
  const fields = { version, node: process.version, region, validator: validator.name, index, height, epoch, members };
  log.info(
    { event: 'started', ...fields, stateDir, peerListen, brokers: brokers.length, metrics: config.metrics ?? null },
    'the validator has started',
  );
}

/** What stopping waits for: peers and brokers are told; the process ends without them when they take too long. */
async function end(validator: Validator, clock: Clock, log: Log): Promise<void> {
  const { height } = validator.status();
  const stopped = await withDeadline(clock, validator.stop(), stopMsMax);
  if (stopped.ok) log.info({ event: 'stopped', height }, 'the validator has stopped');
  else
    log.warn({ event: 'stopped', height, overdueMs: stopMsMax }, 'the validator stops without a goodbye to everybody');
}

/**
 * Runs a validator until SIGTERM or SIGINT; resolves when it has stopped, within about ten seconds. Prints
 * `{"event":"ready",...}` once it listens. SIGUSR2, and every few seconds, its status goes to `status.json` in the state
 * directory. A signal before that ends the process at once, which harms nothing: what counts is durable at any moment.
 * Throws `BizainError` when it cannot start or cannot go on.
 */
export async function runValidator(configPath: string, version: string): Promise<void> {
  const config = readValidatorConfig(configPath);
  const clock = systemClock;
  const log = limitedLog(createLog({ level: config.logLevel, name: 'validator' }), clock);
  const validator = await startValidator(config, { clock, entropy: systemEntropy, log, version });
  const signalled = new Promise<null>((resolve) => {
    for (const signal of ['SIGTERM', 'SIGINT'] as const) {
      process.once(signal, () => {
        log.info({ event: 'stopping', signal }, 'the validator stops');
        resolve(null);
      });
    }
  });
  logStart(validator, config, log);
  let metrics: Metrics | null = null;
  const watch = watchStatus(validator, config, clock, log);
  try {
    if (config.metrics !== undefined) metrics = await startMetrics(config.metrics, validator);
    const { name, index, peerPort } = validator;
    const ready = { event: 'ready', validator: name, index, pid: process.pid, peerPort };
    process.stdout.write(`${JSON.stringify({ ...ready, height: validator.status().height })}\n`);
    const failure = await Promise.race([signalled, validator.failed.then((error) => ({ error }))]);
    if (failure !== null) throw failure.error;
  } finally {
    watch.stop();
    await metrics?.stop();
    await end(validator, clock, log);
  }
}
