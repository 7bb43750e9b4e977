/**
 * What an account has of an asset: `balance/<account>/<asset>` in the account's book. Amounts that expire stand in lots by date;
 * what is promised to something open (a basket, an offer, a right, a bond) is locked: it stays the account's, keeps its dates, and
 * nothing else can take it. Whoever locks remembers the amount only: of an owner's locked lots the earliest are spent first and the
 * latest come back first, whichever promise they were locked for, so no date ever changes. Supply is no business of this file.
 */
import { assert } from '#core/assert';
import { bool, type Infer, list, record, versioned } from '#core/format';
import { amountFormat, bookShard, timeMsFormat } from '../ids.ts';
import { reason } from '../reasons.ts';
import { storedObject } from '../state/stored-object.ts';
import type { LedgerOverlay, LedgerView } from '../state/view.ts';

/** Expiries are multiples of this, so that lots are few. */
export const lotQuantumMs = 30 * 86_400_000;
/** Longest lifetime of a lot: at most 61 expiries are in force at a time. */
export const lifetimeDaysMax = 1_800;
/** Most lots of a pile: those in force, and what went out of date while it was locked. */
export const lotsMax = 64;

/** An amount that ends with its expiry (`expiryMs` itself still counts). */
export const lotFormat = record('lot', { expiryMs: timeMsFormat, amount: amountFormat });
type DatedLot = Infer<typeof lotFormat>;

/** A part of a balance on its way: null never expires. */
export interface Lot {
  readonly expiryMs: number | null;
  readonly amount: bigint;
}

/** An amount by its dates. */
export const pileFormat = record('pile', {
  /** Never expires. */
  free: amountFormat,
  /** Ascending by expiry, no expiry twice, no amount of 0. */
  lots: list(lotFormat, { max: lotsMax }),
});
/** An amount by its dates. */
export type Pile = Infer<typeof pileFormat>;

/** A balance as stored. */
export const balanceFormat = versioned(
  'balance',
  1,
  { bytesMax: 4_096 },
  {
    /** To be spent. */
    open: pileFormat,
    /** Promised; may hold one lot that is out of date. */
    locked: pileFormat,
    /** Out of date: can only be burned. */
    expired: amountFormat,
    /** Frozen by the issuer: receives, but nothing is taken or locked; what was locked before stays promised. */
    frozen: bool(),
  },
);
/** A balance as stored. */
export type Balance = Infer<typeof balanceFormat>;

/** Whose balance of what. */
export interface BalanceOf {
  readonly owner: string;
  readonly asset: string;
}

const balances = storedObject(balanceFormat);
const noPile: Pile = { free: 0n, lots: [] };
const nothing: Balance = { open: noPile, locked: noPile, expired: 0n, frozen: false };
/** Key of a balance in its owner's book. */
export const balanceKey = ({ owner, asset }: BalanceOf): string => `balance/${owner}/${asset}`;

/** A balance; all zeros where there never was one. Its lots may be out of date since it was last written. */
export function readBalance(view: LedgerView, of: BalanceOf): Balance {
  return balances.read(view, bookShard(of.owner), balanceKey(of)) ?? nothing;
}

function write(tx: LedgerOverlay, of: BalanceOf, balance: Balance): void {
  balances.write(tx, bookShard(of.owner), balanceKey(of), balance);
}

/** What lots amount to. */
export function sumOf(lots: readonly Lot[]): bigint {
  return lots.reduce((sum, { amount }) => sum + amount, 0n);
}

const pileSum = ({ free, lots }: Pile): bigint => free + sumOf(lots);

/** What can be spent at a time, a freeze aside. */
export function spendable({ open }: Balance, nowMs: number): bigint {
  return open.free + sumOf(open.lots.filter(({ expiryMs }) => expiryMs >= nowMs));
}

/** What is promised, out of date or not. */
export function lockedOf({ locked }: Balance): bigint {
  return pileSum(locked);
}

/** All that the account has of the asset: this is what adds up to the supply. */
export function totalOf(balance: Balance): bigint {
  return pileSum(balance.open) + pileSum(balance.locked) + balance.expired;
}

function pileOf(lots: Iterable<Lot>): Pile {
  let free = 0n;
  const byExpiry = new Map<number, bigint>();
  for (const { expiryMs, amount } of lots) {
    if (expiryMs === null) free += amount;
    else if (amount > 0n) byExpiry.set(expiryMs, (byExpiry.get(expiryMs) ?? 0n) + amount);
  }
  const dated = [...byExpiry].map(([expiryMs, amount]) => ({ expiryMs, amount }));
  return { free, lots: dated.sort((a, b) => a.expiryMs - b.expiryMs) };
}

function joined(pile: Pile, added: readonly Lot[]): Pile {
  return pileOf([{ expiryMs: null, amount: pile.free }, ...pile.lots, ...added]);
}

/** The balance as time has made it: open lots out of date are expired, locked ones are one lot. */
function aged(balance: Balance, nowMs: number): Balance {
  const { open, locked } = balance;
  const isPast = ({ expiryMs }: DatedLot): boolean => expiryMs < nowMs;
  const past = open.lots.filter(isPast);
  const lockedPast = locked.lots.filter(isPast);
  if (past.length === 0 && lockedPast.length < 2) return balance;
  const lots = open.lots.slice(past.length);
  const lastPast = lockedPast.at(-1)?.expiryMs ?? 0;
  const onePast = lockedPast.length < 2 ? lockedPast : [{ expiryMs: lastPast, amount: sumOf(lockedPast) }];
  return {
    ...balance,
    open: { ...open, lots },
    locked: { ...locked, lots: [...onePast, ...locked.lots.slice(lockedPast.length)] },
    expired: balance.expired + sumOf(past),
  };
}

/** Splits an amount off a pile, which must hold it: what expires first before all else, or the other way round. */
function split(pile: Pile, amount: bigint, order: 'earliest' | 'latest'): { taken: readonly Lot[]; left: Pile } {
  const ascending: readonly Lot[] = [...pile.lots, { expiryMs: null, amount: pile.free }];
  const taken: Lot[] = [];
  const left: Lot[] = [];
  let missing = amount;
  for (const { expiryMs, amount: has } of order === 'earliest' ? ascending : ascending.toReversed()) {
    const part = has < missing ? has : missing;
    missing -= part;
    if (part > 0n) taken.push({ expiryMs, amount: part });
    if (part < has) left.push({ expiryMs, amount: has - part });
  }
  assert(missing === 0n, 'a pile holds what is split off it');
  return { taken, left: pileOf(left) };
}

/** Why an amount cannot be taken or locked now: FROZEN, INSUFFICIENT_BALANCE; none where it can. */
export function debitFaults(view: LedgerView, of: BalanceOf, amount: bigint, nowMs: number): bigint {
  const balance = readBalance(view, of);
  const frozen = balance.frozen ? reason.FROZEN : 0n;
  return spendable(balance, nowMs) < amount ? frozen | reason.INSUFFICIENT_BALANCE : frozen;
}

/** Takes an amount out of a balance, what expires first before all else; null (nothing taken) where `debitFaults` has a reason. */
export function take(tx: LedgerOverlay, of: BalanceOf, amount: bigint, nowMs: number): readonly Lot[] | null {
  if (debitFaults(tx, of, amount, nowMs) !== 0n) return null;
  if (amount === 0n) return [];
  const balance = aged(readBalance(tx, of), nowMs);
  const { taken, left } = split(balance.open, amount, 'earliest');
  write(tx, of, { ...balance, open: left });
  return taken;
}

/** Adds lots to a balance, frozen or not; those out of date count as expired. */
export function give(tx: LedgerOverlay, of: BalanceOf, lots: readonly Lot[], nowMs: number): void {
  if (sumOf(lots) === 0n) return;
  const balance = readBalance(tx, of);
  write(tx, of, aged({ ...balance, open: joined(balance.open, lots) }, nowMs));
}

/** Locks an amount; the caller remembers how much. Answers `debitFaults`, and changes nothing where there is one. */
export function lock(tx: LedgerOverlay, of: BalanceOf, amount: bigint, nowMs: number): bigint {
  const faults = debitFaults(tx, of, amount, nowMs);
  if (faults !== 0n || amount === 0n) return faults;
  const balance = aged(readBalance(tx, of), nowMs);
  const { taken, left } = split(balance.open, amount, 'earliest');
  write(tx, of, aged({ ...balance, open: left, locked: joined(balance.locked, taken) }, nowMs));
  return 0n;
}

/** Frees what was locked, the latest dates first; what went out of date meanwhile is expired. */
export function unlock(tx: LedgerOverlay, of: BalanceOf, amount: bigint, nowMs: number): void {
  if (amount === 0n) return;
  const balance = readBalance(tx, of);
  const { taken, left } = split(balance.locked, amount, 'latest');
  write(tx, of, aged({ ...balance, locked: left, open: joined(balance.open, taken) }, nowMs));
}

/**
 * Takes locked units that are in date out of the balance for good: the caller gives the lots to somebody, or burns them. Null
 * (nothing taken) where so many are out of date that the rest does not suffice: such a promise can only be unlocked.
 */
export function takeLocked(tx: LedgerOverlay, of: BalanceOf, amount: bigint, nowMs: number): readonly Lot[] | null {
  if (amount === 0n) return [];
  const balance = aged(readBalance(tx, of), nowMs);
  const { free, lots } = balance.locked;
  const past = lots.filter(({ expiryMs }) => expiryMs < nowMs);
  const inDate: Pile = { free, lots: lots.slice(past.length) };
  if (pileSum(inDate) < amount) {
    assert(pileSum(balance.locked) >= amount, `${of.owner} has less of ${of.asset} locked than is taken`);
    return null;
  }
  const { taken, left } = split(inDate, amount, 'earliest');
  write(tx, of, { ...balance, locked: joined(left, past) });
  return taken;
}

/**
 * As `takeLocked` for what was promised in time to something that happens later (a basket that closes): it counts even out of
 * date, and whoever is given it has it to the end of the running quantum at least.
 */
export function takeLockedLate(tx: LedgerOverlay, of: BalanceOf, amount: bigint, nowMs: number): readonly Lot[] {
  if (amount === 0n) return [];
  const balance = aged(readBalance(tx, of), nowMs);
  const { taken, left } = split(balance.locked, amount, 'earliest');
  write(tx, of, { ...balance, locked: left });
  const running = quantumEnd(nowMs);
  return taken.map((lot) => (lot.expiryMs === null || lot.expiryMs >= nowMs ? lot : { ...lot, expiryMs: running }));
}

/** The first possible expiry that is not before a time. */
export function quantumEnd(timeMs: number): number {
  return Math.ceil(timeMs / lotQuantumMs) * lotQuantumMs;
}

/** Takes out what has gone out of date, to be burned; its amount. */
export function takeExpired(tx: LedgerOverlay, of: BalanceOf, nowMs: number): bigint {
  const balance = aged(readBalance(tx, of), nowMs);
  if (balance.expired > 0n) write(tx, of, { ...balance, expired: 0n });
  return balance.expired;
}

/** Whether the issuer has frozen the account for the asset. */
export function isFrozen(view: LedgerView, of: BalanceOf): boolean {
  return readBalance(view, of).frozen;
}

/** Freezes or thaws the account for the asset. */
export function setFrozen(tx: LedgerOverlay, of: BalanceOf, frozen: boolean): void {
  write(tx, of, { ...readBalance(tx, of), frozen });
}
