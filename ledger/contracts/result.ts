/** What a call leads to, as executors give it and validators attest it: payments and debts netted, or a failure. */
import { encode, type Infer, list, record, text, variant } from '#core/format';
import { taggedHash } from '#core/hash';
import { accountIdFormat, allianceIdFormat, amountFormat, assetIdFormat } from '../ids.ts';

/** Most payments, nettings and events of one call. */
export const paymentsMax = 64;
export const nettingsMax = 64;
export const eventsMax = 8;

/** Out of what the caller has reserved. */
export const callPaymentFormat = record('call-payment', {
  asset: assetIdFormat,
  to: accountIdFormat,
  amount: amountFormat,
});

/** So much less is owed; of an alliance, the nettings together leave every member as it was. */
export const callNettingFormat = record('call-netting', {
  alliance: allianceIdFormat,
  debtor: accountIdFormat,
  creditor: accountIdFormat,
  amount: amountFormat,
});

/** The outcome of one call. */
export const callResultFormat = variant('call-result', {
  done: {
    tag: 1,
    format: record('call-done', {
      payments: list(callPaymentFormat, { max: paymentsMax }),
      nettings: list(callNettingFormat, { max: nettingsMax }),
      events: list(text({ min: 1, max: 200 }), { max: eventsMax }),
    }),
  },
  failed: { tag: 2, format: record('call-failed', { code: text({ min: 1, max: 64, pattern: /^[A-Z][A-Z0-9_]*$/ }) }) },
});
/** A decoded result. */
export type CallResult = Infer<typeof callResultFormat>;
/** A decoded payment. */
export type CallPayment = Infer<typeof callPaymentFormat>;
/** A decoded netting. */
export type CallNetting = Infer<typeof callNettingFormat>;

/** What attestations are compared by. */
export function callResultHash(result: CallResult): Uint8Array {
  return taggedHash('bizain/call-result/1', encode(callResultFormat, result));
}
