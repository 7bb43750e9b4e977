/** `bizain formats`: the written reference of every format on the wire and on the ledger. */
import { join } from 'node:path';
import { type Command, Option } from 'commander';
import { writeLine } from './output.ts';

/** Adds the command. */
export function addFormatsCommand(program: Command): void {
  program
    .command('formats')
    .description('print the reference of the formats, in Markdown')
    .addOption(new Option('--room <room>', 'only these').choices(['ledger', 'wire']))
    .option('--write', 'write the pages into the source tree instead (ledger/FORMATS.md, sync/wire/FORMATS.md)')
    .action(async ({ room, write }: { room?: string; write?: true }) => {
      const { formatPages } = await import('./format-pages.ts');
      const { packageRoot } = await import('../api/screen-files.ts');
      const { writeFileAtomic } = await import('#core/atomic-file');
      for (const page of formatPages()) {
        if (room !== undefined && page.room !== room) continue;
        if (write !== true) await writeLine(page.text);
        else writeFileAtomic(join(packageRoot(), page.path), new TextEncoder().encode(page.text), 0o644);
      }
    });
}
