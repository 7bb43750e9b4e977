/** What the benches redeem: series of fixed coupons that anybody may take, and one redemption as a till journals it. */
import { utf8 } from '#core/bytes';
import { sha256 } from '#core/hash';
import { withCheckDigit } from '#drivers/symbology/check-digit';
import { plainTerms, type Terms } from '#ledger/coupons/terms';
import type { Operation } from '#ledger/operation';

/** The account that issues. */
export const benchIssuer = '4012345000108';
/** The account that owns the stores. */
export const benchMerchant = 'merchant';
const dayMs = 86_400_000;
const basketBytes = 16;
/** Coprime to every count of coupons that is not a multiple of it: steps of it visit each coupon once, far from the last. */
const stride = 1_234_577;

/** How many coupons there are. */
export interface CouponStock {
  readonly series: number;
  readonly couponsInSeries: number;
}

/** Number of a series. */
export const gcnOf = (series: number): string => withCheckDigit(`40123456${String(series).padStart(4, '0')}`);
/** Number of a store. */
export const storeOf = (store: number): string => withCheckDigit(`40123460${String(store).padStart(4, '0')}`);

/** Terms of every series: one euro off, no consent, for a month around a time. */
export function benchTerms(aroundMs: number): Terms {
  return {
    ...plainTerms,
    version: 1,
    title: '1 off',
    value: { kind: 'fixed', amount: 100n },
    unit: 'EUR',
    validFromMs: aroundMs - dayMs,
    validUntilMs: aroundMs + 30 * dayMs,
    consent: 0,
    acceptedBy: { kind: 'merchants', accounts: [benchIssuer, benchMerchant] },
  };
}

/** Redemption number `n` of a stock: a coupon is reserved for a basket of its own and captured at once, from `sequence` on. */
export function redemption({ series, couponsInSeries }: CouponStock, n: number, sequence: number): Operation[] {
  const coupons = series * couponsInSeries;
  if (n >= coupons) throw new Error(`no more than ${coupons} coupons`);
  const coupon = (n * stride) % coupons;
  const basket = sha256(utf8(`basket ${n}`)).slice(0, basketBytes);
  return [
    {
      kind: 'coupon.reserve',
      gcn: gcnOf(Math.floor(coupon / couponsInSeries)),
      serial: coupon % couponsInSeries,
      termsVersion: 1,
      basket,
      basis: { kind: 'online', fallbackRightId: null },
      purchase: null,
      holder: null,
      consent: null,
    },
    {
      kind: 'basket.capture',
      basket,
      captures: [{ reservation: sequence, purchase: null, lines: [] }],
      basketHash: sha256(basket),
    },
  ];
}
