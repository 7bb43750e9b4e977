import { expect, it } from 'vitest';
import { LedgerState } from '#ledger/state/ledger-state';
import { StateOverlay } from '#ledger/state/state-overlay';
import type { LedgerView } from '#ledger/state/view';
import { describeLedgerOverlay } from './ledger-overlay.ts';

function stateWithOneObject(): LedgerState {
  const state = LedgerState.empty();
  const overlay = state.overlay();
  overlay.put('r', 'known', Uint8Array.of(7));
  state.commit(state.evaluate(overlay, 1));
  return state;
}

describeLedgerOverlay('an overlay of the state', () => {
  const base = stateWithOneObject();
  return { base, overlay: base.overlay() };
});

describeLedgerOverlay('an overlay of an overlay', () => {
  const base = stateWithOneObject().overlay();
  return { base, overlay: new StateOverlay(base) };
});

describeLedgerOverlay("an overlay of a till's cache", () => {
  const base: LedgerView = {
    holds: (shard) => shard === 'r',
    get: (shard, key) => (shard === 'r' && key === 'known' ? Uint8Array.of(7) : undefined),
  };
  return { base, overlay: new StateOverlay(base) };
});

it('what an overlay absorbs is what its child wrote, in the order of first writing, and its size is known before', () => {
  const parent = stateWithOneObject().overlay();
  parent.put('r', 'a', new Uint8Array(10));
  const child = new StateOverlay(parent);
  child.put('r', 'b', new Uint8Array(20));
  child.put('r', 'a', new Uint8Array(30));
  const size = 2 * (20 + 1) + 50;
  expect(parent.hasRoomFor(child, { leavesMax: 2, bytesMax: size })).toBe(true);
  expect(parent.hasRoomFor(child, { leavesMax: 2, bytesMax: size - 1 })).toBe(false);
  expect(parent.hasRoomFor(child, { leavesMax: 1, bytesMax: size })).toBe(false);
  parent.absorb(child);
  const writes = parent.writes().get('r');
  expect([...(writes?.objects.keys() ?? [])]).toEqual(['a', 'b']);
  expect(writes?.bytes).toBe(size);
  expect(() => stateWithOneObject().overlay().absorb(child)).toThrow('absorbed');
});
