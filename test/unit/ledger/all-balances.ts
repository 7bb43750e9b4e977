/** Every balance of a state, found by walking over its books: for tests that add up. */
import { strict as assert } from 'node:assert';
import { decode } from '#core/format';
import { type Asset, assetFormat, readAssetTerms } from '#ledger/assets/asset';
import { type Balance, balanceFormat, lockedOf, totalOf } from '#ledger/assets/balance';
import type { LedgerState } from '#ledger/state/ledger-state';

/** A balance with its owner. */
export interface OwnedBalance {
  readonly owner: string;
  readonly asset: string;
  readonly balance: Balance;
}

/** All balances, whoever owns them. */
export function allBalances(state: LedgerState): OwnedBalance[] {
  const found: OwnedBalance[] = [];
  for (const shard of state.shardIds()) {
    if (!/^[hk]\//.test(shard)) continue;
    for (const { key, value } of state.leaves(shard)) {
      const [, owner, asset] = /^balance\/(.+)\/([^/]+)$/.exec(key) ?? [];
      if (owner === undefined || asset === undefined) continue;
      const balance = decode(balanceFormat, value);
      assert.ok(balance.ok, `${shard} ${key}`);
      found.push({ owner, asset, balance: balance.value });
    }
  }
  return found;
}

/** All assets by id. */
export function allAssets(state: LedgerState): Map<string, Asset> {
  const found = new Map<string, Asset>();
  for (const shard of state.shardIds()) {
    if (!shard.startsWith('a/')) continue;
    for (const { key, value } of state.leaves(shard)) {
      if (key !== 'asset') continue;
      const asset = decode(assetFormat, value);
      assert.ok(asset.ok, shard);
      found.set(shard.slice(2), asset.value);
    }
  }
  return found;
}

/** What an owner has promised of an asset. */
export type Promised = (owner: string, asset: string) => bigint;

/**
 * I9: of every asset all balances add up to what was issued less what was burned, within its supply; and, where the caller knows
 * what is promised, I10: just that is locked.
 */
export function checkAssets(state: LedgerState, promised?: Promised): void {
  const sums = new Map<string, bigint>();
  for (const { owner, asset, balance } of allBalances(state)) {
    sums.set(asset, (sums.get(asset) ?? 0n) + totalOf(balance));
    if (promised !== undefined)
      assert.equal(lockedOf(balance), promised(owner, asset), `${owner} has promised of ${asset}`);
  }
  const assets = allAssets(state);
  for (const asset of sums.keys()) assert.ok(assets.has(asset), `${asset} is defined`);
  for (const [id, { issued, burned }] of assets) {
    assert.equal(sums.get(id) ?? 0n, issued - burned, `${id} adds up`);
    assert.ok(issued <= (readAssetTerms(state, id)?.supplyMax ?? 2n ** 96n - 1n), `${id} is within its supply`);
  }
}
