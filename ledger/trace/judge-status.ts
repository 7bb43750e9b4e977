/**
 * What the ledger's facts say against a product and what is done with it: identity and status, with reasons (SPEC T14). Pure;
 * the rules of physical facts take their flags from here, so that a till and a validator name the same ones.
 */
import { reason } from '../reasons.ts';
import { custodyBits } from './custody.ts';
import { type ProductFacts, productBits } from './product-facts.ts';

/** What is done with a product. */
export type ProductAct = 'sell' | 'receive' | 'ship' | 'return' | 'inspect' | 'pack' | 'destroy';

/** What the pack itself says; null where it does not. */
export interface PrintedFacts {
  readonly lot: string | null;
  /** First and last millisecond that the printed date allows the expiry of the batch to be. */
  readonly expiry: { readonly fromMs: number; readonly untilMs: number } | null;
}

/** What is asked about a product. `facts` is null where its batch is not known. */
export interface StatusQuestion {
  readonly facts: ProductFacts | null;
  readonly act: ProductAct;
  readonly timeLowMs: number;
  readonly timeHighMs: number;
  readonly printed: PrintedFacts;
  /** Whether the basket that it is scanned into has it already. */
  readonly inBasket: boolean;
}

/** The answer on two axes (ARCHITECTURE D9), and the reason bits for it. */
export interface ProductStanding {
  readonly identity: 'match' | 'no-match' | 'unverifiable';
  readonly status: 'sellable' | 'warn' | 'blocked';
  readonly reasons: bigint;
}

/** Reasons that forbid a sale; any other asks for a second look. */
export const blockingReasons =
  reason.NO_SUCH_SERIAL |
  reason.ALREADY_SOLD_HERE |
  reason.ALREADY_SOLD_ELSEWHERE |
  reason.RECALLED |
  reason.PRODUCT_EXPIRED |
  reason.INACTIVE |
  reason.LOT_MISMATCH |
  reason.EXPIRY_MISMATCH |
  reason.TWICE_IN_BASKET;

/** Acts by which goods stay in or enter trade: what is wrong with the goods themselves matters to them. */
const trades: readonly ProductAct[] = ['sell', 'receive', 'ship', 'pack', 'inspect'];
/** Acts that take goods out of a box. */
const opens: readonly ProductAct[] = ['sell', 'receive', 'ship', 'return', 'destroy', 'pack'];
/** Acts on goods that the store should have. */
const holds: readonly ProductAct[] = ['sell', 'ship', 'pack', 'destroy'];

const when = (holdsTrue: boolean, bits: bigint): bigint => (holdsTrue ? bits : 0n);

function soldReasons({ bits, here, mine }: ProductFacts): bigint {
  if ((bits & productBits.sold) === 0) return 0n;
  const soldHere = mine || ((bits & productBits.soldAgain) !== 0 && (here & custodyBits.sold) !== 0);
  return soldHere ? reason.ALREADY_SOLD_HERE : reason.ALREADY_SOLD_ELSEWHERE;
}

/** Where it should be: here for what leaves, nowhere else for what arrives. */
function custodyReasons({ bits, here, mine, holder }: ProductFacts, act: ProductAct): bigint {
  const sold = (bits & productBits.sold) !== 0;
  const elsewhere = when(!sold && holder !== 0 && !mine, reason.NOT_IN_CUSTODY);
  if (act === 'receive') return elsewhere;
  if (!holds.includes(act)) return 0n;
  if ((here & custodyBits.received) === 0) return reason.NOT_RECEIVED | elsewhere;
  return elsewhere | when(!sold && !mine, reason.NOT_IN_CUSTODY);
}

/**
 * Reason bits of an act on a product, as far as the ledger's facts go; expiry counts when it was over at `timeLowMs`. Bits of
 * the batch alone where it does not list the serial.
 */
export function actReasons(facts: ProductFacts, act: ProductAct, timeLowMs: number): bigint {
  const { batch, place, bits, parent, market } = facts;
  const trade = trades.includes(act);
  const recalled = batch.recall?.whole === true || (bits & productBits.recalled) !== 0;
  const ofBatch =
    when(trade && recalled, reason.RECALLED) |
    when(trade && timeLowMs > batch.expiryMs, reason.PRODUCT_EXPIRED) |
    when(
      (act === 'sell' || act === 'receive') &&
        market !== null &&
        batch.markets.length > 0 &&
        !batch.markets.includes(market),
      reason.WRONG_MARKET,
    );
  if (place === null) return ofBatch | (batch.complete ? reason.NO_SUCH_SERIAL : reason.NOT_COMMISSIONED);
  const sold = (bits & productBits.sold) !== 0;
  return (
    ofBatch |
    when((bits & productBits.inactive) !== 0, reason.INACTIVE) |
    when((act === 'sell' || act === 'ship') && (bits & productBits.failed) !== 0, reason.NOT_INSPECTED) |
    when(opens.includes(act) && parent !== 0, reason.STILL_PACKED) |
    (act === 'return' ? when(!sold, reason.NOT_SOLD) : soldReasons(facts)) |
    custodyReasons(facts, act)
  );
}

/** Reason bits of what is printed on the pack against the batch that lists it. */
function printedReasons(facts: ProductFacts, { lot, expiry }: PrintedFacts): bigint {
  const { batch } = facts;
  const otherDate = expiry !== null && (batch.expiryMs < expiry.fromMs || batch.expiryMs > expiry.untilMs);
  return when(lot !== null && lot !== batch.lot, reason.LOT_MISMATCH) | when(otherDate, reason.EXPIRY_MISMATCH);
}

/** The standing of a product. Never throws. */
export function judgeStatus(question: StatusQuestion): ProductStanding {
  const { facts, act, timeLowMs, timeHighMs, printed, inBasket } = question;
  if (facts === null) return { identity: 'unverifiable', status: 'warn', reasons: reason.NO_SUCH_BATCH };
  const expiryOpen = timeLowMs <= facts.batch.expiryMs && timeHighMs > facts.batch.expiryMs;
  const reasons =
    actReasons(facts, act, timeLowMs) |
    printedReasons(facts, printed) |
    when(trades.includes(act) && expiryOpen, reason.CLOCK_UNCERTAIN) |
    when(act === 'sell' && inBasket, reason.TWICE_IN_BASKET);
  const forged = reason.NO_SUCH_SERIAL | reason.LOT_MISMATCH | reason.EXPIRY_MISMATCH;
  const unlisted = facts.place === null && (reasons & forged) === 0n;
  const identity = (reasons & forged) !== 0n ? 'no-match' : unlisted ? 'unverifiable' : 'match';
  const status = (reasons & blockingReasons) !== 0n ? 'blocked' : reasons === 0n ? 'sellable' : 'warn';
  return { identity, status, reasons };
}
