/** `bizain decode FILE...`: the codes in pictures, a JSON line each picture. */
import { readFile, stat } from 'node:fs/promises';
import type { Command } from 'commander';
import { harmlessLine } from '#core/log';
import { exitCode } from './exit-code.ts';
import { writeFailure, writeLine } from './output.ts';

async function bytesOf(file: string, bytesMax: number): Promise<Uint8Array> {
  const { size } = await stat(file);
  if (size > bytesMax) throw new Error(`it is larger than ${bytesMax} bytes`);
  return new Uint8Array(await readFile(file));
}

async function decodeFiles(files: readonly string[]): Promise<void> {
  const { PictureDecoder } = await import('#drivers/camera/picture-decoder');
  const { decodedLine } = await import('#drivers/camera/decode-picture');
  const { PICTURE_BYTES_MAX } = await import('#drivers/camera/decoded-symbol');
  const { systemClock } = await import('#core/clock');
  const decoder = new PictureDecoder({ clock: systemClock });
  try {
    for (const file of files) {
      let bytes: Uint8Array;
      try {
        bytes = await bytesOf(file, PICTURE_BYTES_MAX);
      } catch (cause) {
        const reason = cause instanceof Error ? cause.message : String(cause);
        writeFailure({ code: 'FILE_UNUSABLE', message: `Reading the picture ${file} failed: ${reason}.` }, true);
        process.exitCode = exitCode.failed;
        continue;
      }
      const decoded = await decoder.decode(bytes);
      await writeLine(harmlessLine(decodedLine(file, decoded.ok ? decoded.value : [])));
      if (decoded.ok) continue;
      writeFailure({ code: decoded.reason, message: `${file} was not looked at. Give a PNG or JPEG picture.` }, true);
      process.exitCode ??= exitCode.no;
    }
  } finally {
    await decoder.close();
  }
}

/** Adds the command. */
export function addDecodeCommand(program: Command): void {
  program
    .command('decode')
    .argument('<files...>', 'PNG or JPEG pictures')
    .description('read the codes in pictures; a JSON line each picture')
    .action(decodeFiles);
}
