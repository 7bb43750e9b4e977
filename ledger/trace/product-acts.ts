/** What follows from each act on a product (SPEC T4 to T9): status, custody and counts. Sold and destroyed goods are in nobody's custody. */
import { custodyBits } from './custody.ts';
import { productBits } from './product-facts.ts';
import type { FollowAct, ListedProduct } from './record-act.ts';

const is = ({ facts }: ListedProduct, bit: keyof typeof productBits): boolean => (facts.bits & productBits[bit]) !== 0;
const inTrade = (product: ListedProduct): boolean => !is(product, 'sold') && !is(product, 'inactive');

/** Rule T4. Scanned twice on arrival is still one arrival. */
export const followReceive: FollowAct = (product) => {
  const { sheet, place, facts } = product;
  const again = (facts.here & custodyBits.received) !== 0 && (facts.here & custodyBits.shipped) === 0;
  sheet.mark(place, productBits.received);
  sheet.markHere(place, custodyBits.received, custodyBits.shipped);
  if (!again) sheet.count('received');
  if (inTrade(product)) sheet.takeCustody(place);
  return 'clean';
};

/** Rule T5. */
export const followShip: FollowAct = (product) => {
  const { sheet, place, facts } = product;
  if ((facts.here & custodyBits.shipped) === 0) sheet.count('shipped');
  sheet.markHere(place, custodyBits.shipped);
  if (inTrade(product)) sheet.endCustody(place);
  return 'clean';
};

/** Rule T6. A second sale changes nothing but the counts. While it is sold, its holder is the store that sold it first. */
export const followSell: FollowAct = (product) => {
  const { sheet, place } = product;
  sheet.countSale(place);
  sheet.markHere(place, custodyBits.sold);
  sheet.packInto(place, 0);
  if (is(product, 'sold')) {
    sheet.mark(place, productBits.soldAgain);
    return 'conflict';
  }
  sheet.mark(place, productBits.sold, productBits.returned);
  sheet.takeCustody(place);
  sheet.count('sold');
  return 'clean';
};

/** Rule T7. The goods are here, sold or not. */
export const followReturn: FollowAct = (product) => {
  const { sheet, place } = product;
  const sold = is(product, 'sold');
  if (sold) {
    sheet.mark(place, productBits.returned, productBits.sold);
    sheet.count('returned');
  }
  sheet.markHere(place, custodyBits.received, custodyBits.sold | custodyBits.shipped);
  sheet.packInto(place, 0);
  if (is(product, 'inactive')) sheet.endCustody(place);
  else sheet.takeCustody(place);
  return sold ? 'clean' : 'conflict';
};

/** Rule T8. The last inspection counts. */
export const followInspect =
  (passed: boolean): FollowAct =>
  ({ sheet, place }) => {
    if (passed) sheet.mark(place, productBits.inspected, productBits.failed);
    else sheet.mark(place, productBits.failed, productBits.inspected);
    return 'clean';
  };

/** Rule T9. */
export const followDestroy: FollowAct = (product) => {
  const { sheet, place } = product;
  if (!is(product, 'inactive')) sheet.count('destroyed');
  sheet.mark(place, productBits.inactive);
  sheet.packInto(place, 0);
  if (!is(product, 'sold')) sheet.endCustody(place);
  return 'clean';
};
