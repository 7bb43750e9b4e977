/** `bizain parse`: what is this code? JSON lines in, JSON lines out. */
import type { Command } from 'commander';
import { inputLines } from './input-lines.ts';
import { writeLine } from './output.ts';

// As the parser's own limit: a code of 8,192 bytes with every character escaped, and room for the rest.
const lineBytesMax = 6 * 8_192 + 4_096;

async function parseStandardInput(): Promise<void> {
  const { parseLine } = await import('#drivers/symbology/parse-line');
  const { fromUtf8 } = await import('#core/bytes');
  for await (const line of inputLines(process.stdin, lineBytesMax)) {
    const text = line.ok ? fromUtf8(line.bytes) : undefined;
    if (text !== undefined) await writeLine(parseLine(text));
    else await writeLine(JSON.stringify({ ok: false, reasons: [line.ok ? 'NOT_UTF8' : 'TOO_LONG'] }));
  }
}

/** Adds the command. */
export function addParseCommand(program: Command): void {
  program
    .command('parse')
    .description(
      'read codes as JSON lines {"data":"...","aim":"]d2"} and answer a line each; exit code 0 once all are answered',
    )
    .action(parseStandardInput);
}
