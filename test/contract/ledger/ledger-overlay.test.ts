import { expect, it } from 'vitest';
import { encode, text, versioned } from '#core/format';
import { LedgerState } from '#ledger/state/ledger-state';
import { StateOverlay } from '#ledger/state/state-overlay';
import { storedObject } from '#ledger/state/stored-object';
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

const format = versioned('counted', 1, { bytesMax: 40 }, { name: text({ max: 30 }) });
const objects = storedObject(format);
const generous = { leavesMax: 100, bytesMax: 10_000 };

it('a draft that is dropped leaves no trace: neither objects, nor bytes, nor the order of what comes later', () => {
  const overlay = stateWithOneObject().overlay();
  overlay.put('r', 'a', Uint8Array.of(1, 2));
  objects.write(overlay, 'r', 'b', { name: 'before' });
  overlay.putByte('r', 'a', 0, 7);
  const size = overlay.writes().get('r')?.bytes;
  overlay.openDraft();
  overlay.put('s/1', 'x', Uint8Array.of(1));
  overlay.put('r', 'new', Uint8Array.of(1));
  overlay.putByte('r', 'a', 1, 9);
  overlay.putByte('r', 'known', 0, 9);
  objects.write(overlay, 'r', 'b', { name: 'drafted' });
  overlay.put('r', 'b', Uint8Array.of(1));
  expect(overlay.draftFits(generous)).toBe('fits');
  overlay.dropDraft();
  expect(overlay.get('r', 'a')).toEqual(Uint8Array.of(7, 2));
  expect(overlay.get('r', 'known')).toEqual(Uint8Array.of(7));
  expect(overlay.get('r', 'new')).toBeUndefined();
  expect(objects.read(overlay, 'r', 'b')).toEqual({ name: 'before' });
  expect(overlay.writes().get('r')?.bytes).toBe(size);
  overlay.openDraft();
  overlay.put('c/1', 'x', Uint8Array.of(1));
  overlay.put('s/1', 'x', Uint8Array.of(1));
  overlay.put('r', 'newer', Uint8Array.of(1));
  overlay.put('r', 'new', Uint8Array.of(1));
  overlay.keepDraft();
  expect([...overlay.writes().keys()]).toEqual(['r', 'c/1', 's/1']);
  expect([...(overlay.writes().get('r')?.objects.keys() ?? [])]).toEqual(['a', 'b', 'newer', 'new']);
});

it('a draft fits while every shard that it writes to, with what was there before, is within both limits', () => {
  const overlay = stateWithOneObject().overlay();
  overlay.put('r', 'a', new Uint8Array(10));
  overlay.openDraft();
  overlay.put('r', 'b', new Uint8Array(20));
  overlay.put('r', 'a', new Uint8Array(30));
  const size = 2 * (20 + 1) + 50;
  expect(overlay.draftFits({ leavesMax: 2, bytesMax: size })).toBe('fits');
  expect(overlay.draftFits({ leavesMax: 2, bytesMax: size - 1 })).toBe('too-large');
  expect(overlay.draftFits({ leavesMax: 1, bytesMax: size })).toBe('too-large');
  overlay.keepDraft();
  // Alone it would fit: there is no room left beside what was there before.
  overlay.openDraft();
  overlay.put('r', 'c', new Uint8Array(20));
  expect(overlay.draftFits({ leavesMax: 2, bytesMax: 1_000 })).toBe('full');
  expect(overlay.draftFits({ leavesMax: 3, bytesMax: size })).toBe('full');
  expect(overlay.draftFits({ leavesMax: 3, bytesMax: 40 })).toBe('too-large');
  overlay.dropDraft();
  // A shard over its limit stops only those who write to it.
  overlay.openDraft();
  overlay.put('c/1', 'x', Uint8Array.of(1));
  expect(overlay.draftFits({ leavesMax: 1, bytesMax: 30 })).toBe('fits');
  overlay.dropDraft();
});

it('objects written by their format count by the size of their bytes, whenever that is asked for', () => {
  const overlay = stateWithOneObject().overlay();
  const encoded = encode(format, { name: 'n' });
  const size = 20 + 1 + encoded.length;
  overlay.openDraft();
  objects.write(overlay, 'r', 'a', { name: 'much longer than n' });
  objects.write(overlay, 'r', 'a', { name: 'n' });
  expect(overlay.draftFits({ leavesMax: 1, bytesMax: size - 1 })).toBe('too-large');
  expect(overlay.draftFits({ leavesMax: 1, bytesMax: size })).toBe('fits');
  overlay.keepDraft();
  overlay.openDraft();
  objects.write(overlay, 'r', 'a', { name: 'another' });
  objects.write(overlay, 'r', 'b', { name: 'b' });
  expect(overlay.draftFits({ leavesMax: 2, bytesMax: size })).toBe('too-large');
  overlay.dropDraft();
  overlay.openDraft();
  objects.write(overlay, 'r', 'a', { name: 'm' });
  expect(overlay.draftFits({ leavesMax: 1, bytesMax: size })).toBe('fits');
  overlay.keepDraft();
  expect(overlay.writes().get('r')).toEqual({ objects: new Map([['a', encode(format, { name: 'm' })]]), bytes: size });
});

it('the state keeps the bytes of what an overlay wrote by its format, and reads them as that', () => {
  const state = stateWithOneObject();
  const overlay = state.overlay();
  objects.write(overlay, 'r', 'object', { name: 'n' });
  expect(objects.read(new StateOverlay(overlay), 'r', 'object')).toEqual({ name: 'n' });
  state.commit(state.evaluate(overlay, 2));
  expect(state.get('r', 'object')).toEqual(encode(format, { name: 'n' }));
  expect(objects.read(state, 'r', 'object')).toEqual({ name: 'n' });
});
