import { describe, expect, it } from 'vitest';
import { signMessage } from '#core/ed25519';
import { approvalDomain, approvalMessage } from '#ledger/accounts/approvals';
import { readAsset, readAssetTerms } from '#ledger/assets/asset';
import { give } from '#ledger/assets/balance';
import { bizAsset, bizSupply } from '#ledger/assets/biz';
import { payDebit } from '#ledger/assets/debited';
import { definedAsset } from '#ledger/assets/define-asset';
import { issuedMax, mint } from '#ledger/assets/supply';
import { type AssetTerms, share } from '#ledger/assets/terms';
import { authorsOf } from '#ledger/authority';
import type { Operation } from '#ledger/operation';
import { reasonsIn } from '#ledger/reasons';
import type { Receipt } from '#ledger/receipt';
import { allBalances, checkAssets } from './all-balances.ts';
import {
  act,
  ann,
  bob,
  burn,
  card,
  cleo,
  consentTo,
  define,
  done,
  earn,
  expire,
  freeze,
  has,
  issue,
  no,
  openAssets,
  pay,
  points,
} from './asset-world.ts';
import { hold } from './hold-world.ts';
import { chainId, day, issuer, publicOf, seedOf, storeA, storeB } from './world.ts';

const lane = `${storeB}/lane-1`;

describe('assets and their supply (SPEC V1, V2, V4, V12)', () => {
  it('V1: terms are versions by one issuer, and what units rest on never changes', () => {
    const world = openAssets();
    const next = (more: object): Operation => define('points', { ...points, version: 2, ...more });
    expect(act(world, 'issuer-x', next({}))).toEqual(no('NOT_AUTHORISED', 'ALREADY_EXISTS'));
    for (const more of [
      { kind: 1, earn: null },
      { unit: 'EUR' },
      { decimals: 2 },
      { freezable: true },
      { supplyMax: 5_000n },
      { onRedeem: 1 },
      { version: 3 },
      { lifetimeDays: 0 },
      { earn: { ...points.earn, den: 0 } },
      { worth: { ...points.worth, den: 0 } },
    ])
      expect(act(world, issuer, next(more))).toEqual(no('BAD_OPERATION'));
    expect(act(world, issuer, next({ version: 1 }))).toEqual(no('ALREADY_EXISTS'));
    expect(act(world, issuer, next({ name: 'New', lifetimeDays: null }))).toEqual(done(0n));
    expect(readAssetTerms(world.state, 'points')?.name).toBe('New');
    expect(readAssetTerms(world.state, 'points', 1)).toEqual(points);
    expect(act(world, issuer, define('other', { ...points, version: 2 }))).toEqual(no('BAD_OPERATION'));
    expect(act(world, issuer, define('other', { ...card, earn: points.earn }))).toEqual(no('BAD_OPERATION'));
  });

  it('V1: an issuer with governors cannot set its own limits, nor use their word twice', () => {
    const world = openAssets();
    const governors = ['g1', 'g2', 'g3'].map(publicOf);
    const governed = { account: issuer, governors, threshold: 2, itemsPerDayMax: null, version: 1, approvals: [] };
    world.all('admin', [{ kind: 'account.govern', ...governed }]);
    const terms = { ...points, version: 2, mintPerDayMax: issuedMax };
    const signed = (version: number, of: AssetTerms, ...indices: number[]): Operation => {
      const message = approvalMessage(chainId, { account: issuer, version, what: definedAsset('points', of) });
      const approvals = indices.map((governor) => ({
        governor,
        signature: signMessage(seedOf(`g${governor + 1}`), approvalDomain, message),
      }));
      return { kind: 'asset.define', asset: 'points', terms: of, approvals };
    };
    expect(act(world, issuer, define('points', terms))).toEqual(no('APPROVAL_MISSING'));
    expect(act(world, issuer, signed(2, terms, 0))).toEqual(no('APPROVAL_MISSING'));
    expect(act(world, issuer, { ...signed(2, { ...terms, mintPerDayMax: 1n }, 0, 2), terms } as Operation)).toEqual(
      no('APPROVAL_MISSING'),
    );
    expect(act(world, issuer, signed(2, terms, 0, 2))).toEqual(done(0n));
    expect(act(world, issuer, signed(2, terms, 0, 2))).toEqual(no('APPROVAL_MISSING'));
    const third = { ...points, version: 3 };
    expect(act(world, issuer, signed(2, third, 0, 2))).toEqual(no('APPROVAL_MISSING'));
    expect(act(world, issuer, signed(3, third, 1, 2))).toEqual(done(0n));
    expect(act(world, 'issuer-x', define('card', { ...card, version: 2 }))).toEqual(done(0n));
  });

  it('V2: only the issuer issues, to whom the ledger knows, and more than nothing', () => {
    const world = openAssets();
    expect(act(world, 'issuer-x', issue('points', 'issuer-x', 5n))).toEqual(no('NOT_AUTHORISED'));
    expect(act(world, issuer, issue('nothing', ann, 5n))).toEqual(no('NO_SUCH_ASSET'));
    expect(act(world, issuer, issue('points', ann, 0n))).toEqual(no('BAD_OPERATION'));
    for (const nobody of [`@${'0'.repeat(32)}`, 'nobody', lane])
      expect(act(world, issuer, issue('points', nobody, 5n))).toEqual(no('UNKNOWN_ACCOUNT'));
    expect(act(world, issuer, issue('points', 'merchant-c', 5n))).toEqual(done(5n));
    expect(readAsset(world.state, 'points')).toMatchObject({ issued: 3_005n, burned: 0n });
  });

  it('V2: the limit of a day is one of all its operations, however many and in however many blocks', () => {
    const world = openAssets({ points: { mintPerDayMax: 3_100n } });
    let issued = 0n;
    for (let n = 0; n < 30; n++) if (act(world, issuer, issue('points', bob, 7n)).outcome === 'applied') issued += 7n;
    expect(issued).toBe(98n);
    const block = world.commit([
      world.segment(
        issuer,
        [1n, 1n, 1n, 1n].map((amount) => issue('points', bob, amount)),
      ),
    ]);
    expect(block.receipts.map(({ value }) => value)).toEqual([1n, 1n, 0n, 0n]);
    expect(act(world, issuer, issue('points', bob, 1n))).toEqual(no('MINT_LIMIT'));
    world.timeMs += day;
    expect(act(world, issuer, issue('points', bob, 3_100n))).toEqual(done(3_100n));
    expect(act(world, issuer, issue('points', bob, 1n))).toEqual(no('MINT_LIMIT'));
  });

  it('V2, V4: burning makes no room in the supply, and no sum passes 96 bits', () => {
    const world = openAssets({ card: { supplyMax: 20_000n }, points: { mintPerDayMax: issuedMax } });
    expect(act(world, 'issuer-x', issue('card', ann, 5_001n))).toEqual(no('LIMIT_EXCEEDED'));
    expect(act(world, 'issuer-x', issue('card', ann, 5_000n))).toEqual(done(5_000n));
    expect(act(world, ann, burn('card', ann, 10_000n))).toEqual(done(10_000n));
    expect(act(world, 'issuer-x', issue('card', ann, 1n))).toEqual(no('LIMIT_EXCEEDED'));
    expect(readAsset(world.state, 'card')).toMatchObject({ issued: 20_000n, burned: 10_000n });

    expect(act(world, issuer, issue('points', ann, issuedMax - 3_000n))).toEqual(done(issuedMax - 3_000n));
    world.timeMs += day;
    expect(act(world, issuer, issue('points', ann, issuedMax))).toEqual(no('LIMIT_EXCEEDED'));
    expect(act(world, issuer, issue('points', ann, 1n))).toEqual(no('LIMIT_EXCEEDED'));
    expect(act(world, cleo, pay('points', cleo, ann, 1_000n))).toEqual(done(1_000n));
    expect(act(world, issuer, pay('points', bob, ann, 1_000n))).toEqual(done(1_000n));
    expect(has(world, ann, 'points')).toBe(issuedMax);
    expect(act(world, ann, burn('points', ann, issuedMax))).toEqual(done(issuedMax));
    expect(act(world, issuer, issue('points', ann, 1n))).toEqual(no('LIMIT_EXCEEDED'));
  });

  it('V4: an owner burns its own and nobody burns what is not there', () => {
    const world = openAssets();
    expect(act(world, ann, burn('points', ann, 1_001n))).toEqual(no('INSUFFICIENT_BALANCE'));
    expect(act(world, ann, burn('points', ann, 0n))).toEqual(no('BAD_OPERATION'));
    expect(act(world, ann, burn('nothing', ann, 1n))).toEqual(no('NO_SUCH_ASSET'));
    for (const author of [cleo, issuer, lane])
      expect(act(world, author, burn('points', ann, 1n))).toEqual(no('CONSENT_MISSING'));
    expect(act(world, issuer, burn('points', bob, 400n))).toEqual(done(400n));
    expect(readAsset(world.state, 'points')).toMatchObject({ issued: 3_000n, burned: 400n });
  });

  it('V12: BIZ is there from the start, all of it, and nobody can issue more or change its terms', () => {
    const world = openAssets();
    expect(bizSupply).toBe(10_000_000_000_000_000n);
    expect(has(world, 'admin', bizAsset)).toBe(bizSupply);
    expect(act(world, 'admin', burn(bizAsset, 'admin', 5n))).toEqual(done(5n));
    const authors = ['admin', issuer, 'issuer-x', 'brand', 'merchant-c', lane, ann];
    for (const author of authors) {
      const byRole = author === issuer || author === 'issuer-x';
      expect(act(world, author, issue(bizAsset, author === lane ? 'admin' : author, 1n))).toEqual(no('NOT_AUTHORISED'));
      expect(act(world, author, define(bizAsset, { ...card, version: 2, mintPerDayMax: 9n }))).toEqual(
        byRole ? no('NOT_AUTHORISED', 'ALREADY_EXISTS') : no('NOT_AUTHORISED'),
      );
    }
    // Not even by the rules' own hand: what was burned stays burned.
    const tx = world.state.overlay();
    expect(reasonsIn(mint(tx, { asset: bizAsset, to: 'admin', amount: 1n, nowMs: world.timeMs }))).toEqual([
      'LIMIT_EXCEEDED',
    ]);
    expect(act(world, 'admin', pay(bizAsset, 'admin', ann, 7n))).toEqual(done(7n));
  });
});

describe('paying (SPEC V3)', () => {
  it('V3: owners pay without the issuer, and never nothing, themselves, nobody, or what they have not', () => {
    const world = openAssets();
    expect(act(world, ann, pay('card', ann, cleo, 200n))).toEqual(done(200n));
    expect([has(world, ann, 'card'), has(world, cleo, 'card')]).toEqual([4_800n, 5_200n]);
    expect(act(world, ann, pay('card', ann, ann, 1n))).toEqual(no('BAD_OPERATION'));
    expect(act(world, ann, pay('card', ann, cleo, 0n))).toEqual(no('BAD_OPERATION'));
    expect(act(world, ann, pay('card', ann, 'nobody', 1n))).toEqual(no('UNKNOWN_ACCOUNT'));
    expect(act(world, ann, pay('card', ann, lane, 1n))).toEqual(no('UNKNOWN_ACCOUNT'));
    expect(act(world, ann, pay('nothing', ann, cleo, 1n))).toEqual(no('NO_SUCH_ASSET'));
    expect(act(world, ann, pay('card', ann, cleo, 4_801n))).toEqual(no('INSUFFICIENT_BALANCE'));
    expect(act(world, ann, pay('card', ann, cleo, 2n ** 96n - 1n))).toEqual(no('INSUFFICIENT_BALANCE'));
    expect(act(world, 'merchant-d', pay('card', 'merchant-d', cleo, 1n))).toEqual(no('INSUFFICIENT_BALANCE'));
  });

  it('V3: the receipt says what went from whom to whom', () => {
    const world = openAssets();
    const movementsOf = (author: string, operation: Operation): Receipt['movements'] =>
      world.commit([world.segment(author, [operation])]).receipts[0]?.movements ?? [];
    expect(movementsOf(ann, pay('card', ann, cleo, 200n))).toEqual([
      { asset: 'card', from: ann, to: cleo, amount: 200n },
    ]);
    expect(movementsOf(issuer, issue('points', bob, 3n))).toEqual([
      { asset: 'points', from: null, to: bob, amount: 3n },
    ]);
    expect(movementsOf(ann, burn('card', ann, 9n))).toEqual([{ asset: 'card', from: ann, to: null, amount: 9n }]);
    expect(movementsOf(ann, burn('card', cleo, 9n))).toEqual([]);
  });

  it("V3: nobody pays with what is another owner's, unless with a consent to just this, once", () => {
    const world = openAssets();
    const what = payDebit({ asset: 'card', to: 'merchant-c', amount: 300n });
    const notAfterMs = world.timeMs + 60_000;
    const consent = consentTo(ann, { owner: ann, what, author: lane, notAfterMs });
    for (const author of [cleo, 'issuer-x', issuer, 'merchant-c', 'admin', lane])
      expect(act(world, author, pay('card', ann, 'merchant-c', 300n))).toEqual(no('CONSENT_MISSING'));
    for (const op of [pay('card', ann, 'merchant-c', 301n, consent), pay('card', ann, 'merchant-d', 300n, consent)])
      expect(act(world, lane, op)).toEqual(no('CONSENT_INVALID'));
    expect(act(world, lane, pay('points', ann, 'merchant-c', 300n, consent))).toEqual(no('CONSENT_INVALID'));
    expect(act(world, `${storeA}/lane-1`, pay('card', ann, 'merchant-c', 300n, consent))).toEqual(
      no('CONSENT_INVALID'),
    );
    expect(act(world, lane, pay('card', ann, 'merchant-c', 300n, consent))).toEqual(done(300n));
    expect(act(world, lane, pay('card', ann, 'merchant-c', 300n, consent))).toEqual(no('CONSENT_SPENT'));
    const forged = consentTo(cleo, { owner: ann, what, author: lane, notAfterMs });
    expect(act(world, lane, pay('card', ann, 'merchant-c', 300n, forged))).toEqual(no('CONSENT_INVALID'));
    // A custodian's key consents for its holders without a key, and only its.
    const ofBob = (signer: string): Operation =>
      pay('card', bob, 'merchant-c', 300n, consentTo(signer, { owner: bob, what, author: lane, notAfterMs }));
    expect(act(world, lane, ofBob('issuer-x'))).toEqual(no('CONSENT_INVALID'));
    expect(act(world, lane, ofBob(issuer))).toEqual(done(300n));
  });

  it('V3: a consent to more than 64 bits is like any other', () => {
    const world = openAssets({ points: { mintPerDayMax: issuedMax } });
    const amount = 2n ** 80n;
    act(world, issuer, issue('points', ann, amount));
    const what = payDebit({ asset: 'points', to: cleo, amount });
    const consent = consentTo(ann, { owner: ann, what, author: lane, notAfterMs: world.timeMs + 60_000 });
    expect(act(world, lane, pay('points', ann, cleo, amount + 1n, consent))).toEqual(no('CONSENT_INVALID'));
    expect(act(world, lane, pay('points', ann, cleo, amount, consent))).toEqual(done(amount));
  });

  it('V3: a consent that came with a refused payment is still good', () => {
    const world = openAssets();
    const what = payDebit({ asset: 'card', to: 'merchant-c', amount: 5_001n });
    const consent = consentTo(ann, { owner: ann, what, author: lane, notAfterMs: world.timeMs + 60_000 });
    expect(act(world, lane, pay('card', ann, 'merchant-c', 5_001n, consent))).toEqual(no('INSUFFICIENT_BALANCE'));
    act(world, cleo, pay('card', cleo, ann, 1n));
    expect(act(world, lane, pay('card', ann, 'merchant-c', 5_001n, consent))).toEqual(done(5_001n));
  });

  it('V3: what is not transferable goes from the issuer and back to it only', () => {
    const world = openAssets({ card: { transferable: false } });
    expect(act(world, ann, pay('card', ann, cleo, 1n))).toEqual(no('NOT_TRANSFERABLE'));
    expect(act(world, ann, pay('card', ann, 'issuer-x', 10n))).toEqual(done(10n));
    expect(act(world, 'issuer-x', pay('card', 'issuer-x', cleo, 10n))).toEqual(done(10n));
  });
});

it('every operation of assets is refused from every role that the table does not name', () => {
  const world = openAssets();
  const samples: Operation[] = [
    define('new', points),
    issue('points', ann, 1n),
    pay('card', ann, cleo, 1n),
    burn('card', ann, 1n),
    freeze(ann),
    expire(ann),
    earn(100n),
    hold(world, 1n),
  ];
  const authors = {
    admin: 'admin',
    issuer,
    brand: 'brand',
    merchant: 'merchant-c',
    holder: ann,
    terminal: `${storeA}/lane-2`,
  };
  for (const operation of samples) {
    for (const [role, author] of Object.entries(authors)) {
      const may = (authorsOf[operation.kind] as readonly string[]).includes(role);
      const { reasons } = act(world, author, operation);
      expect(reasons.includes('NOT_AUTHORISED'), `${role} ${operation.kind}`).toBe(
        !may || isNotTheirs(operation, role),
      );
    }
  }
});

/** Cases in which the role may, but not this author. */
function isNotTheirs({ kind }: Operation, role: string): boolean {
  return kind === 'asset.freeze' && role === 'issuer';
}

describe('what adds up (SPEC I9)', () => {
  it('rates are exact however large the amount, and round down', () => {
    expect(share(2n ** 96n - 1n, { num: 999_999_999, den: 1_000_000_000 })).toBe(
      ((2n ** 96n - 1n) * 999_999_999n) / 1_000_000_000n,
    );
    expect([0n, 1n, 2n, 3n].map((amount) => share(amount, { num: 1, den: 3 }))).toEqual([0n, 0n, 0n, 1n]);
  });

  it('the reader of all balances finds every one, and the check sees a unit too many', () => {
    const world = openAssets();
    expect(
      allBalances(world.state)
        .map(({ owner, asset }) => `${owner} ${asset}`)
        .sort(),
    ).toEqual([...[ann, bob, cleo].flatMap((owner) => [`${owner} card`, `${owner} points`]), 'admin biz'].sort());
    const tx = world.state.overlay();
    give(tx, { owner: ann, asset: 'card' }, [{ expiryMs: null, amount: 1n }], world.timeMs);
    world.state.commit(world.state.evaluate(tx, world.height));
    expect(() => checkAssets(world.state)).toThrow('card adds up');
  });
});
