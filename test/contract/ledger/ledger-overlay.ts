/** What every `LedgerOverlay` promises, whoever holds the objects below it. */
import { describe, expect, it } from 'vitest';
import { uint } from '#core/format';
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

    it('changes a byte as if a copy with it had been put: what its base holds stays as it is', () => {
      const { base, overlay } = make();
      overlay.putByte('r', 'known', 0, 8);
      expect(overlay.get('r', 'known')).toEqual(Uint8Array.of(8));
      expect(base.get('r', 'known')).toEqual(Uint8Array.of(7));
      const own = Uint8Array.of(1, 2, 3);
      overlay.put('c/1', 'new', own);
      overlay.putByte('c/1', 'new', 1, 9);
      overlay.putByte('c/1', 'new', 2, 9);
      expect(overlay.get('c/1', 'new')).toEqual(Uint8Array.of(1, 9, 9));
      expect(own).toEqual(Uint8Array.of(1, 2, 3));
      expect(() => overlay.putByte('r', 'known', 1, 0)).toThrow('byte');
      expect(() => overlay.putByte('r', 'unknown', 0, 0)).toThrow('byte');
    });

    it('gives the one encoding of a value that was put as such', () => {
      const { overlay } = make();
      overlay.putObject('r', 'known', uint(), 24);
      expect(overlay.get('r', 'known')).toEqual(Uint8Array.of(0x18, 24));
    });

    it('refuses an object that no leaf may hold', () => {
      const { overlay } = make();
      expect(() => overlay.put('r', 'big', new Uint8Array(64 * 1024 + 1))).toThrow('bytes');
      overlay.put('r', 'big', new Uint8Array(64 * 1024));
      expect(overlay.get('r', 'big')).toHaveLength(64 * 1024);
    });
  });
}
