/** Random acts of every kind of operation, by honest and hostile authors, in blocks of random shape: for the properties of this room. */
import fc from 'fast-check';
import { streamOf } from '#ledger/journal/stream';
import type { Operation, OperationKind } from '#ledger/operation';
import { reasonsIn } from '#ledger/reasons';
import { outcomes } from '#ledger/receipt';
import { day, type EntryTime } from '../../unit/ledger/world.ts';
import { accountMoves } from './arms/accounts.ts';
import { allianceMoves } from './arms/alliances.ts';
import { assetMoves } from './arms/assets.ts';
import { basketMoves } from './arms/baskets.ts';
import { contractMoves } from './arms/contracts.ts';
import { couponMoves } from './arms/coupons.ts';
import { fork, journalMoves } from './arms/journals.ts';
import { marketMoves } from './arms/market.ts';
import { rightMoves } from './arms/rights.ts';
import { traceMoves } from './arms/trace.ts';
import { validatorMoves } from './arms/validators.ts';
import { everyone, gcns, series } from './cast.ts';
import { Dice } from './dice.ts';
import { valuesIn, withOtherFields } from './other-fields.ts';
import type { Act, Deed, Move, PlayedBlock, Stage } from './stage.ts';

/** A way to bring about each kind of operation. */
export const moves: { readonly [K in OperationKind]: Move } = {
  ...accountMoves,
  ...couponMoves,
  ...basketMoves,
  ...rightMoves,
  ...traceMoves,
  ...assetMoves,
  ...marketMoves,
  ...allianceMoves,
  ...journalMoves,
  ...validatorMoves,
  ...contractMoves,
};

/** Every kind of operation. */
export const kinds = Object.keys(moves) as OperationKind[];

/** How often each kind is tried; once where nothing stands here. What makes the others idle is rare. */
const weights: Partial<Record<OperationKind, number>> = {
  'coupon.reserve': 22,
  'basket.capture': 18,
  'basket.release': 3,
  'basket.void': 4,
  'basket.return': 5,
  'basket.review': 2,
  'asset.hold': 9,
  'asset.pay': 4,
  'asset.issue': 2,
  'points.earn': 2,
  'offer.place': 8,
  'offer.withdraw': 3,
  'right.grant': 4,
  'right.release': 2,
  'right.closeout': 2,
  'right.sublease': 2,
  'coupon.transfer': 3,
  'coupon.claim': 2,
  'trace.receive': 2,
  'trace.sell': 2,
  'trace.aggregate': 2,
  'alliance.collect': 4,
  'alliance.fund': 2,
  'holder.keep': 2,
  'coupon.expire': 2,
  'alliance.sign': 2,
  'holder.rebind': 2,
  'contract.call': 3,
  'contract.attest': 4,
  'validator.leave': 2,
  'validator.rotate': 2,
};

/** Kinds by weight. */
const lots = kinds.flatMap((kind) => Array.from({ length: weights[kind] ?? 1 }, () => kind));

/** What a case is mostly about: there things happen in a row that are far apart in all the rest. */
const themes: readonly (readonly OperationKind[])[] = [
  kinds,
  [
    'coupon.reserve',
    'basket.capture',
    'basket.capture',
    'basket.void',
    'basket.return',
    'asset.hold',
    'basket.release',
  ],
  [
    ...(Object.keys(allianceMoves) as OperationKind[]),
    ...(['coupon.reserve', 'basket.capture', 'basket.void', 'basket.return'] as const),
  ],
  [
    ...(Object.keys(rightMoves) as OperationKind[]),
    ...(['coupon.reserve', 'asset.hold', 'basket.capture', 'basket.release', 'basket.void'] as const),
  ],
  ['contract.call', 'contract.call', 'contract.attest', 'contract.attest', 'contract.enable', 'asset.pay'],
  ['offer.place', 'offer.place', 'offer.withdraw', 'coupon.transfer', 'asset.pay', 'asset.freeze', 'asset.issue'],
  [
    ...(Object.keys(journalMoves) as OperationKind[]),
    ...([
      'terminal.enroll',
      'terminal.revoke',
      'hub.assign',
      'coupon.reserve',
      'basket.capture',
      'right.grant',
    ] as const),
  ],
];

const allianceTheme = 2;

/** One history. Each step is a number that all its choices follow from. */
export interface Case {
  /** A number of `themes`. */
  readonly theme: number;
  /** The series that is most used. */
  readonly favourite: number;
  readonly steps: readonly number[];
}

/** Histories as fast-check makes and shrinks them. */
export const cases = (options: { readonly minLength: number; readonly maxLength: number }): fc.Arbitrary<Case> =>
  fc.record({
    theme: fc.noBias(fc.nat({ max: themes.length - 1 })),
    favourite: fc.noBias(fc.nat({ max: gcns.length - 1 })),
    steps: fc.array(fc.noBias(fc.integer({ min: 0, max: 0xffff_ffff })), { size: 'max', ...options }),
  });

/** When an act says that it happened, and what it says that it rests on. Mostly now, and nothing. */
function timeOf(stage: Stage, dice: Dice, { operation, time = {} }: Act): EntryTime {
  const roll = dice.below(24);
  if (roll === 0) return { ...time, timeLowMs: stage.timeMs - dice.below(3) * day, timeHighMs: stage.timeMs };
  if (roll === 1) return { ...time, seenHeight: stage.height + dice.below(2) };
  if (roll === 2) {
    const author = dice.pick(everyone);
    const stream = streamOf(operation.kind);
    const sequence = Math.max(0, stage.next(author, stream) + dice.below(3) - 2);
    return { ...time, dependsOn: { author, epoch: stage.epochOf(author), stream, sequence } };
  }
  return time;
}

/** Who has said what so far: for those who say it again. */
export type Memory = Act[];

function spoiled(stage: Stage, dice: Dice, deed: Act, said: Memory): Act {
  const time = timeOf(stage, dice, deed);
  const apart = dice.oneIn(3);
  if (dice.oneIn(14)) return { ...deed, author: dice.pick(everyone), time, apart };
  if (dice.oneIn(30)) {
    const pool = [deed, ...[1, 2, 3].flatMap(() => dice.some(said) ?? [])].flatMap((one) => [
      ...valuesIn(one.operation),
    ]);
    const operation = withOtherFields(deed.operation, pool, (count) => dice.below(count));
    if (operation !== null) return { ...deed, operation, time, apart };
  }
  if (dice.oneIn(30)) return { ...(dice.some(said) ?? deed), apart };
  return { ...deed, time, apart };
}

/** What a step does as the stage stands; nothing where it finds nothing to do. */
export function deedsOf(stage: Stage, dice: Dice, said: Memory, theme: number): Deed[] {
  if (dice.oneIn(150)) {
    const forked = fork(stage, dice);
    return forked === null ? [] : [forked];
  }
  const isThemed = !dice.oneIn(3);
  const deeds = moves[dice.pick(isThemed && theme > 0 ? (themes[theme] as readonly OperationKind[]) : lots)](
    stage,
    dice,
  );
  if (deeds === null) return [];
  const all: readonly Deed[] = Array.isArray(deeds) ? deeds : [deeds as Deed];
  const done = all.map((deed) => ('segment' in deed ? deed : spoiled(stage, dice, deed, said)));
  for (const deed of done) if ('operation' in deed) said.push(deed);
  return done;
}

const waitsMs = [0, 0, 1_000, 1_000, 1_000, 60_000, 60_000, 11 * 60_000, 11 * 60_000, 3_600_000, day, 2 * day] as const;

/** How long after the last block the next one is: mostly moments, now and then weeks. */
export function waitMs(dice: Dice): number {
  return dice.oneIn(12) ? dice.pick([4 * day, 31 * day, 100 * day]) : dice.pick(waitsMs);
}

/** Plays the steps in blocks and calls back after each block. */
export function play(stage: Stage, { theme, favourite, steps }: Case, after: (block: PlayedBlock) => void): void {
  const said: Memory = [];
  // What an alliance settles are its own coupons.
  stage.favourite = gcns.indexOf(
    theme === allianceTheme ? (favourite % 2 === 0 ? series.ring : series.keyed) : (gcns[favourite] as string),
  );
  for (const [at, step] of steps.entries()) {
    const dice = new Dice(step);
    // Drawn first, so that a block ends where it ended when a case is shrunk.
    const ends = dice.oneIn(3) || at === steps.length - 1;
    const later = Math.min(waitMs(dice), stage.waitMsMax);
    for (const deed of deedsOf(stage, dice, said, theme)) stage.take(deed);
    if (ends) after(stage.close(later));
  }
}

const shown = (_key: string, value: unknown): unknown => {
  if (typeof value === 'bigint') return `${value}`;
  if (value instanceof Uint8Array) return `${Buffer.from(value.subarray(0, 4)).toString('hex')}..${value.length}`;
  return value;
};

function toldOf(operation: Operation | undefined): string {
  if (operation === undefined) return '?';
  const { kind, ...fields } = operation;
  return `${kind} ${JSON.stringify(fields, shown)}`;
}

/** A block as text: what was said and what became of it. */
export function tellBlock({ receipts, operations, skipped, timeMs }: PlayedBlock): string {
  const lines = receipts.map(({ author, epoch, sequence, outcome, reasons, value, movements }, at) => {
    const answer = `${outcomes[outcome]} ${value} ${reasonsIn(reasons).join(' ')}`;
    const moved = movements.map(({ asset, from, to, amount }) => `${from}>${to} ${amount} ${asset}`).join(', ');
    return `  ${author} ${epoch} #${sequence}: ${toldOf(operations[at])} => ${answer} ${moved}`;
  });
  const left = skipped.map(({ index, reason }) => `  segment ${index}: ${reason}`);
  return [`block at ${timeMs}`, ...lines, ...left].join('\n');
}
