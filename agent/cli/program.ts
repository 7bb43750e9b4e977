/** The command line `bizain`: which commands there are. Each imports what it needs only when it is called. */
import { Command, CommanderError } from 'commander';
import { addAgentCommand } from './agent-command.ts';
import { addAskCommands } from './ask-commands.ts';
import { addBrandCommand } from './brand-command.ts';
import { addBrokerCommand } from './broker-command.ts';
import { addDecodeCommand } from './decode-command.ts';
import { addDemoCommand } from './demo-command.ts';
import { exitCode } from './exit-code.ts';
import { addFormatsCommand } from './formats-command.ts';
import { addIssuerCommand } from './issuer-command.ts';
import { describeFailure, writeFailure } from './output.ts';
import { addParseCommand } from './parse-command.ts';
import { addPrintCommands } from './print-commands.ts';
import { addRegionCommand } from './region-command.ts';
import { addRightCommands } from './right-commands.ts';
import { addStoreCommand } from './store-command.ts';
import { addValidatorCommand } from './validator-command.ts';

const help = `
Exit codes: 0 done, or the code is accepted; 1 the answer is no; 2 the command line or its input makes no sense;
3 something could not be reached, read or written. Answers go to standard output, errors to standard error as one line.`;

/** The program with all its commands; `version` is shown by --version. */
export function createProgram(version: string): Command {
  const program = new Command('bizain')
    .description('terminals, validators and offices of the BIZAIN alliance chain')
    .version(version)
    .addHelpText('after', help)
    .exitOverride()
    .configureOutput({ outputError: () => undefined });
  addAgentCommand(program);
  addValidatorCommand(program);
  addAskCommands(program);
  addParseCommand(program);
  addDecodeCommand(program);
  addRegionCommand(program);
  addStoreCommand(program);
  addRightCommands(addIssuerCommand(program));
  addBrandCommand(program);
  addPrintCommands(program);
  addFormatsCommand(program);
  addBrokerCommand(program);
  addDemoCommand(program);
  return program;
}

/** Runs the command line (without node and program) and returns the exit code. Never rejects. */
export async function runProgram(argv: readonly string[], version: string): Promise<number> {
  const json = argv.includes('--json');
  try {
    await createProgram(version).parseAsync(argv, { from: 'user' });
    return Number(process.exitCode ?? exitCode.ok);
  } catch (error) {
    if (error instanceof CommanderError) {
      if (error.exitCode === 0) return exitCode.ok;
      const message = error.message.replace(/^error: /, '').trim();
      const isHelp = error.code === 'commander.help';
      if (!isHelp) writeFailure({ code: 'USAGE', message: `${message} See: bizain --help` }, json);
      return exitCode.usage;
    }
    const failure = describeFailure(error);
    writeFailure(failure, json);
    return failure.exit;
  }
}
