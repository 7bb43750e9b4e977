/** Rights: what was spent, is held and is lost under each, and never more than it is. */
import { strict as assert } from 'node:assert';
import { reason } from '#ledger/reasons';
import { type Right, rightClosedOut, rightMerged } from '#ledger/rights/right';
import { type Books, parts } from './books.ts';
import { isLive } from './check-coupons.ts';

/** What reservations and sales say of one right. */
interface Accounted {
  heldCount: number;
  heldValue: bigint;
  spentCount: number;
  spentValue: bigint;
  conflictedCount: number;
  conflictedValue: bigint;
}

/** The accounts of all rights, by store and id. */
class Accounts {
  readonly byName = new Map<string, Accounted>();
  readonly #books: Books;

  constructor(books: Books) {
    this.#books = books;
  }

  /** Of the right that a reservation is accounted under now. */
  of(store: string, rightId: string | null): Accounted | null {
    if (rightId === null) return null;
    const right = this.#books.files.rights.get(`s/${store}`, `right/${rightId}`);
    const id = right?.status === rightMerged ? right.parentId : rightId;
    const name = `${store} ${id}`;
    let found = this.byName.get(name);
    if (found === undefined) {
      found = { heldCount: 0, heldValue: 0n, spentCount: 0, spentValue: 0n, conflictedCount: 0, conflictedValue: 0n };
      this.byName.set(name, found);
    }
    return found;
  }

  /** Of the right that bears a conflict; null where the store does. */
  bearing(
    store: string,
    { rightId, conflict }: { readonly rightId: string | null; readonly conflict: bigint },
  ): Accounted | null {
    return conflict === 0n || (conflict & reason.BUDGET_EXHAUSTED) !== 0n ? null : this.of(store, rightId);
  }
}

function accountsOf(books: Books): Accounts {
  const accounts = new Accounts(books);
  for (const { shard, value } of books.files.opens.all()) {
    for (const open of value.items) {
      const bearing = accounts.bearing(shard.slice(2), open);
      if (bearing !== null) {
        bearing.conflictedCount++;
        bearing.conflictedValue += open.value;
      }
      const holding = open.conflict === 0n && open.isOwned ? accounts.of(shard.slice(2), open.rightId) : null;
      if (holding === null) continue;
      holding.heldCount++;
      if (open.kind === 'hold') holding.heldValue += open.value;
    }
  }
  for (const { shard, value: sale } of books.files.sales.all()) {
    const store = parts(shard)[1];
    for (const [at, part] of sale.parts.entries()) {
      const bearing = sale.isVoided ? null : accounts.bearing(store, part);
      if (bearing !== null) {
        bearing.conflictedCount++;
        bearing.conflictedValue += part.kind === 'item' ? part.value : part.amount;
      }
      if (part.conflict !== 0n) continue;
      // What a hold has paid goes back to its owner, not to the right: it stays spent.
      const isSpent = part.kind === 'hold' || (part.isUsedUp && isLive(books, sale, at, part));
      const spent = isSpent ? accounts.of(store, part.rightId) : null;
      if (spent === null) continue;
      spent.spentCount++;
      spent.spentValue += part.kind === 'hold' ? part.amount : part.value;
    }
  }
  return accounts;
}

/** I5: no right is overdrawn. What is late (R9) is told of a closed one, and was not its own. */
function checkBounds(
  { grant, status, spentCount, spentValue, heldCount, heldValue, lostCount, ...right }: Right,
  name: string,
): void {
  if (status === rightClosedOut) return;
  if (grant.kind === 'uses')
    assert.ok(spentCount + heldCount + lostCount <= grant.count, `I5: ${name} has no more uses`);
  if (grant.kind === 'amount') assert.ok(spentValue + heldValue <= grant.amount, `I5: ${name} has no more`);
  if (grant.kind !== 'budget') return;
  assert.ok(right.conflictedCount <= grant.countMax, `I5: ${name} bears no more losses`);
  assert.ok(right.conflictedValue <= grant.valueMax, `I5: ${name} bears no greater losses`);
}

/** I3 and I5: what each right says of itself is what reservations and sales say of it. */
export function checkRights(books: Books): void {
  const accounts = accountsOf(books);
  for (const { shard, value: right } of books.files.rights.all()) {
    const store = shard.slice(2);
    const name = `${store} ${right.id} (${right.grant.kind})`;
    if (right.status === rightMerged) continue;
    checkBounds(right, name);
    const found = accounts.of(store, right.id) as Accounted;
    const isEscrow = right.grant.kind === 'uses' || right.grant.kind === 'amount';
    assert.equal(right.spentCount, found.spentCount, `I3: ${name}: units spent`);
    assert.equal(right.spentValue, found.spentValue, `I3: ${name}: value spent`);
    assert.equal(right.conflictedCount, found.conflictedCount, `I5: ${name}: losses`);
    assert.equal(right.conflictedValue, found.conflictedValue, `I5: ${name}: value lost`);
    if (isEscrow) assert.equal(right.heldCount, found.heldCount, `I5: ${name}: units held`);
    if (right.grant.kind === 'amount') assert.equal(right.heldValue, found.heldValue, `I5: ${name}: amount held`);
  }
}
