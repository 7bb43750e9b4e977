/** A lane as a process of its own, for tests that kill it: answers lines of JSON on standard input with lines on standard output. */
import { createInterface } from 'node:readline';
import { type TerminalConfig, terminalConfigSchema } from '#agent/config/terminal-config';
import { startTerminal } from '#agent/terminal';
import { systemClock } from '#core/clock';
import { systemEntropy } from '#core/entropy';
import { createLog } from '#core/log';

const config: TerminalConfig = terminalConfigSchema.parse(JSON.parse(process.argv[2] ?? '{}'));
const log = createLog({ level: 'silent', name: 'lane' });
const terminal = await startTerminal(config, { clock: systemClock, entropy: systemEntropy, log });
const say = (value: object): void => void process.stdout.write(`${JSON.stringify(value)}\n`);
say({ event: 'up' });
createInterface({ input: process.stdin }).on('line', (line) => {
  const { data } = JSON.parse(line) as { data: string };
  void terminal.scan({ data }).then((verdict) => say({ event: 'verdict', verdict }));
});
