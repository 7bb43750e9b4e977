/** `bizain brand commission | recall`: the brand's desk. */
import { readFileSync } from 'node:fs';
import type { Command } from 'commander';
import { BizainError } from '#core/errors';
import { addRegisterCommand } from './account-command.ts';
import type { CliErrorCode } from './errors.ts';
import { atDesk, type DeskOptions, withDeskOptions } from './issuer-command.ts';
import { digits, instant, matching, wholeNumber } from './option-values.ts';

interface BatchOptions extends DeskOptions {
  readonly gtin: string;
  readonly lot: string;
}

interface CommissionOptions extends BatchOptions {
  readonly name: string;
  readonly expiry: number;
  readonly count?: number;
  readonly serials?: string;
  readonly out: string;
  readonly qr?: string;
}

const dayMs = 86_400_000;

function withBatchOptions(command: Command): Command {
  return withDeskOptions(command)
    .requiredOption('--gtin <gtin>', 'GTIN-14 of the product', digits(14, 'a GTIN-14'))
    .requiredOption('--lot <lot>', 'lot', matching(/^[!-"%-?A-Z_a-z]{1,20}$/, 'a lot of 1 to 20 characters'));
}

function serialsIn(file: string): readonly string[] {
  try {
    return readFileSync(file, 'utf8')
      .split(/\r?\n/)
      .filter((line) => line !== '');
  } catch (cause) {
    const code: CliErrorCode = 'FILE_UNUSABLE';
    throw new BizainError({ code, message: `Reading the serials in ${file} failed.`, cause });
  }
}

async function serialsOf({ count, serials }: CommissionOptions): Promise<readonly string[]> {
  if ((count === undefined) === (serials === undefined)) {
    const code: CliErrorCode = 'USAGE';
    throw new BizainError({ code, message: 'Give either --count or --serials.' });
  }
  if (serials !== undefined) return serialsIn(serials);
  const { drawSerials } = await import('../office/commissioning.ts');
  const { systemEntropy } = await import('#core/entropy');
  return drawSerials(count ?? 0, systemEntropy);
}

function addCommission(brand: Command): void {
  withBatchOptions(brand.command('commission').description('give each product of a batch its own code'))
    .requiredOption('--name <name>', 'name of the product')
    .requiredOption('--expiry <day>', 'last day, e.g. 2027-12-31', instant)
    .requiredOption('--out <file>', 'new CSV file for the codes, mode 0600')
    .option('--count <count>', 'draw so many serials', wholeNumber(1, 16_384))
    .option('--serials <file>', 'take the serials of a file, one a line')
    .option('--qr <folder>', 'write a QR code picture (PNG) for each')
    .action((options: CommissionOptions) =>
      atDesk(options, async (office) => {
        const { commissionBatch } = await import('../office/commissioning.ts');
        const { gtin, lot, name, out, qr } = options;
        const serials = await serialsOf(options);
        const expiryMs = options.expiry + dayMs - 1;
        const { codes, receipt } = await commissionBatch(office, { gtin, lot, name, expiryMs, serials, codeFile: out });
        if (qr !== undefined) {
          const { writeCodePictures } = await import('../office/code-list.ts');
          await writeCodePictures(qr, codes);
        }
        const { height } = receipt;
        return {
          answer: { gtin, lot, count: codes.length, codes: out, height },
          lines: [`${codes.length} products of ${gtin}, lot ${lot}, have codes since block ${height}: ${out}.`],
        };
      }),
    );
}

/** Adds the commands. */
export function addBrandCommand(program: Command): void {
  const brand = program.command('brand').description("a brand's desk");
  addRegisterCommand(brand, 'brand');
  addCommission(brand);
  withBatchOptions(brand.command('recall').description('recall a batch: no till sells it from then on'))
    .requiredOption('--reason <text>', 'why, for the people at the till')
    .action((options: BatchOptions & { reason: string }) =>
      atDesk(options, async (office) => {
        const { recallBatch } = await import('../office/commissioning.ts');
        const { gtin, lot, reason } = options;
        const { height } = await recallBatch(office, { gtin, lot, reason });
        return { answer: { gtin, lot, height }, lines: [`${gtin}, lot ${lot}, is recalled since block ${height}.`] };
      }),
    );
}
