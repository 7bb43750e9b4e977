/** `bizain validator`: one validator of a region, until SIGTERM. */
import type { Command } from 'commander';

/** Adds the command. */
export function addValidatorCommand(program: Command): void {
  program
    .command('validator')
    .description('run one validator until SIGTERM; prints a line of JSON when it is ready, logs to standard error')
    .requiredOption('--config <file>', "the validator's configuration (validator.json)")
    .action(async ({ config }: { config: string }) => {
      const { runValidator } = await import('#sync/validator/run-validator');
      const { packageVersion } = await import('../api/screen-files.ts');
      await runValidator(config, packageVersion());
    });
}
