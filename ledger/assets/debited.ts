/** What an owner consents to, one list an operation: both whoever signs the consent and the rule build it here (SPEC A10). */
import type { CborValue } from '#core/codec';
import { encode } from '#core/format';
import { amountFormat } from '../ids.ts';

/** What is taken: of which asset, how much. */
interface Debited {
  readonly asset: string;
  readonly amount: bigint;
}

/** Of `asset.pay`. */
export function payDebit({ asset, to, amount }: Debited & { readonly to: string }): CborValue[] {
  return ['asset.pay', asset, to, encode(amountFormat, amount)];
}

/** Of `asset.burn`. */
export function burnDebit({ asset, amount }: Debited): CborValue[] {
  return ['asset.burn', asset, encode(amountFormat, amount)];
}

/** Of `asset.hold`: at most this much, for this basket. */
export function holdDebit({ asset, amount, basket }: Debited & { readonly basket: Uint8Array }): CborValue[] {
  return ['asset.hold', asset, encode(amountFormat, amount), basket];
}
