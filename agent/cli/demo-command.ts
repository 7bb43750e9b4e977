/** `bizain demo`: the whole shop on this machine. */
import type { Command } from 'commander';

/** Adds the command. */
export function addDemoCommand(program: Command): void {
  program
    .command('demo')
    .description('run a region, a store and a shop day on this machine, then hand the till to you')
    .option('--once', 'end after the story')
    .option('--json', 'print one JSON summary as the last line')
    .action(async ({ once, json }: { once?: true; json?: true }) => {
      const { runDemo } = await import('../demo/demo.ts');
      const program = process.argv[1] ?? '';
      process.exitCode = await runDemo({ once: once === true, json: json === true, program });
    });
}
