/** `bizain formats`: the written reference of every format on the wire and on the ledger, and of the wire itself. */
import { join } from 'node:path';
import { type Command, Option } from 'commander';
import { writeLine } from './output.ts';

/** Adds the command. */
export function addFormatsCommand(program: Command): void {
  program
    .command('formats')
    .description('print the reference of the formats, in Markdown, or of the wire, as AsyncAPI')
    .addOption(new Option('--room <room>', 'only these').choices(['ledger', 'wire']))
    .option('--asyncapi', 'the AsyncAPI document of the wire instead of the pages')
    .option(
      '--write',
      'write all of it into the source tree instead (FORMATS.md of each room, sync/wire/asyncapi.json)',
    )
    .action(async ({ room, write, asyncapi }: { room?: string; write?: true; asyncapi?: true }) => {
      const { asyncApiText } = await import('#sync/wire/asyncapi');
      const { formatPages } = await import('./format-pages.ts');
      const { packageRoot } = await import('../api/screen-files.ts');
      const { writeFileAtomic } = await import('#core/atomic-file');
      if (asyncapi === true && write !== true) return writeLine(asyncApiText().trimEnd());
      if (write === true) {
        const path = join(packageRoot(), 'sync/wire/asyncapi.json');
        writeFileAtomic(path, new TextEncoder().encode(asyncApiText()), 0o644);
      }
      for (const page of formatPages()) {
        if (room !== undefined && page.room !== room) continue;
        if (write !== true) await writeLine(page.text);
        else writeFileAtomic(join(packageRoot(), page.path), new TextEncoder().encode(page.text), 0o644);
      }
    });
}
