/** Options of `bizain issuer define` and the terms that they make. */
import { type Command, InvalidArgumentError, Option } from 'commander';
import { BizainError } from '#core/errors';
import { consentRule, lateRule, plainTerms, returnRule, type Stacking, type Terms } from '#ledger/coupons/terms';
import type { CliErrorCode } from './errors.ts';
import { amount, collected, instant, matching, wholeNumber } from './option-values.ts';
import { accountName } from './store-command.ts';

/** The options as parsed. */
export interface TermsOptions {
  readonly title: string;
  readonly value?: bigint;
  readonly percentage?: { readonly numerator: number; readonly denominator: number };
  readonly cap?: bigint;
  readonly unit: string;
  readonly acceptedBy?: readonly string[];
  readonly alliance?: string;
  readonly minimumSpend: bigint;
  readonly product?: readonly string[];
  readonly validFrom?: number;
  readonly validUntil?: number;
  readonly redeemFrom?: number;
  readonly redeemUntil?: number;
  readonly perHolder?: number;
  readonly total?: number;
  readonly stacking: Stacking;
  readonly transferable: boolean;
  readonly open?: true;
  readonly partial?: true;
  readonly offline: 'owned-only' | 'budget' | 'never';
  readonly shardAgeHours: number;
  readonly consent: boolean;
  readonly holders?: true;
  readonly lateRefused?: true;
  readonly voidHours: number;
  readonly returns: keyof typeof returnRule;
  readonly termsVersion: number;
}

const usage: CliErrorCode = 'USAGE';
const dayMs = 86_400_000;
const hourMs = 3_600_000;

const fraction = (text: string): { numerator: number; denominator: number } => {
  const match = /^([0-9]{1,7})\/([0-9]{1,7})$/.exec(text);
  if (match === null) throw new InvalidArgumentError('Give a fraction, e.g. 15/100.');
  return { numerator: Number(match[1]), denominator: Number(match[2]) };
};

const stackingOf = (text: string): Stacking => {
  if (text === 'alone' || text === 'with-others') return { kind: text };
  if (/^group:.{1,32}$/.test(text)) return { kind: 'group', name: text.slice('group:'.length) };
  throw new InvalidArgumentError('Give alone, with-others or group:<name>.');
};

const productName = matching(
  /^([0-9]{14}|[a-z]+(\.[A-Za-z0-9_-]+)+)$/,
  'a GTIN-14, cn.drug.<7 digits> or own.<brand>.<name>',
);

/** Adds the options. */
export function withTermsOptions(command: Command): Command {
  return command
    .requiredOption('--title <title>', 'what it is called at the till')
    .option('--value <amount>', 'value of a coupon in base units: 10000 is 100.00', amount)
    .option('--percentage <fraction>', 'instead of a value: part of the eligible spend, e.g. 15/100', fraction)
    .option('--cap <amount>', 'percentage: most that one coupon takes off, base units', amount)
    .option('--unit <code>', 'ISO 4217 code', matching(/^[A-Z]{3}$/, 'a code as CNY'), 'CNY')
    .option(
      '--accepted-by <account>',
      "merchant that takes it, several times for several; default: the issuer's own stores",
      (text: string, before?: readonly string[]) => collected(accountName(text), before),
    )
    .option(
      '--alliance <id>',
      'alliance whose members take it',
      matching(/^[a-z0-9][a-z0-9._-]{0,31}$/, 'the id of an alliance'),
    )
    .addOption(new Option('--minimum-spend <amount>', 'in base units').argParser(amount).default(0n, '0'))
    .option(
      '--product <name>',
      'only for this product; may be given several times',
      (text: string, before?: readonly string[]) => collected(productName(text), before),
    )
    .option('--valid-from <time>', 'default: today', instant)
    .option('--valid-until <time>', 'default: a year from today', instant)
    .option('--redeem-from <time>', 'default: as valid', instant)
    .option('--redeem-until <time>', 'default: as valid', instant)
    .option('--per-holder <number>', 'most uses of one customer', wholeNumber(1, 65_535))
    .option('--total <number>', 'most uses of all', wholeNumber(1, 1_000_000_000))
    .addOption(
      new Option('--stacking <rule>', 'alone, with-others or group:<name>')
        .argParser(stackingOf)
        .default({ kind: 'with-others' }, 'with-others'),
    )
    .option('--no-transferable', 'a holder cannot pass it on')
    .option('--open', 'one public code for everybody, up to --total uses')
    .option('--partial', 'may be used up in parts')
    .addOption(
      new Option('--offline <policy>', 'what a store may do with the line cut')
        .choices(['owned-only', 'budget', 'never'])
        .default('budget'),
    )
    .option('--shard-age-hours <hours>', 'budget: oldest shard it may be judged on', wholeNumber(1, 2_160), 72)
    .option('--no-consent', 'codes without a key: whoever knows the number may use it')
    .option('--holders', 'coupons are bound to holders, whose consent is asked')
    .option('--late-refused', 'refuse what is ordered after a change of terms')
    .option('--void-hours <hours>', 'how long after it a sale can be voided', wholeNumber(0, 720), 24)
    .addOption(
      new Option('--returns <rule>', 'what becomes of it when the goods are brought back')
        .choices(Object.keys(returnRule))
        .default('reinstate'),
    )
    .option('--terms-version <number>', 'version of the terms', wholeNumber(1, 65_535), 1);
}

function misused(message: string): never {
  throw new BizainError({ code: usage, message });
}

function couponValueOf({ value, percentage, cap }: TermsOptions): Terms['value'] {
  if (value !== undefined && percentage === undefined && cap === undefined) return { kind: 'fixed', amount: value };
  if (value !== undefined || percentage === undefined || cap === undefined) {
    return misused('Give either --value, or --percentage with --cap.');
  }
  return { kind: 'percentage', ...percentage, cap };
}

function acceptedByOf({ acceptedBy, alliance }: TermsOptions): Terms['acceptedBy'] {
  if (alliance === undefined) {
    return acceptedBy === undefined ? { kind: 'issuer' } : { kind: 'merchants', accounts: [...acceptedBy] };
  }
  return acceptedBy === undefined
    ? { kind: 'alliance', id: alliance }
    : misused('Give either --accepted-by or --alliance.');
}

function consentOf({ open, consent, holders }: TermsOptions): number {
  if (holders === true) return consentRule.holder;
  return open === true || !consent ? consentRule.none : consentRule.bearer;
}

/** The terms of the options. `todayMs`: start of the day, where no time is given. @throws BizainError `USAGE`. */
export function termsOf(options: TermsOptions, todayMs: number): Terms {
  const { offline, validFrom: validFromMs = todayMs, validUntil: validUntilMs = todayMs + 366 * dayMs - 1 } = options;
  const { redeemFrom: fromMs = validFromMs, redeemUntil: untilMs = validUntilMs } = options;
  const isNarrower = fromMs !== validFromMs || untilMs !== validUntilMs;
  return {
    ...plainTerms,
    version: options.termsVersion,
    title: options.title,
    value: couponValueOf(options),
    unit: options.unit,
    minimumSpend: options.minimumSpend,
    products: [...(options.product ?? [])],
    validFromMs,
    validUntilMs,
    redemption: isNarrower ? { fromMs, untilMs } : null,
    perHolderMax: options.perHolder ?? null,
    totalMax: options.total ?? null,
    stacking: options.stacking,
    transferable: options.transferable,
    acceptedBy: acceptedByOf(options),
    consent: consentOf(options),
    open: options.open === true,
    partial: options.partial === true,
    offline:
      offline === 'budget' ? { kind: 'budget', shardAgeMsMax: options.shardAgeHours * hourMs } : { kind: offline },
    lateRule: options.lateRefused === true ? lateRule.refused : lateRule.holds,
    voidWindowMs: options.voidHours * hourMs,
    returnRule: returnRule[options.returns],
  };
}
