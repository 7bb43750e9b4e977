/** An alliance: amended, left, funded, drained; debts collected; coupons passed on for a commission. */
import { isMember, readAlliance, readAllianceTerms, readDebt, readMember } from '#ledger/alliances/alliance';
import type { allianceOperations } from '#ledger/alliances/operations';
import { referralMessage } from '#ledger/alliances/referral';
import { type AllianceTerms, allianceTermsHash } from '#ledger/alliances/terms';
import { readOwner } from '#ledger/coupons/owners';
import { readSeries } from '#ledger/coupons/series';
import { readRights } from '#ledger/rights/read';
import { basketOf, chainId, issuer, reserve, storeB } from '../../../unit/ledger/world.ts';
import { gcns, holders, lanes, ring, series, stranger } from '../cast.ts';
import type { Dice } from '../dice.ts';
import { ringTerms } from '../opening.ts';
import { type Act, act, type Moves, type Stage } from '../stage.ts';
import { someSerial } from './coupons.ts';
import { keyConsent } from './words.ts';

const newAlliance = 'other';
const members = [issuer, 'merchant-c', 'merchant-d'] as const;
const cover = (dice: Dice): 0 | 1 => (dice.oneIn(3) ? 1 : 0);

/** Mostly one that is in it. */
function someMember(dice: Dice): string {
  return dice.oneIn(5) ? 'merchant-d' : dice.pick([issuer, 'merchant-c']);
}

function nextTerms({ state }: Stage, dice: Dice, id: string): AllianceTerms {
  const proposed = readAlliance(state, id)?.proposedVersion ?? 0;
  const last = readAllianceTerms(state, id, proposed) ?? ringTerms;
  const changes: Partial<AllianceTerms>[] = [
    { members: dice.pick([[...members], [issuer, 'merchant-c'], [issuer, 'merchant-d']]) },
    { bond: BigInt(dice.below(300)) },
    { fee: dice.oneIn(2) ? null : ringTerms.fee },
    { flows: last.flows.slice(0, dice.below(3) + 1) },
    { flows: ringTerms.flows },
    { series: [series.ring] },
    { series: [] },
    { settlementAsset: dice.pick(['card', 'nothing']) },
    { flows: [{ payer: 2, payee: 0, amount: { kind: 'fixed', amount: 1n } }] },
  ];
  return { ...last, ...dice.pick(changes), version: proposed + (dice.oneIn(10) ? dice.below(3) : 1) };
}

function newestTerms({ state }: Stage, id: string): AllianceTerms {
  return readAllianceTerms(state, id, readAlliance(state, id)?.proposedVersion ?? 0) ?? ringTerms;
}

/** Two of whom the one owes the other, where anybody does. */
function someDebt({ state }: Stage, dice: Dice): readonly [debtor: string, creditor: string] | null {
  const owing: [string, string][] = [];
  for (const { key } of state.leaves(`l/${ring}`)) {
    const [kind, debtor = '', creditor = ''] = key.split('/');
    if (kind === 'debt' && readDebt(state, ring, debtor, creditor) > 0n) owing.push([debtor, creditor]);
  }
  return dice.some(owing);
}

/** Coupons that a store owns are taken whatever cover is left: what it does not suffice for is owed. */
function ownedSales(stage: Stage, dice: Dice): readonly Act[] {
  const author = `${storeB}/lane-1`;
  const leases = readRights(stage.state, storeB).flatMap(({ id, grant }) =>
    grant.kind === 'lease' && grant.gcn === series.ring ? grant.ranges.map((range) => ({ id, ...range })) : [],
  );
  const lease = dice.some(leases);
  const termsVersion = readSeries(stage.state, series.ring)?.termsVersion ?? 1;
  const basis = { kind: 'owned', rightId: lease?.id ?? 'ring-b', allocation: null } as const;
  const purchase = { spend: 500n, products: [] };
  return Array.from({ length: 1 + dice.below(2) }, (_, at) => at).flatMap((at) => {
    const serial = (lease?.first ?? 0) + dice.below((lease?.last ?? 3) - (lease?.first ?? 0) + 1);
    const basket = basketOf(20 + at);
    const captures = [{ reservation: stage.next(author) + 2 * at, purchase: null, lines: [] }];
    return [
      act(author, reserve(serial, { gcn: series.ring, termsVersion, basket, basis, purchase })),
      act(author, { kind: 'basket.capture', basket, captures, basketHash: new Uint8Array(32) }),
    ];
  });
}

const which = (dice: Dice): string => (dice.oneIn(12) ? newAlliance : ring);

/** See the head of the file. */
export const allianceMoves: Moves<keyof typeof allianceOperations> = {
  'alliance.propose': (stage, dice) => {
    const alliance = dice.oneIn(5) ? newAlliance : ring;
    const terms = nextTerms(stage, dice, alliance);
    const proposed = act(someMember(dice), { kind: 'alliance.propose', alliance, terms });
    if (dice.oneIn(2)) return proposed;
    const { version } = terms;
    const termsHash = allianceTermsHash(terms);
    return [proposed, ...members.map((by) => act(by, { kind: 'alliance.sign', alliance, version, termsHash }))];
  },
  'alliance.sign': (stage, dice) => {
    const alliance = which(dice);
    const terms = newestTerms(stage, alliance);
    const termsHash = allianceTermsHash(dice.oneIn(12) ? ringTerms : terms);
    const version = terms.version + (dice.oneIn(15) ? 1 : 0);
    return act(dice.pick(members), { kind: 'alliance.sign', alliance, version, termsHash });
  },
  'alliance.leave': (_stage, dice) => act(someMember(dice), { kind: 'alliance.leave', alliance: which(dice) }),
  'alliance.fund': (_stage, dice) =>
    act(someMember(dice), {
      kind: 'alliance.fund',
      alliance: which(dice),
      cover: cover(dice),
      amount: dice.amount(200),
    }),
  'alliance.withdraw': ({ state, timeMs }, dice) => {
    const author = someMember(dice);
    const has = readMember(state, ring, author)?.cover ?? 0n;
    const amount = isMember(state, ring, author, timeMs) || dice.oneIn(2) ? dice.amount(150) : has;
    return act(author, { kind: 'alliance.withdraw', alliance: which(dice), cover: cover(dice), amount });
  },
  'alliance.prefer': (_stage, dice) =>
    act(someMember(dice), { kind: 'alliance.prefer', alliance: which(dice), feeInBiz: dice.oneIn(2) }),
  'alliance.collect': (stage, dice) => {
    const owing = someDebt(stage, dice);
    if (owing === null && !dice.oneIn(6)) return ownedSales(stage, dice);
    const [debtor, creditor] = owing ?? [dice.pick(members), dice.pick(members)];
    const author = dice.pick([debtor, creditor]);
    const collected = act(author, { kind: 'alliance.collect', alliance: which(dice), debtor, creditor });
    if (owing === null || dice.oneIn(3)) return collected;
    return [act(debtor, { kind: 'alliance.fund', alliance: ring, cover: 0, amount: dice.amount(60) }), collected];
  },
  'referral.add': (stage, dice) => {
    const gcn = dice.oneIn(8) ? dice.pick(gcns) : dice.pick([series.keyed, series.keyed, series.ring]);
    const serial = someSerial(stage, dice, gcn);
    const owner = readOwner(stage.state, gcn, serial);
    const referrer = dice.oneIn(4) || owner === null ? dice.pick([...holders, stranger]) : owner;
    const author = owner ?? dice.pick([...lanes, issuer]);
    const consent =
      owner === null ? keyConsent(dice, { gcn, serial }, referralMessage(chainId, { gcn, serial }, referrer)) : null;
    return act(author, { kind: 'referral.add', gcn, serial, referrer, consent });
  },
};
