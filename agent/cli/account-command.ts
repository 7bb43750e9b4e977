/** `bizain issuer register` and `bizain brand register`: the administrator lets an account in. */
import type { Command } from 'commander';
import { writeAnswer } from './output.ts';
import { accountName } from './store-command.ts';

interface RegisterOptions {
  readonly region: string;
  readonly id: string;
  readonly name: string;
  readonly json?: true;
}

/** Adds `register` to the command of a role. */
export function addRegisterCommand(role: Command, kind: 'issuer' | 'brand'): void {
  role
    .command('register')
    .description(`let a new ${kind} in, as the administrator of the region; makes its key`)
    .requiredOption('--region <folder>', 'folder of the region, with admin.key')
    .requiredOption('--id <account>', 'account to make', accountName)
    .requiredOption('--name <name>', 'its name')
    .option('--json', 'answer as one line of JSON')
    .action(async ({ region: folder, id, name, json }: RegisterOptions) => {
      const { adminAccount } = await import('#ledger/accounts/account');
      const { readRegion } = await import('../office/region-file.ts');
      const { registerAccount, withOffice } = await import('../office/region-office.ts');
      const { officeMachine } = await import('./office-machine.ts');
      const region = readRegion(folder);
      const machine = officeMachine(kind);
      const made = await withOffice(region, adminAccount, machine, (admin) =>
        registerAccount(region, admin, { id, role: kind, name }, machine.entropy),
      );
      const answer = { account: id, known: made.known, keyFile: made.keyFile, height: made.receipt.height };
      await writeAnswer(json === true, answer, () => [
        made.known ? `${id} is registered already.` : `${id} is registered. Its key is ${made.keyFile}.`,
      ]);
    });
}
