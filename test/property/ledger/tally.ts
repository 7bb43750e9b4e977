/** What the receipts of one case add up to: what was done a day, who has paid whom, which entries are settled. */
import { strict as assert } from 'node:assert';
import { readStore } from '#ledger/accounts/store';
import type { Operation } from '#ledger/operation';
import { hasReason } from '#ledger/reasons';
import { outcomes, type Receipt } from '#ledger/receipt';
import { issuer } from '../../unit/ledger/world.ts';
import { type Books, parts, Sums } from './books.ts';
import { ring, token } from './cast.ts';
import { type PlayedBlock, placeOf, type Stage } from './stage.ts';

const dayMs = 86_400_000;
const other = 'merchant-c';

/** What makes members of an alliance pay each other. */
const settling: readonly Operation['kind'][] = ['basket.capture', 'basket.void', 'basket.return', 'alliance.collect'];

/** See the head of the file. */
export class Tally {
  readonly #settled = new Set<string>();
  /** By asset and day; by asset, merchant and day; by account and day. */
  readonly #issued = new Sums();
  readonly #earned = new Sums();
  readonly #created = new Sums();
  /** The highest daily limit of an account that was seen on a day; none once there was none. */
  readonly #limits = new Map<string, number | null>();
  /** What `issuer` has paid `other` for the alliance, on balance. */
  #paid = 0n;

  /** Takes a block over. `before` is the books as they were. */
  take(stage: Stage, books: Books, block: PlayedBlock): void {
    const day = Math.floor(block.timeMs / dayMs);
    this.#noteLimits(books, day);
    for (const [at, receipt] of block.receipts.entries()) {
      this.#settle(receipt);
      const operation = block.operations[at];
      if (outcomes[receipt.outcome] === 'refused' || operation === undefined) continue;
      this.#count(stage, receipt, operation, day);
      if (settling.includes(operation.kind)) this.#pay(receipt);
    }
  }

  /** J13. */
  #settle(receipt: Receipt): void {
    const place = placeOf(receipt);
    // A losing branch is told only.
    if (hasReason(receipt.reasons, 'SALVAGED') && outcomes[receipt.outcome] !== 'applied') {
      assert.deepEqual(receipt.movements, [], 'J12: what is told moves nothing');
      return;
    }
    assert.ok(!this.#settled.has(place), `J13: ${place} is settled once`);
    this.#settled.add(place);
  }

  #noteLimits({ files }: Books, day: number): void {
    for (const { key, value } of files.accounts.all()) this.#noteLimit(parts(key)[1], value.itemsPerDayMax, day);
  }

  #noteLimit(account: string, limit: number | null, day: number): void {
    const name = `${account} ${day}`;
    const known = this.#limits.get(name);
    this.#limits.set(name, known === null || limit === null ? null : Math.max(known ?? 0, limit));
  }

  #count(stage: Stage, { author, value }: Receipt, operation: Operation, day: number): void {
    if (operation.kind === 'asset.issue') this.#issued.add(`${operation.asset} ${day}`, value);
    else if (operation.kind === 'points.earn') {
      const merchant = readStore(stage.state, parts(author)[0])?.merchant;
      this.#earned.add(`${operation.asset} ${merchant} ${day}`, value);
    } else if (operation.kind === 'coupon.issue') this.#created.add(`${author} ${day}`, BigInt(operation.count));
    else if (operation.kind === 'batch.commission' || operation.kind === 'batch.append')
      this.#created.add(`${author} ${day}`, BigInt(operation.serials.length));
    else if (operation.kind === 'account.govern') this.#noteLimit(operation.account, operation.itemsPerDayMax, day);
  }

  #pay({ movements }: Receipt): void {
    for (const { asset, from, to, amount } of movements) {
      if (asset !== token) continue;
      if (from === issuer && to === other) this.#paid += amount;
      if (from === other && to === issuer) this.#paid -= amount;
    }
  }

  /** V2, V7 and A9: no day has more than its limit allows, whichever version set it. */
  checkLimits(books: Books): void {
    for (const [name, amount] of this.#issued.byName) {
      const asset = name.split(' ')[0] ?? '';
      let most = 0n;
      for (const { shard, value } of books.files.assetTerms.all())
        if (shard === `a/${asset}` && value.terms.mintPerDayMax > most) most = value.terms.mintPerDayMax;
      assert.ok(amount <= most, `V2: ${name}: ${amount} of ${most}`);
    }
    for (const [name, amount] of this.#earned.byName) {
      const asset = name.split(' ')[0] ?? '';
      let most = 0n;
      for (const { shard, value } of books.files.assetTerms.all())
        if (shard === `a/${asset}` && (value.terms.earn?.perDayMax ?? 0n) > most)
          most = value.terms.earn?.perDayMax ?? 0n;
      assert.ok(amount <= most, `V7: ${name}: ${amount} of ${most}`);
    }
    for (const [name, count] of this.#created.byName) {
      const limit = this.#limits.get(name) ?? null;
      if (limit === null) continue;
      const [account = '', day = ''] = name.split(' ');
      const allowances = books.files.minted.get('r', `minted/${account}`)?.allowances ?? [];
      const extra = allowances.find((one) => one.day === Number(day))?.extra;
      // What was allowed for a day that is over is forgotten.
      if (extra === undefined && this.#today !== Number(day)) continue;
      assert.ok(count <= BigInt(limit + (extra ?? 0)), `A9: ${name}: ${count} of ${limit} and ${extra}`);
    }
  }

  #today = 0;

  /** The day that the limits are about now. */
  set today(timeMs: number) {
    this.#today = Math.floor(timeMs / dayMs);
  }

  /** L8 to L11: what is due between two members is what was paid and what is owed, to the base unit. */
  checkAlliance({ files }: Books): void {
    const debts = new Sums();
    let owed = 0n;
    for (const { shard, key, value } of files.debts.all()) {
      const [, debtor, creditor] = parts(key);
      debts.add(`${shard} member/${debtor}`, value.amount);
      if (shard !== `l/${ring}`) continue;
      if (debtor === issuer && creditor === other) owed += value.amount;
      if (debtor === other && creditor === issuer) owed -= value.amount;
    }
    for (const { shard, key, value } of files.members.all())
      assert.equal(value.debt, debts.of(`${shard} ${key}`), `L8: ${key} owes the sum of its debts`);
    let due = 0n;
    for (const { value: sale } of files.sales.all()) {
      for (const { asset, from, to, amount, reversed } of sale.postings) {
        assert.ok(reversed <= amount, 'L10: no more is booked back than was booked');
        if (asset !== token) continue;
        if (from === issuer && to === other) due += amount - reversed;
        if (from === other && to === issuer) due -= amount - reversed;
      }
      for (const { line, part, amount } of sale.returned) {
        const sold = sale.lines.find((one) => one.line === line && one.part === part)?.amount ?? 0n;
        assert.ok(amount <= sold, 'B5: no more comes back of a line than was sold');
      }
    }
    assert.equal(this.#paid + owed, due, 'L8: what is due was paid or is owed');
  }
}
