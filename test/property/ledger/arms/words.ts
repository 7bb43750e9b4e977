/** Whose word an operation carries: consents, approvals and allocations, mostly genuine, now and then forged, late or missing. */
import type { CborValue } from '#core/codec';
import { publicKeyOf, signMessage } from '#core/ed25519';
import { readAccount } from '#ledger/accounts/account';
import { type Approvals, approvalDomain, approvalMessage } from '#ledger/accounts/approvals';
import { type DebitConsent, debitConsentDomain, debitConsentMessage } from '#ledger/accounts/debit-consent';
import { readHolder } from '#ledger/accounts/holder';
import { readTerminal } from '#ledger/accounts/terminal';
import { consentDomain, itemKeySeed } from '#ledger/coupons/consent';
import type { KeyConsent } from '#ledger/coupons/operations';
import { isHolder } from '#ledger/ids';
import { type Allocation, allocationDomain, allocationMessage } from '#ledger/rights/allocation';
import { readHub } from '#ledger/rights/read';
import type { Spend } from '#ledger/rights/spend';
import { chainId, codeSeed, seedOf } from '../../../unit/ledger/world.ts';
import { issuers, lanes } from '../cast.ts';
import type { Dice } from '../dice.ts';
import { seedFor } from '../keys.ts';
import { governorNames } from '../opening.ts';
import type { Stage } from '../stage.ts';

/** The seed whose signature counts for an owner, as far as the test has it. */
function seedOfOwner({ state }: Stage, owner: string): Uint8Array {
  const holder = isHolder(owner) ? readHolder(state, owner) : null;
  if (holder?.publicKey != null) return seedFor(holder.publicKey);
  return seedFor(readAccount(state, holder?.issuer ?? owner)?.publicKey ?? null);
}

/** Who acts for an owner by its own right. */
export function speakerFor({ state }: Stage, owner: string): string {
  const holder = isHolder(owner) ? readHolder(state, owner) : null;
  return holder !== null && holder.publicKey === null ? holder.issuer : owner;
}

/** Who takes something from an owner: mostly itself or its custodian, else a till or an issuer with its word. */
export function takerFrom(stage: Stage, dice: Dice, owner: string): string {
  if (!dice.oneIn(3)) return speakerFor(stage, owner);
  return dice.oneIn(4) ? dice.pick(issuers) : dice.pick(lanes);
}

function nonceOf(dice: Dice): Uint8Array {
  return Uint8Array.from({ length: 8 }, () => dice.below(256));
}

/** The owner's word for what the author takes; mostly null where the author needs none. */
export function debitConsent(
  stage: Stage,
  dice: Dice,
  { owner, what, author }: { readonly owner: string; readonly what: CborValue[]; readonly author: string },
): DebitConsent | null {
  if (author === speakerFor(stage, owner) ? !dice.oneIn(8) : dice.oneIn(10)) return null;
  const nonce = nonceOf(dice);
  const aheadMs = dice.oneIn(12) ? dice.pick([-60_000, 3_600_000]) : 60_000;
  const notAfterMs = stage.timeMs + aheadMs;
  const seed = dice.oneIn(12) ? seedOf('thief') : seedOfOwner(stage, owner);
  const message = debitConsentMessage(chainId, { owner, what }, author, { nonce, notAfterMs });
  return { nonce, notAfterMs, signature: signMessage(seed, debitConsentDomain, message) };
}

/** What the governors of an account say to an act: mostly two of them, and enough. */
export function approvalsFor(stage: Stage, dice: Dice, account: string, what: CborValue[]): Approvals {
  const known = readAccount(stage.state, account);
  if (known === null || known.governors.length === 0) return [];
  const act = { account, version: known.version + (dice.oneIn(12) ? 2 : 1), what };
  const message = approvalMessage(chainId, act);
  const saying = dice.oneIn(10) ? known.governors.slice(0, 1) : known.governors;
  const approvals = saying.map((publicKey, governor) => {
    const seed = dice.oneIn(20) ? seedOf('thief') : seedFor(publicKey);
    return { governor, signature: signMessage(seed, approvalDomain, message) };
  });
  return dice.oneIn(20) ? approvals.toReversed() : approvals;
}

/** The governors' keys by name. */
export const governors = governorNames;

/** A signature by the key in an item's code, or by that of another item. */
export function keyConsent(
  dice: Dice,
  { gcn, serial }: { readonly gcn: string; readonly serial: number },
  message: Uint8Array,
): KeyConsent {
  const of = dice.oneIn(12) ? serial + 1 : serial;
  const seed = itemKeySeed(gcn, of, codeSeed(of));
  return { publicKey: publicKeyOf(seed), signature: signMessage(seed, consentDomain, message) };
}

/** The hub's word that a unit is a lane's; rarely of another hub, epoch, lane or number. */
export function allocationFor(
  stage: Stage,
  dice: Dice,
  { rightId, lane, unit }: { readonly rightId: string; readonly lane: string; readonly unit: Spend },
): Allocation {
  const store = lane.split('/')[0] ?? '';
  const hub = readHub(stage.state, store);
  const terminal = hub?.terminal ?? lane;
  const unsigned = {
    rightId,
    hub: terminal,
    hubEpoch: Math.min(0xffff_ffff, Math.max(0, (hub?.hubEpoch ?? 0) + (dice.oneIn(15) ? dice.pick([-1, 1]) : 0))),
    lane: dice.oneIn(20) ? dice.pick(lanes) : lane,
    number: dice.oneIn(10) ? dice.below(3) : dice.below(100_000),
    unit,
  };
  const [, name = ''] = terminal.split('/');
  const key = readTerminal(stage.state, store, name)?.publicKey ?? null;
  const seed = dice.oneIn(20) ? seedOf('thief') : seedFor(key);
  return { ...unsigned, signature: signMessage(seed, allocationDomain, allocationMessage(chainId, unsigned)) };
}
