/** `bizain issuer define | issue | void | expire`: the issuer's desk. */
import type { Command } from 'commander';
import { BizainError } from '#core/errors';
import type { Office } from '../office/office.ts';
import { addRegisterCommand } from './account-command.ts';
import type { CliErrorCode } from './errors.ts';
import { digits, wholeNumber } from './option-values.ts';
import { writeAnswer } from './output.ts';
import { type TermsOptions, termsOf, withTermsOptions } from './series-terms.ts';
import { accountName } from './store-command.ts';

/** Options of every command at the desk of an account. */
export interface DeskOptions {
  readonly region: string;
  readonly as: string;
  readonly json?: true;
}

const dayMs = 86_400_000;

const usage: CliErrorCode = 'USAGE';

/** Adds the options that name the desk. */
export function withDeskOptions(command: Command): Command {
  return command
    .requiredOption('--region <folder>', 'folder of the region, with the key of the account')
    .requiredOption('--as <account>', 'account that does it', accountName)
    .option('--json', 'answer as one line of JSON');
}

/** Runs work at the desk of an account and answers with what it returns. */
export async function atDesk(
  options: DeskOptions,
  work: (office: Office) => Promise<{ readonly answer: object; readonly lines: readonly string[] }>,
): Promise<void> {
  const { readRegion } = await import('../office/region-file.ts');
  const { withOffice } = await import('../office/region-office.ts');
  const { officeMachine } = await import('./office-machine.ts');
  const done = await withOffice(readRegion(options.region), options.as, officeMachine(options.as), work);
  await writeAnswer(options.json === true, done.answer, () => done.lines);
}

interface DefineOptions extends DeskOptions, TermsOptions {
  readonly gcn: string;
}

function addDefine(issuer: Command): void {
  const command = withDeskOptions(
    issuer.command('define').description('define a coupon series, or the next version of its terms'),
  ).requiredOption('--gcn <gcn>', 'Global Coupon Number of the series', digits(13, 'a GCN'));
  withTermsOptions(command).action((options: DefineOptions) =>
    atDesk(options, async (office) => {
      const { systemClock } = await import('#core/clock');
      const { defineSeries } = await import('../office/issuing.ts');
      const { gcn, termsVersion } = options;
      const todayMs = Math.floor(systemClock.wallMs() / dayMs) * dayMs;
      const { height } = await defineSeries(office, gcn, termsOf(options, todayMs));
      return { answer: { gcn, termsVersion, height }, lines: [`Series ${gcn} is defined since block ${height}.`] };
    }),
  );
}

interface IssueOptions extends DeskOptions {
  readonly gcn: string;
  readonly count: number;
  readonly first: number;
  readonly out: string;
  readonly qr?: string;
  readonly consent: boolean;
}

function addIssue(issuer: Command): void {
  withDeskOptions(
    issuer.command('issue').description('issue coupons of a series; writes their codes to a secret CSV file'),
  )
    .requiredOption('--gcn <gcn>', 'the series', digits(13, 'a GCN'))
    .requiredOption('--count <count>', 'how many', wholeNumber(1, 1_000_000))
    .requiredOption('--out <file>', 'new CSV file for the codes, mode 0600')
    .option('--first <serial>', 'first serial: the number of coupons issued before', wholeNumber(0, 999_999_999_999), 0)
    .option('--qr <folder>', 'write a QR code picture (PNG) for each')
    .option('--no-consent', 'for a series defined with --no-consent')
    .action((options: IssueOptions) =>
      atDesk(options, async (office) => {
        const { issueCoupons } = await import('../office/issuing.ts');
        const { systemEntropy } = await import('#core/entropy');
        const { gcn, first, count, consent, out, qr } = options;
        const issued = await issueCoupons(office, { gcn, first, count, consent, codeFile: out }, systemEntropy);
        const pictures = qr === undefined ? [] : await picturesOf(qr, issued.codes);
        const height = issued.receipts.at(-1)?.height ?? 0;
        return {
          answer: { gcn, first, count, codes: out, pictures: pictures.length, height },
          lines: [`${count} coupons of ${gcn} are issued since block ${height}. Their codes are in ${out}.`],
        };
      }),
    );
}

async function picturesOf(folder: string, codes: readonly { key: string; code: string }[]): Promise<readonly string[]> {
  const { writeCodePictures } = await import('../office/code-list.ts');
  return writeCodePictures(folder, codes);
}

interface EndOptions extends DeskOptions {
  readonly gcn: string;
  readonly from: number;
  readonly to: number;
  readonly reason?: string;
}

function withRangeOptions(command: Command): Command {
  return withDeskOptions(command)
    .requiredOption('--gcn <gcn>', 'the series', digits(13, 'a GCN'))
    .requiredOption('--from <serial>', 'first serial', wholeNumber(0, 999_999_999_999))
    .requiredOption('--to <serial>', 'last serial', wholeNumber(0, 999_999_999_999));
}

async function end(options: EndOptions): Promise<void> {
  const { gcn, from: firstSerial, to, reason = null } = options;
  if (firstSerial > to) throw new BizainError({ code: usage, message: `--from ${firstSerial} is after --to ${to}.` });
  await atDesk(options, async (office) => {
    const { endCoupons } = await import('../office/issuing.ts');
    const { height, value } = await endCoupons(office, { gcn, firstSerial, count: to - firstSerial + 1 }, reason);
    const word = reason === null ? 'expired' : 'void';
    return {
      answer: { gcn, first: firstSerial, last: to, value: value.toString(), height },
      lines: [`What was free of ${gcn} ${firstSerial} to ${to} is ${word} since block ${height}: worth ${value}.`],
    };
  });
}

function addEnds(issuer: Command): void {
  withRangeOptions(issuer.command('void').description('end coupons that nobody has used'))
    .requiredOption('--reason <text>', 'why, at most 80 characters')
    .action(end);
  withRangeOptions(issuer.command('expire').description('sweep coupons that ran out 90 days ago or earlier')).action(
    end,
  );
}

/** Adds the commands; more of the desk are added to what is returned. */
export function addIssuerCommand(program: Command): Command {
  const issuer = program.command('issuer').description("an issuer's desk");
  addRegisterCommand(issuer, 'issuer');
  addDefine(issuer);
  addIssue(issuer);
  addEnds(issuer);
  return issuer;
}
