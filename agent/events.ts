/** What a terminal tells whoever listens: one union, plain JSON, in the order in which it happened. */
import type { TerminalMode } from './status.ts';
import type { Settlement, Verdict } from './verdict/verdict.ts';

/** News from a terminal. Everything it says about money was in the journal before. */
export type TerminalEvent =
  | { readonly type: 'verdict'; readonly verdict: Verdict }
  | { readonly type: 'settlement'; readonly settlement: Settlement }
  | { readonly type: 'basket'; readonly basket: BasketAnswer }
  | { readonly type: 'line'; readonly connected: boolean; readonly atMs: number }
  | { readonly type: 'shard'; readonly shard: string; readonly height: number }
  | { readonly type: 'mode'; readonly mode: TerminalMode }
  | { readonly type: 'alarm'; readonly code: string; readonly message: string };

/** What became of a basket. `done` false: nothing changed, `text` says why. */
export interface BasketAnswer {
  /** 32 hex digits. */
  readonly id: string;
  readonly action: 'close' | 'release';
  readonly done: boolean;
  /** Coupons captured or released. */
  readonly coupons: number;
  /** Sum captured by unit, decimal strings of base units. */
  readonly values: readonly { readonly unit: string; readonly value: string }[];
  /** Journal entry of the capture or release; null where nothing was written. */
  readonly entry: { readonly stream: number; readonly sequence: number } | null;
  readonly text: { readonly en: string; readonly zh: string };
}
