/** `bizain brand commission | append | recall`: the brand's desk. */
import { readFileSync } from 'node:fs';
import type { Command } from 'commander';
import { BizainError } from '#core/errors';
import type { ListedCode } from '../office/code-list.ts';
import { addRegisterCommand } from './account-command.ts';
import type { CliErrorCode } from './errors.ts';
import { atDesk, type DeskOptions, withDeskOptions } from './issuer-command.ts';
import { collected, digits, instant, matching, wholeNumber } from './option-values.ts';

interface BatchOptions extends DeskOptions {
  readonly gtin?: string;
  readonly item?: string;
  readonly lot: string;
}

interface SerialOptions extends BatchOptions {
  readonly count?: number;
  readonly serials?: string;
  readonly out: string;
  readonly qr?: string;
}

interface CommissionOptions extends SerialOptions {
  readonly name: string;
  readonly expiry: number;
  readonly market?: readonly string[];
  readonly open?: true;
}

interface AppendOptions extends SerialOptions {
  readonly complete?: true;
}

const dayMs = 86_400_000;

const country = matching(/^[A-Z]{2}$/, 'a country of two capital letters');

function markets(text: string, before: readonly string[] | undefined): readonly string[] {
  return collected(country(text), before);
}

const item = matching(
  /^(cn\.drug\.[0-9]{7}|own\.[a-z0-9-]+\.[a-z0-9.-]+)$/,
  'cn.drug.<7 digits> or own.<brand>.<name>',
);

function usage(message: string): never {
  const code: CliErrorCode = 'USAGE';
  throw new BizainError({ code, message });
}

/** The trade item of a batch: its GTIN or its name. */
function tradeItemOf({ gtin, item: name }: BatchOptions): string {
  return (gtin === undefined ? name : name === undefined ? gtin : undefined) ?? usage('Give either --gtin or --item.');
}

function withBatchOptions(command: Command): Command {
  return withDeskOptions(command)
    .option('--gtin <gtin>', 'GTIN-14 of the product', digits(14, 'a GTIN-14'))
    .option('--item <name>', 'its name where it has no GTIN: cn.drug.<7 digits> or own.<brand>.<name>', item)
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

async function serialsOf({ count, serials }: SerialOptions): Promise<readonly string[]> {
  if (count !== undefined && serials !== undefined) return usage('Give either --count or --serials.');
  if (serials !== undefined) return serialsIn(serials);
  if (count === undefined) return [];
  const { drawSerials } = await import('../office/commissioning.ts');
  const { systemEntropy } = await import('#core/entropy');
  return drawSerials(count, systemEntropy);
}

function withSerialOptions(command: Command): Command {
  return command
    .option('--count <count>', 'draw so many serials', wholeNumber(1, 1_048_576))
    .option('--serials <file>', 'take the serials of a file, one a line')
    .option('--qr <folder>', 'write a QR code picture (PNG) for each');
}

async function writePictures(qr: string | undefined, codes: readonly ListedCode[]): Promise<void> {
  if (qr === undefined) return;
  const { writeCodePictures } = await import('../office/code-list.ts');
  await writeCodePictures(qr, codes);
}

function addCommission(brand: Command): void {
  const command = withBatchOptions(brand.command('commission').description('give each product of a batch its own code'))
    .requiredOption('--name <name>', 'name of the product')
    .requiredOption('--expiry <day>', 'last day, e.g. 2027-12-31', instant)
    .requiredOption('--out <file>', 'new CSV file for the codes, mode 0600')
    .option('--market <country>', 'country it is meant for, e.g. DE; may be repeated; none: all', markets)
    .option('--open', 'more serials follow: see append');
  withSerialOptions(command).action((options: CommissionOptions) =>
    atDesk(options, async (office) => {
      const { commissionBatch } = await import('../office/commissioning.ts');
      const { lot, name, out: codeFile, qr, market = [], open } = options;
      const tradeItem = tradeItemOf(options);
      const serials = await serialsOf(options);
      if (serials.length === 0) return usage('Give either --count or --serials.');
      const expiryMs = options.expiry + dayMs - 1;
      const order = { tradeItem, lot, name, expiryMs, markets: market, serials, complete: open !== true, codeFile };
      const { codes, receipt } = await commissionBatch(office, order);
      await writePictures(qr, codes);
      const { height } = receipt;
      return {
        answer: { item: tradeItem, lot, count: codes.length, codes: codeFile, height },
        lines: [`${codes.length} products of ${tradeItem}, lot ${lot}, have codes since block ${height}: ${codeFile}.`],
      };
    }),
  );
}

function addAppend(brand: Command): void {
  const command = withBatchOptions(
    brand.command('append').description('give an open batch further serials, or close it'),
  )
    .requiredOption('--out <file>', 'new CSV file for the codes, mode 0600')
    .option('--complete', 'no more will follow: whatever is not listed then is a fake');
  withSerialOptions(command).action((options: AppendOptions) =>
    atDesk(options, async (office) => {
      const { appendToBatch } = await import('../office/commissioning.ts');
      const { lot, out: codeFile, qr } = options;
      const tradeItem = tradeItemOf(options);
      const complete = options.complete === true;
      const serials = await serialsOf(options);
      if (serials.length === 0 && !complete) return usage('Give --count, --serials or --complete.');
      const { codes, receipt } = await appendToBatch(office, { tradeItem, lot, serials, complete, codeFile });
      await writePictures(qr, codes);
      const { height } = receipt;
      const state = complete ? 'complete' : 'open';
      return {
        answer: { item: tradeItem, lot, count: codes.length, complete, height },
        lines: [`${codes.length} more products of ${tradeItem}, lot ${lot}; it is ${state} since block ${height}.`],
      };
    }),
  );
}

/** Adds the commands. */
export function addBrandCommand(program: Command): void {
  const brand = program.command('brand').description("a brand's desk");
  addRegisterCommand(brand, 'brand');
  addCommission(brand);
  addAppend(brand);
  withBatchOptions(brand.command('recall').description('recall a batch: no till sells it from then on'))
    .requiredOption('--reason <text>', 'why, for the people at the till')
    .option('--serial <serial>', 'recall this product only; may be repeated', collected)
    .action((options: BatchOptions & { reason: string; serial?: readonly string[] }) =>
      atDesk(options, async (office) => {
        const { recallBatch } = await import('../office/commissioning.ts');
        const { lot, reason, serial: serials = [] } = options;
        const tradeItem = tradeItemOf(options);
        const { height } = await recallBatch(office, { tradeItem, lot, reason, serials });
        const what = serials.length === 0 ? 'is' : `${serials.length} products: are`;
        return {
          answer: { item: tradeItem, lot, serials: serials.length, height },
          lines: [`${tradeItem}, lot ${lot}, ${what} recalled since block ${height}.`],
        };
      }),
    );
}
