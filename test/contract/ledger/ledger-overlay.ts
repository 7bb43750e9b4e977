/** What every `LedgerOverlay` promises, whoever holds the objects below it. */
import { describe, expect, it } from 'vitest';
import type { LedgerOverlay, LedgerView } from '#ledger/state/view';

/** One implementation under test: an overlay over a base that holds `r` with `known` = 1 byte of 7. */
export interface OverlayUnderTest {
  readonly base: LedgerView;
  readonly overlay: LedgerOverlay;
}

/** Runs the suite. */
export function describeLedgerOverlay(name: string, make: () => OverlayUnderTest): void {
  describe(`${name} keeps the promises of LedgerOverlay`, () => {
    it('reads through to what it does not write, and holds what its base holds', () => {
      const { overlay } = make();
      expect(overlay.get('r', 'known')).toEqual(Uint8Array.of(7));
      expect(overlay.get('r', 'unknown')).toBeUndefined();
      expect(overlay.get('s/4012345000009', 'known')).toBeUndefined();
      expect(overlay.holds('r')).toBe(true);
    });

    it('reads its own writes, the last one, in its own shard only', () => {
      const { overlay } = make();
      overlay.put('r', 'known', Uint8Array.of(8));
      overlay.put('r', 'known', Uint8Array.of(9));
      overlay.put('c/1', 'new', new Uint8Array(0));
      expect(overlay.get('r', 'known')).toEqual(Uint8Array.of(9));
      expect(overlay.get('c/1', 'new')).toEqual(new Uint8Array(0));
      expect(overlay.get('r', 'new')).toBeUndefined();
    });

    it('lets nothing through to its base', () => {
      const { base, overlay } = make();
      overlay.put('r', 'known', Uint8Array.of(9));
      overlay.put('c/1', 'new', Uint8Array.of(1));
      expect(base.get('r', 'known')).toEqual(Uint8Array.of(7));
      expect(base.get('c/1', 'new')).toBeUndefined();
    });

    it('refuses an object that no leaf may hold', () => {
      const { overlay } = make();
      expect(() => overlay.put('r', 'big', new Uint8Array(64 * 1024 + 1))).toThrow('bytes');
      overlay.put('r', 'big', new Uint8Array(64 * 1024));
      expect(overlay.get('r', 'big')).toHaveLength(64 * 1024);
    });
  });
}
