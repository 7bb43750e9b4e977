#!/usr/bin/env node
/** Entry point of `bizain`: the one place where failures end. */
import { packageVersion } from './api/screen-files.ts';
import { describeFailure, writeFailure } from './cli/output.ts';
import { runProgram } from './cli/program.ts';

// A reader that has had enough (`| head`) is no failure.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code !== 'EPIPE') throw error;
});

// An assertion outside any call: nothing can be trusted to go on. The service manager starts a fresh process.
for (const event of ['uncaughtException', 'unhandledRejection'] as const) {
  process.on(event, (error: unknown) => {
    const failure = describeFailure(error);
    writeFailure(failure, false);
    if (error instanceof Error && error.stack !== undefined) process.stderr.write(`${error.stack}\n`);
    process.exit(failure.exit);
  });
}

const code = await runProgram(process.argv.slice(2), packageVersion());
// Everything was closed by its command; what still holds the process is a leak, not work.
process.exitCode = code;
if (process.stdout.writableLength === 0) process.exit(code);
else process.stdout.once('drain', () => process.exit(code));
