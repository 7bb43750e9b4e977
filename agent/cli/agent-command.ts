/** `bizain agent` and `bizain validator`: the two long-running programs, until SIGTERM or SIGINT. */
import type { Command } from 'commander';
import { createLog, type LogLevel } from '#core/log';
import { writeLine } from './output.ts';

/** Resolves at the first SIGTERM or SIGINT. */
export function stopSignal(): Promise<void> {
  return new Promise((resolve) => {
    for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => resolve());
  });
}

async function runAgent({ config: file, logLevel }: { config: string; logLevel: LogLevel }): Promise<void> {
  const { loadTerminalConfig } = await import('../config/terminal-config.ts');
  const { systemClock } = await import('#core/clock');
  const { systemEntropy } = await import('#core/entropy');
  const { startTerminal } = await import('../terminal.ts');
  const { startLocalApi } = await import('../api/local-api.ts');
  const config = loadTerminalConfig(file);
  const log = createLog({ level: logLevel, name: config.terminal });
  const stopped = stopSignal();
  const machine = { clock: systemClock, entropy: systemEntropy, log };
  const terminal = await startTerminal(config, machine);
  try {
    const api = await startLocalApi({ ...config.api, terminal, ...machine });
    await writeLine(JSON.stringify({ event: 'ready', terminal: terminal.name, api: api.url }));
    await stopped;
    await api.close();
  } finally {
    await terminal.stop();
  }
}

/** Adds the command. */
export function addAgentCommand(program: Command): void {
  program
    .command('agent')
    .description('run one terminal until SIGTERM; prints a line of JSON when it is ready, logs to standard error')
    .requiredOption('--config <file>', "the terminal's configuration (agent.json)")
    .option('--log-level <level>', 'debug, info, warn, error or silent', 'info')
    .action(runAgent);
}
