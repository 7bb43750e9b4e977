import fc from 'fast-check';
import { expect, it } from 'vitest';
import { signMessage } from '#core/ed25519';
import {
  consentAheadMsMax,
  type DebitConsent,
  debitConsentDomain,
  debitConsentMessage,
  debitFault,
  spentConsentsMax,
  spentKeptMs,
} from '#ledger/accounts/debit-consent';
import { writeHolder } from '#ledger/accounts/holder';
import type { Authorship } from '#ledger/effect';
import { reasonsIn } from '#ledger/reasons';
import { StateOverlay } from '#ledger/state/state-overlay';
import { chainId, day, issuer, publicOf, seedOf, startMs, storeA, World } from './world.ts';

const keyed = `@${'1'.repeat(32)}`;
const custodial = `@${'2'.repeat(32)}`;
const lane = `${storeA}/lane-1`;
const what = ['asset.hold', 'points', 500, new Uint8Array(16)] as const;

function book(): StateOverlay {
  const tx = new StateOverlay(World.open().state);
  writeHolder(tx, keyed, { issuer, publicKey: publicOf('phone'), epoch: 0, rebinding: null });
  writeHolder(tx, custodial, { issuer, publicKey: null, epoch: 0, rebinding: null });
  return tx;
}

const at = (author: string, timeMs = startMs, more: Partial<Authorship> = {}): Authorship => ({
  chainId,
  author,
  epoch: 0,
  sequence: 0,
  timeLowMs: timeMs,
  timeHighMs: timeMs,
  notAfterMs: null,
  blockTimeMs: timeMs,
  height: 1,
  ...more,
});

function consentOf(signer: string, owner: string, n = 1, notAfterMs = startMs + 60_000, author = lane): DebitConsent {
  const nonce = new Uint8Array(8).fill(n);
  const message = debitConsentMessage(chainId, { owner, what }, author, { nonce, notAfterMs });
  return { nonce, notAfterMs, signature: signMessage(seedOf(signer), debitConsentDomain, message) };
}

const faults = (
  tx: StateOverlay,
  by: Authorship,
  owner: string,
  consent: DebitConsent | null = null,
  of: typeof what | readonly [...typeof what, number] = what,
): string[] => reasonsIn(debitFault(tx, by, { owner, what: of, consent }));

it('A10: an owner debits itself, a custodian its holders without a key, and nobody else without a consent', () => {
  const tx = book();
  for (const owner of [keyed, issuer, 'merchant-c']) expect(faults(tx, at(owner), owner)).toEqual([]);
  expect(faults(tx, at(lane), lane)).toEqual(['CONSENT_INVALID']);
  expect(faults(tx, at(issuer), custodial)).toEqual([]);
  expect(faults(tx, at(issuer), keyed)).toEqual(['CONSENT_MISSING']);
  for (const author of ['issuer-x', 'admin', lane, keyed]) {
    expect(faults(tx, at(author), custodial), author).toEqual(['CONSENT_MISSING']);
  }
  expect(faults(tx, at(lane), 'merchant-c')).toEqual(['CONSENT_MISSING']);
  expect(faults(tx, at(lane), `@${'3'.repeat(32)}`, consentOf('phone', keyed))).toEqual(['UNKNOWN_ACCOUNT']);
});

it('A10: the consent is of the holder key, the custodian key or the account key, and of no other', () => {
  expect(faults(book(), at(lane), keyed, consentOf('phone', keyed))).toEqual([]);
  expect(faults(book(), at(lane), custodial, consentOf(issuer, custodial))).toEqual([]);
  expect(faults(book(), at(lane), 'merchant-c', consentOf('merchant-c', 'merchant-c'))).toEqual([]);
  expect(faults(book(), at(lane), keyed, consentOf(issuer, keyed))).toEqual(['CONSENT_INVALID']);
  expect(faults(book(), at(lane), custodial, consentOf('issuer-x', custodial))).toEqual(['CONSENT_INVALID']);
  expect(faults(book(), at(lane), `${storeA}/lane-2`, consentOf(`${storeA}/lane-2`, `${storeA}/lane-2`))).toEqual([
    'CONSENT_INVALID',
  ]);
});

it('A10: a consent is good for its debit, its author, its chain and its time only', () => {
  const consent = consentOf('phone', keyed);
  expect(faults(book(), at(lane), keyed, consent, [...what, 1])).toEqual(['CONSENT_INVALID']);
  expect(faults(book(), at(`${storeA}/lane-2`), keyed, consent)).toEqual(['CONSENT_INVALID']);
  expect(faults(book(), at(lane, startMs, { chainId: new Uint8Array(32) }), keyed, consent)).toEqual([
    'CONSENT_INVALID',
  ]);
  expect(faults(book(), at(lane), keyed, { ...consent, notAfterMs: consent.notAfterMs + 1 })).toEqual([
    'CONSENT_INVALID',
  ]);
  expect(faults(book(), at(lane, startMs + 60_001), keyed, consent)).toEqual(['CONSENT_EXPIRED']);
  const far = consentOf('phone', keyed, 1, startMs + consentAheadMsMax + 1);
  expect(faults(book(), at(lane), keyed, far)).toEqual(['CONSENT_INVALID']);
});

it('A11: a consent counts once, whoever repeats it and however much later', () => {
  const tx = book();
  const consent = consentOf('phone', keyed);
  expect(faults(tx, at(lane), keyed, consent)).toEqual([]);
  expect(faults(tx, at(lane), keyed, consent)).toEqual(['CONSENT_SPENT']);
  // The word given to one lane is none to another, which has to be given its own.
  const other = `${storeA}/lane-2`;
  expect(faults(tx, at(other), keyed, consent)).toEqual(['CONSENT_INVALID']);
  expect(faults(tx, at(other), keyed, consentOf('phone', keyed, 1, consent.notAfterMs, other))).toEqual([]);
  // A lane that claims an old time in a block of much later.
  const late = at(lane, startMs, { blockTimeMs: consent.notAfterMs + spentKeptMs });
  expect(faults(tx, late, keyed, consent)).toEqual(['CONSENT_EXPIRED']);
});

it('A11: what was taken while the line was cut is good when it is ordered within thirty days', () => {
  const offline = at(lane, startMs, { blockTimeMs: startMs + 29 * day });
  expect(faults(book(), offline, keyed, consentOf('phone', keyed))).toEqual([]);
});

it('A11: a refusal that drops the overlay leaves the consent good', () => {
  const tx = book();
  const consent = consentOf('phone', keyed);
  expect(faults(new StateOverlay(tx), at(lane), keyed, consent)).toEqual([]);
  expect(faults(tx, at(lane), keyed, consent)).toEqual([]);
});

it('A11: in any order of any consents none counts twice, and 64 later ones are remembered', () => {
  const ends = fc.array(fc.integer({ min: 0, max: 90 }), { minLength: 1, maxLength: 120 });
  fc.assert(
    fc.property(ends, (orders) => {
      const tx = book();
      const good = new Set<number>();
      for (const n of orders) {
        const consent = consentOf('phone', keyed, n, startMs + n * 1_000);
        const found = faults(tx, at(lane, startMs), keyed, consent);
        if (found.length > 0) {
          expect(good.has(n) || good.size >= spentConsentsMax).toBe(true);
          continue;
        }
        expect(good.has(n)).toBe(false);
        good.add(n);
      }
    }),
    { numRuns: 20 },
  );
});
