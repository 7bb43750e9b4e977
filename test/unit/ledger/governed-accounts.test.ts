import { describe, expect, it } from 'vitest';
import { signMessage } from '#core/ed25519';
import { readAccount } from '#ledger/accounts/account';
import { type Approvals, approvalDomain, approvalMessage, type GovernedAct } from '#ledger/accounts/approvals';
import { mintDayOf } from '#ledger/accounts/mint-limit';
import { authorKey } from '#ledger/journal/author-key';
import type { Operation } from '#ledger/operation';
import { chainId, day, gcn, issuer, publicOf, reserve, seedOf, storeA, World } from './world.ts';

type Of<K extends Operation['kind']> = Extract<Operation, { kind: K }>;

const names = ['g0', 'g1', 'g2'];
const governors = names.map(publicOf);

/** Approvals of governors for an act; one by whom the name says, under the index given. */
function approve(act: GovernedAct, signers: readonly (readonly [number, string])[], chain = chainId): Approvals {
  const message = approvalMessage(chain, act);
  return signers.map(([governor, name]) => ({
    governor,
    signature: signMessage(seedOf(name), approvalDomain, message),
  }));
}
const two = [
  [0, 'g0'],
  [2, 'g2'],
] as const;

function govern(version: number, more: Partial<Of<'account.govern'>> = {}): Of<'account.govern'> {
  const base = { account: issuer, governors, threshold: 2, itemsPerDayMax: 50, version, approvals: [] };
  return { kind: 'account.govern', ...base, ...more };
}
function governAct(operation: Of<'account.govern'>): GovernedAct {
  const { account, version, governors: keys, threshold, itemsPerDayMax } = operation;
  return { account, version, what: ['account.govern', keys, threshold, itemsPerDayMax] };
}
const rekeyAct = (name: string, version: number, account = issuer): GovernedAct => ({
  account,
  version,
  what: ['account.rekey', publicOf(name)],
});
const rekey = (name: string, approvals: Approvals = [], account = issuer): Operation => ({
  kind: 'account.rekey',
  account,
  publicKey: publicOf(name),
  approvals,
});
const revoke = (account: string, approvals: Approvals = []): Operation => ({
  kind: 'account.revoke',
  account,
  approvals,
});
const issue = (firstSerial: number, count: number): Operation => ({
  kind: 'coupon.issue',
  gcn,
  firstSerial,
  count,
  keyCommitments: new Uint8Array(0),
});

/** The issuer is governed by two of three, and may issue 50 items a day. */
function governed(): World {
  const world = World.withSeries(10);
  world.all('admin', [govern(1)]);
  return world;
}

describe('governors (SPEC A5 and A6)', () => {
  it('A5: without governors the admin decides, and nobody else', () => {
    const world = World.open();
    expect(world.do(issuer, govern(1)).reasons).toEqual(['APPROVAL_MISSING']);
    expect(world.do('merchant-c', govern(1)).reasons).toEqual(['NOT_AUTHORISED']);
    expect(world.do('admin', govern(1, { account: 'nobody' })).reasons).toEqual(['UNKNOWN_ACCOUNT']);
    expect(world.do('admin', govern(1)).outcome).toBe('applied');
    expect(readAccount(world.state, issuer)).toMatchObject({ version: 1, threshold: 2, itemsPerDayMax: 50 });
  });

  it('A5: with governors the admin alone no longer decides', () => {
    const world = governed();
    const change = govern(2, { itemsPerDayMax: 1_000 });
    expect(world.do('admin', change).reasons).toEqual(['APPROVAL_MISSING']);
    const approvals = approve(governAct(change), two);
    expect(world.do('admin', { ...change, approvals }).outcome).toBe('applied');
    expect(readAccount(world.state, issuer)?.itemsPerDayMax).toBe(1_000);
  });

  it('A5: a governor that signs twice counts once, and a forged or foreign approval not at all', () => {
    const world = governed();
    const change = govern(2, { threshold: 1 });
    const act = governAct(change);
    const cases: [readonly (readonly [number, string])[], string][] = [
      [[[0, 'g0']], 'APPROVAL_MISSING'],
      [
        [
          [0, 'g0'],
          [0, 'g0'],
        ],
        'BAD_OPERATION',
      ],
      [
        [
          [2, 'g2'],
          [0, 'g0'],
        ],
        'BAD_OPERATION',
      ],
      [
        [
          [0, 'g0'],
          [3, 'g2'],
        ],
        'BAD_OPERATION',
      ],
      [
        [
          [0, 'g0'],
          [1, 'g0'],
        ],
        'APPROVAL_MISSING',
      ],
      [
        [
          [0, 'g0'],
          [1, 'thief'],
        ],
        'APPROVAL_MISSING',
      ],
      [
        [
          [0, 'g0'],
          [1, 'g1'],
          [2, 'thief'],
        ],
        'APPROVAL_MISSING',
      ],
    ];
    for (const [signers, reason] of cases)
      expect(world.do(issuer, { ...change, approvals: approve(act, signers) }).reasons, `${signers}`).toEqual([reason]);
    const elsewhere = approve(act, two, new Uint8Array(32));
    expect(world.do(issuer, { ...change, approvals: elsewhere }).reasons).toEqual(['APPROVAL_MISSING']);
    expect(world.do(issuer, { ...change, approvals: approve(act, two) }).outcome).toBe('applied');
  });

  it('A5: an approval counts for its account, its act and its version only, and never again', () => {
    const world = governed();
    world.all('admin', [govern(1, { account: 'issuer-x' })]);
    const approvals = approve(rekeyAct('issuer#1', 2), two);
    expect(world.do('admin', rekey('issuer#1', approvals, 'issuer-x')).reasons).toEqual(['APPROVAL_MISSING']);
    expect(world.do('admin', rekey('other', approvals)).reasons).toEqual(['APPROVAL_MISSING']);
    expect(world.do('admin', rekey('issuer#1', approve(rekeyAct('issuer#1', 3), two))).reasons).toEqual([
      'APPROVAL_MISSING',
    ]);
    expect(world.do('admin', rekey('issuer#1', approvals)).outcome).toBe('applied');
    expect(world.do('admin', rekey('issuer#1', approvals)).reasons).toEqual(['APPROVAL_MISSING']);
  });

  it('A6: what would leave an account without sense or with two votes for one is refused', () => {
    const world = World.open();
    const twice = [governors[0] as Uint8Array, governors[0] as Uint8Array];
    for (const more of [{ governors: twice }, { threshold: 4 }, { threshold: 0 }, { governors: [] }, { version: 2 }])
      expect(world.do('admin', govern(1, more)).reasons, Object.keys(more).join()).toEqual(['BAD_OPERATION']);
  });
});

describe('keys (SPEC A7 and A8)', () => {
  it('A7: a new key begins a new epoch with new streams, and the old one is not heard any more', () => {
    const world = World.withSeries(10);
    world.all('admin', [rekey(`${issuer}#1`)]);
    expect(authorKey(world.state, issuer)).toMatchObject({ epoch: 1, standing: 'good' });
    expect(world.commit([world.segment(issuer, [issue(10, 1)])]).skipped).toEqual([
      { index: 0, reason: 'STALE_EPOCH' },
    ]);
    world.setEpoch(issuer, 1);
    expect(world.next(issuer)).toBe(0);
    expect(world.do(issuer, issue(10, 1)).outcome).toBe('applied');
  });

  it('A8: a revoked account authors nothing, and only the admin brings it back', () => {
    const world = governed();
    expect(world.do(issuer, revoke(issuer)).reasons).toEqual(['APPROVAL_MISSING']);
    expect(world.do('admin', revoke('admin')).reasons).toEqual(['BAD_OPERATION']);
    expect(world.do('admin', revoke(issuer)).outcome).toBe('applied');
    expect(world.do('admin', revoke(issuer)).reasons).toEqual(['ALREADY_EXISTS']);
    expect(world.copy().commit([world.copy().segment(issuer, [issue(10, 1)])]).skipped).toEqual([
      { index: 0, reason: 'REVOKED' },
    ]);
    expect(world.do('admin', rekey(`${issuer}#1`)).reasons).toEqual(['APPROVAL_MISSING']);
    const approvals = approve(rekeyAct(`${issuer}#1`, 3), two);
    expect(world.do('admin', rekey(`${issuer}#1`, approvals)).outcome).toBe('applied');
    world.setEpoch(issuer, 1);
    expect(world.do(issuer, issue(10, 1)).outcome).toBe('applied');
  });

  it('A8: governors stop a stolen key without the admin, and what follows in its segment does nothing', () => {
    const world = governed();
    const approvals = approve({ account: issuer, version: 2, what: ['account.revoke'] }, two);
    const { receipts } = world.commit([world.segment(issuer, [revoke(issuer, approvals), issue(10, 1)])]);
    expect(receipts.map(({ outcome }) => outcome)).toEqual([0, 1]);
    const again = approve(rekeyAct('thief', 3), two);
    expect(world.do('admin', rekey('thief', again)).outcome).toBe('applied');
  });

  it('A15: the merchant of the store or the admin takes a lane off, others do not', () => {
    const world = World.withSeries(10);
    const take: Operation = { kind: 'terminal.revoke', store: storeA, lane: 'lane-2' };
    expect(world.do('merchant-c', take).reasons).toEqual(['NOT_AUTHORISED']);
    expect(world.do(issuer, { ...take, lane: 'lane-9' }).reasons).toEqual(['UNKNOWN_ACCOUNT']);
    expect(world.do('admin', { ...take, store: '4012345000016' }).reasons).toEqual(['NO_SUCH_STORE']);
    expect(world.do(issuer, take).outcome).toBe('applied');
    expect(world.do('admin', take).reasons).toEqual(['ALREADY_EXISTS']);
    const lane = `${storeA}/lane-2`;
    expect(world.commit([world.segment(lane, [reserve(1)])]).skipped).toEqual([{ index: 0, reason: 'REVOKED' }]);
  });
});

describe('more than a day allows (SPEC A9)', () => {
  const allow = (on: number, extra: number, version: number, approved = true): Operation => ({
    kind: 'mint.allow',
    account: issuer,
    day: on,
    extra,
    approvals: approved ? approve({ account: issuer, version, what: ['mint.allow', on, extra] }, two) : [],
  });

  it('A9: governors raise one day of an account once', () => {
    const world = governed();
    const today = mintDayOf(world.timeMs);
    expect(world.do('admin', allow(today, 5, 2, false)).reasons).toEqual(['APPROVAL_MISSING']);
    expect(world.do('admin', allow(today - 1, 5, 2)).reasons).toEqual(['WINDOW_OVER']);
    expect(world.do('admin', allow(today, 0, 2)).reasons).toEqual(['BAD_OPERATION']);
    expect(world.do('admin', allow(today, 5, 2)).outcome).toBe('applied');
    expect(world.do('admin', allow(today, 5, 2)).reasons).toEqual(['APPROVAL_MISSING']);
    expect(world.do('admin', allow(today, 7, 3)).reasons).toEqual(['ALREADY_EXISTS']);
    for (let n = 1; n < 8; n++) expect(world.do('admin', allow(today + n, 1, 2 + n)).outcome).toBe('applied');
    expect(world.do('admin', allow(today + 8, 1, 10)).reasons).toEqual(['TOO_MANY_OPEN']);
    world.timeMs += day;
    expect(world.do('admin', allow(today + 8, 1, 10)).outcome).toBe('applied');
  });

  it('A9: an account without a limit has nothing to raise', () => {
    const world = World.open();
    expect(world.do('admin', allow(mintDayOf(world.timeMs), 5, 1, false)).reasons).toEqual(['BAD_OPERATION']);
  });
});
