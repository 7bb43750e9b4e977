/** The modulo-10 check digit of GS1 keys, as a precondition of what is defined on the ledger. */

/**
 * Whether a text of decimal digits ends in its right check digit.
 * Source: GS1 General Specifications, section "Standard check digit calculations for GS1 data structures".
 */
export function hasCheckDigit(digits: string): boolean {
  let sum = 0;
  for (let index = 0; index < digits.length; index++) {
    // Weight 1 for the check digit itself, 3 for its neighbour, alternating to the left.
    const weight = (digits.length - index) % 2 === 1 ? 1 : 3;
    sum += (digits.charCodeAt(index) - 48) * weight;
  }
  return sum % 10 === 0;
}
