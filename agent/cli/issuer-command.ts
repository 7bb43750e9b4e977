/** `bizain issuer define | issue | grant-lease | grant-budget`: the issuer's desk. */
import { type Command, Option } from 'commander';
import { BizainError } from '#core/errors';
import type { Terms } from '#ledger/coupons/terms';
import type { Grant } from '#ledger/rights/right';
import type { Office } from '../office/office.ts';
import { addRegisterCommand } from './account-command.ts';
import type { CliErrorCode } from './errors.ts';
import { amount, collected, digits, instant, matching, wholeNumber } from './option-values.ts';
import { writeAnswer } from './output.ts';
import { accountName } from './store-command.ts';

/** Options of every command at the desk of an account. */
export interface DeskOptions {
  readonly region: string;
  readonly as: string;
  readonly json?: true;
}

const usage: CliErrorCode = 'USAGE';
const dayMs = 86_400_000;

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

interface DefineOptions extends DeskOptions {
  readonly gcn: string;
  readonly title: string;
  readonly value: bigint;
  readonly unit: string;
  readonly acceptedBy: readonly string[];
  readonly minimumSpend: bigint;
  readonly validFrom?: number;
  readonly validUntil?: number;
  readonly offline: 'owned-only' | 'budget' | 'never';
  readonly shardAgeHours: number;
  readonly consent: boolean;
  readonly lateRefused?: true;
  readonly termsVersion: number;
}

async function termsOf(options: DefineOptions): Promise<Terms> {
  const { systemClock } = await import('#core/clock');
  const today = Math.floor(systemClock.wallMs() / dayMs) * dayMs;
  const { offline, shardAgeHours } = options;
  return {
    version: options.termsVersion,
    title: options.title,
    faceValue: options.value,
    unit: options.unit,
    minimumSpend: options.minimumSpend,
    validFromMs: options.validFrom ?? today,
    validUntilMs: options.validUntil ?? today + 366 * dayMs - 1,
    consent: options.consent ? 1 : 0,
    acceptedBy: [...options.acceptedBy],
    offline: offline === 'budget' ? { kind: 'budget', shardAgeMsMax: shardAgeHours * 3_600_000 } : { kind: offline },
    lateRule: options.lateRefused === true ? 1 : 0,
  };
}

function addDefine(issuer: Command): void {
  withDeskOptions(issuer.command('define').description('define a coupon series, or the next version of its terms'))
    .requiredOption('--gcn <gcn>', 'Global Coupon Number of the series', digits(13, 'a GCN'))
    .requiredOption('--title <title>', 'what it is called at the till')
    .requiredOption('--value <amount>', 'value of a coupon in base units: 10000 is 100.00', amount)
    .requiredOption(
      '--accepted-by <account>',
      'merchant that takes it; may be given several times',
      (text: string, before?: readonly string[]) => collected(accountName(text), before),
    )
    .option('--unit <code>', 'ISO 4217 code', matching(/^[A-Z]{3}$/, 'a code as CNY'), 'CNY')
    .addOption(new Option('--minimum-spend <amount>', 'in base units').argParser(amount).default(0n, '0'))
    .option('--valid-from <time>', 'default: today', instant)
    .option('--valid-until <time>', 'default: a year from today', instant)
    .addOption(
      new Option('--offline <policy>', 'what a store may do with the line cut')
        .choices(['owned-only', 'budget', 'never'])
        .default('budget'),
    )
    .option('--shard-age-hours <hours>', 'budget: oldest shard it may be judged on', wholeNumber(1, 2_160), 72)
    .option('--no-consent', 'codes without a key: whoever knows the number may use it')
    .option('--late-refused', 'refuse what is ordered after a change of terms')
    .option('--terms-version <number>', 'version of the terms', wholeNumber(1, 65_535), 1)
    .action((options: DefineOptions) =>
      atDesk(options, async (office) => {
        const { defineSeries } = await import('../office/issuing.ts');
        const { gcn, termsVersion } = options;
        const { height } = await defineSeries(office, gcn, await termsOf(options));
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

interface GrantOptions extends DeskOptions {
  readonly gcn: string;
  readonly store: string;
  readonly right: string;
}

function withGrantOptions(command: Command): Command {
  return withDeskOptions(command)
    .requiredOption('--gcn <gcn>', 'the series', digits(13, 'a GCN'))
    .requiredOption('--store <gln>', 'the store', digits(13, 'a GLN'))
    .requiredOption(
      '--right <id>',
      'name of the right, unique in the store',
      matching(/^[a-z0-9][a-z0-9._-]{0,31}$/, 'lower-case letters, digits, . _ -'),
    );
}

async function grant(options: GrantOptions, given: Grant): Promise<void> {
  await atDesk(options, async (office) => {
    const { grantRight } = await import('../office/issuing.ts');
    const { gcn, store, right } = options;
    const { height } = await grantRight(office, { rightId: right, store, gcn, grant: given });
    return { answer: { right, store, gcn, height }, lines: [`${store} has the right ${right} since block ${height}.`] };
  });
}

function addGrants(issuer: Command): void {
  withGrantOptions(
    issuer.command('grant-lease').description('make coupons the own of a store: guaranteed with the line cut'),
  )
    .requiredOption('--from <serial>', 'first serial', wholeNumber(0, 999_999_999_999))
    .requiredOption('--to <serial>', 'last serial', wholeNumber(0, 999_999_999_999))
    .action((options: GrantOptions & { from: number; to: number }) => {
      const { from: first, to: last } = options;
      if (first > last) throw new BizainError({ code: usage, message: `--from ${first} is after --to ${last}.` });
      return grant(options, { kind: 'lease', ranges: [{ first, last }] });
    });
  withGrantOptions(
    issuer.command('grant-budget').description('bear the loss of so many coupons taken with the line cut'),
  )
    .requiredOption('--count <count>', 'coupons', wholeNumber(1, 1_000_000))
    .requiredOption('--value <amount>', 'their value in base units', amount)
    .action((options: GrantOptions & { count: number; value: bigint }) =>
      grant(options, { kind: 'budget', countMax: options.count, valueMax: options.value }),
    );
}

/** Adds the commands. */
export function addIssuerCommand(program: Command): void {
  const issuer = program.command('issuer').description("an issuer's desk");
  addRegisterCommand(issuer, 'issuer');
  addDefine(issuer);
  addIssue(issuer);
  addGrants(issuer);
}
