/** `bizain codes` and `bizain sheet`: pictures of codes for printing. */
import type { Command } from 'commander';
import { writeAnswer, writeLine } from './output.ts';

/** Adds the commands. */
export function addPrintCommands(program: Command): void {
  program
    .command('codes')
    .argument('<file>', 'code list (CSV) that issue or commission wrote')
    .requiredOption('--qr <folder>', 'folder for the pictures')
    .option('--from <line>', 'first code, counted from 0', (text) => Number.parseInt(text, 10), 0)
    .option('--count <count>', 'how many', (text) => Number.parseInt(text, 10), 100)
    .option('--json', 'answer as one line of JSON')
    .description('write QR code pictures (PNG) of a code list')
    .action(
      async (file: string, { qr, from, count, json }: { qr: string; from: number; count: number; json?: true }) => {
        const { readCodeList, writeCodePictures } = await import('../office/code-list.ts');
        const pictures = await writeCodePictures(qr, readCodeList(file).slice(from, from + count));
        await writeAnswer(json === true, { pictures }, () => [`${pictures.length} pictures are in ${qr}.`]);
      },
    );
  program
    .command('sheet')
    .option('--out <file>', 'SVG file to write; standard output if left out')
    .description('a printable page (A4, SVG) of control codes for people without a keyboard')
    .action(async ({ out }: { out?: string }) => {
      const { controlSheet } = await import('../office/control-sheet.ts');
      const svg = await controlSheet();
      if (out === undefined) return writeLine(svg);
      const { writeFileAtomic } = await import('#core/atomic-file');
      writeFileAtomic(out, new TextEncoder().encode(svg), 0o644);
    });
}
