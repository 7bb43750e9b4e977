/** `bizain issuer grant-lease | grant-budget | grant-uses | renew | recall | closeout`: what stores may do with the line cut. */
import type { Command } from 'commander';
import { BizainError } from '#core/errors';
import type { Grant } from '#ledger/rights/right';
import type { CliErrorCode } from './errors.ts';
import { atDesk, type DeskOptions, withDeskOptions } from './issuer-command.ts';
import { amount, digits, matching, wholeNumber } from './option-values.ts';

const usage: CliErrorCode = 'USAGE';
const dayMs = 86_400_000;
const serial = wholeNumber(0, 999_999_999_999);

interface RightOptions extends DeskOptions {
  readonly store: string;
  readonly right: string;
}

interface GrantOptions extends RightOptions {
  readonly gcn: string;
  readonly days: number;
  readonly lateCounts?: true;
}

function withRightOptions(command: Command): Command {
  return withDeskOptions(command)
    .requiredOption('--store <gln>', 'the store', digits(13, 'a GLN'))
    .requiredOption(
      '--right <id>',
      'name of the right, unique in the store',
      matching(/^[a-z0-9][a-z0-9._-]{0,31}$/, 'lower-case letters, digits, . _ -'),
    );
}

function withDays(command: Command): Command {
  return command.option('--days <days>', 'the right cannot be closed out for so long', wholeNumber(1, 366), 30);
}

function withGrantOptions(command: Command): Command {
  return withDays(withRightOptions(command))
    .requiredOption('--gcn <gcn>', 'the series', digits(13, 'a GCN'))
    .option(
      '--late-counts',
      'what was taken before a closeout and is ordered after it counts if the unit is still there',
    );
}

async function grant(options: GrantOptions, given: Grant): Promise<void> {
  await atDesk(options, async (office) => {
    const { grantRight } = await import('../office/issuing.ts');
    const { gcn, store, right: rightId, days } = options;
    const lateRule = options.lateCounts === true ? 1 : 0;
    const order = { rightId, store, grant: given, closeoutAfterMs: days * dayMs, lateRule };
    const { height } = await grantRight(office, order);
    const answer = { right: rightId, store, gcn, height };
    return { answer, lines: [`${store} has the right ${rightId} since block ${height}.`] };
  });
}

function rangeOf(options: { readonly from: number; readonly to: number }) {
  const { from: first, to: last } = options;
  if (first > last) throw new BizainError({ code: usage, message: `--from ${first} is after --to ${last}.` });
  return { first, last };
}

function addGrants(issuer: Command): void {
  withGrantOptions(
    issuer.command('grant-lease').description('make coupons the own of a store: guaranteed with the line cut'),
  )
    .requiredOption('--from <serial>', 'first serial', serial)
    .requiredOption('--to <serial>', 'last serial', serial)
    .action((options: GrantOptions & { from: number; to: number }) =>
      grant(options, { kind: 'lease', gcn: options.gcn, ranges: [rangeOf(options)] }),
    );
  withGrantOptions(
    issuer.command('grant-budget').description('bear the loss of so many coupons taken with the line cut'),
  )
    .requiredOption('--count <count>', 'coupons', wholeNumber(1, 1_000_000))
    .requiredOption('--value <amount>', 'their value in base units', amount)
    .option(
      '--shard-age-hours <hours>',
      'oldest shard to judge by, if the terms allow it',
      wholeNumber(1, 2_160),
      2_160,
    )
    .action((options: GrantOptions & { count: number; value: bigint; shardAgeHours: number }) => {
      const { gcn, count: countMax, value: valueMax, shardAgeHours } = options;
      const shardAgeMsMax = shardAgeHours * 3_600_000;
      return grant(options, { kind: 'budget', of: { kind: 'series', gcn }, countMax, valueMax, shardAgeMsMax });
    });
  withGrantOptions(issuer.command('grant-uses').description('set uses of a public code aside for a store'))
    .requiredOption('--count <count>', 'uses', wholeNumber(1, 1_000_000))
    .action((options: GrantOptions & { count: number }) =>
      grant(options, { kind: 'uses', gcn: options.gcn, count: options.count }),
    );
}

function addRenew(issuer: Command): void {
  withDays(
    withRightOptions(issuer.command('renew').description('promise a right for longer, and take a recall back')),
  ).action((options: RightOptions & { days: number }) =>
    atDesk(options, async (office) => {
      const { changeRight } = await import('../office/issuing.ts');
      const { store, right: rightId, days } = options;
      const { height } = await changeRight(office, {
        kind: 'right.renew',
        store,
        rightId,
        closeoutAfterMs: days * dayMs,
      });
      return { answer: { right: rightId, store, height }, lines: [`${rightId} is renewed since block ${height}.`] };
    }),
  );
}

interface RecallOptions extends RightOptions {
  readonly minutes: number;
  readonly from?: number;
  readonly to?: number;
}

function recalledOf({ from, to }: RecallOptions) {
  if (from === undefined && to === undefined) return [];
  return [rangeOf({ from: from ?? to ?? 0, to: to ?? from ?? 0 })];
}

function addRecall(issuer: Command): void {
  withRightOptions(
    issuer.command('recall').description('ask a store for a right, or for some coupons of a lease, back'),
  )
    .option('--minutes <minutes>', 'by when', wholeNumber(1, 527_040), 10)
    .option('--from <serial>', 'first serial; without: the whole right', serial)
    .option('--to <serial>', 'last serial', serial)
    .action((options: RecallOptions) =>
      atDesk(options, async (office) => {
        const { changeRight } = await import('../office/issuing.ts');
        const { systemClock } = await import('#core/clock');
        const { store, right: rightId, minutes } = options;
        const deadlineMs = systemClock.wallMs() + minutes * 60_000;
        const ranges = recalledOf(options);
        const { height } = await changeRight(office, { kind: 'right.recall', store, rightId, deadlineMs, ranges });
        const deadline = new Date(deadlineMs).toISOString();
        return {
          answer: { right: rightId, store, deadline, height },
          lines: [`${store} is asked for ${rightId} by ${deadline}, since block ${height}.`],
        };
      }),
    );
}

function addCloseout(issuer: Command): void {
  withRightOptions(
    issuer.command('closeout').description('end the right of a store that does not answer, once its days are over'),
  ).action((options: RightOptions) =>
    atDesk(options, async (office) => {
      const { changeRight } = await import('../office/issuing.ts');
      const { store, right: rightId } = options;
      const { height } = await changeRight(office, { kind: 'right.closeout', store, rightId });
      return { answer: { right: rightId, store, height }, lines: [`${rightId} is closed out since block ${height}.`] };
    }),
  );
}

/** Adds the commands of rights to the issuer's desk. */
export function addRightCommands(issuer: Command): void {
  addGrants(issuer);
  addRenew(issuer);
  addRecall(issuer);
  addCloseout(issuer);
}
