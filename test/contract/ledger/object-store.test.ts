import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { LedgerState } from '#ledger/state/ledger-state';
import { MemoryObjects } from '#ledger/state/memory-objects';
import { StateTable } from '#sync/validator/state-table';
import { openStoreDatabase, type StoreDatabase } from '#sync/validator/store-database';
import { describeObjectStore, type StoreUnderTest } from './object-store.ts';

describeObjectStore('objects in memory', () => {
  const store = new MemoryObjects();
  return { store, reopen: () => store, close: () => undefined };
});

interface TableUnderTest extends StoreUnderTest {
  readonly store: StateTable;
  readonly database: StoreDatabase;
  reopen(): StateTable;
}

function openTable(hotBytes?: number): TableUnderTest {
  const folder = mkdtempSync(join(tmpdir(), 'bizain-objects-'));
  const path = join(folder, 'validator.db');
  let database = openStoreDatabase(path);
  return {
    store: new StateTable(database, path, hotBytes),
    get database() {
      return database;
    },
    reopen: () => {
      database.close();
      database = openStoreDatabase(path);
      const store = new StateTable(database, path, hotBytes);
      store.checkAll();
      return store;
    },
    close: () => {
      database.close();
      rmSync(folder, { recursive: true });
    },
  };
}

describeObjectStore("objects in a validator's file", () => openTable());
describeObjectStore("objects in a validator's file with hardly any of them in memory", () => openTable(2_000));

describe("a block's changes in a validator's file", () => {
  const first = (state: LedgerState) => {
    const overlay = state.overlay();
    overlay.put('r', 'a', Uint8Array.of(1));
    overlay.put('c/1', 'b', Uint8Array.of(2));
    return state.evaluate(overlay, 1);
  };

  it('are there after a stop that came between the transaction and the memory', () => {
    const table = openTable();
    const change = first(LedgerState.open(table.store));
    table.database.transaction(() => table.store.write(change.changes))();
    expect(LedgerState.open(table.reopen()).stateRoot).toEqual(change.stateRoot);
    table.close();
  });

  it('are written once: what the block has written, the commit of the state only takes over', () => {
    const table = openTable();
    const state = LedgerState.open(table.store);
    const change = first(state);
    table.database.transaction(() => table.store.write(change.changes))();
    const rows = table.database.prepare('SELECT total_changes()').pluck();
    const written = rows.get();
    state.commit(change);
    expect(rows.get()).toBe(written);
    expect(state.get('r', 'a')).toEqual(Uint8Array.of(1));
    table.close();
  });

  it('are not there, none of them, where the transaction failed; then they can be written anew', () => {
    const table = openTable();
    const state = LedgerState.open(table.store);
    const before = state.stateRoot;
    const change = first(state);
    const failing = table.database.transaction(() => {
      table.store.write(change.changes);
      throw new Error('disk full');
    });
    expect(failing).toThrow('disk full');
    table.store.undone();
    expect(state.get('r', 'a')).toBeUndefined();
    state.commit(change);
    expect(state.get('c/1', 'b')).toEqual(Uint8Array.of(2));
    expect(LedgerState.open(table.reopen()).stateRoot).toEqual(change.stateRoot);
    expect(before).not.toEqual(change.stateRoot);
    table.close();
  });

  it.each([
    ["UPDATE leaves SET value = x'07' WHERE id = 0", (state: LedgerState) => state.get('r', 'a')],
    ['UPDATE leaves SET hash = zeroblob(32) WHERE id = 0', (state: LedgerState) => state.get('r', 'a')],
    [
      'UPDATE leaves SET hash = zeroblob(32) WHERE id = 0',
      (state: LedgerState) => {
        const overlay = state.overlay();
        overlay.put('r', 'new', Uint8Array.of(3));
        state.evaluate(overlay, 2);
      },
    ],
  ])('are missed when somebody changes them while the validator runs: %s', (sql, use) => {
    const table = openTable();
    const writer = LedgerState.open(table.store);
    writer.commit(first(writer));
    const state = LedgerState.open(table.reopen());
    expect(table.database.prepare(sql).run().changes).toBe(1);
    expect(() => use(state)).toThrow(expect.objectContaining({ code: 'STORE_CORRUPT' }));
    table.close();
  });
});
