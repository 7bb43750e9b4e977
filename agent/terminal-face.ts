/** What a running terminal is to its callers: the API, the command line, the demo, tests. */
import type { Purchase } from '#ledger/coupons/purchase';
import type { BasketLine } from './checkout/basket-lines.ts';
import type { BasketAnswer, TerminalEvent } from './events.ts';
import type { BooksStatus, QueueItem, Rehearsal, TerminalStatus } from './status.ts';
import type { Verdict } from './verdict/verdict.ts';

/** A code to judge. `aim`: AIM identifier if the reader gave one; `device`: where it came from, for the record. */
export interface ScanInput {
  readonly data: string | Uint8Array;
  readonly aim?: string | null;
  readonly device?: string;
  /** Basket to put it in, 32 hex digits; the open basket (or a new one) where none is named. */
  readonly basket?: string;
  /** What a coupon is used on, where the POS program knows it at the scan. */
  readonly purchase?: Purchase;
  /** The customer's holder id on the ledger, `@` and 32 hexadecimal digits. */
  readonly holder?: string;
}

/** What a basket closes with. */
export interface BasketClosing {
  /** SHA-256 of the POS program's lines, 64 hex digits. */
  readonly basketHash?: string;
  /** The basket as it is sold: what coupons are used on, and what each line is paid with. */
  readonly lines?: readonly BasketLine[];
}

/** A running terminal. Scans are answered one after another, in the order in which they came. */
export interface Terminal {
  /** The account id, `<gln>/<lane>`. */
  readonly name: string;
  /** Judges and takes. Never rejects for bad input: every scan has a verdict. */
  scan(input: ScanInput): Promise<Verdict>;
  /** Judges and takes nothing: the journal, the hub and the ledger stay as they are. */
  verify(input: ScanInput): Promise<Verdict>;
  /** Takes a coupon or sells a product whatever the mode is; the API's word for a scan at checkout. */
  redeem(input: ScanInput): Promise<Verdict>;
  /** Captures all coupons of a basket, all or nothing. */
  closeBasket(id: string, closing?: BasketClosing): Promise<BasketAnswer>;
  /** Gives all coupons of a basket back. */
  releaseBasket(id: string): Promise<BasketAnswer>;
  status(): TerminalStatus;
  queue(): readonly QueueItem[];
  books(): BooksStatus;
  rehearse(): Rehearsal;
  /** Calls the listener for every event from now on; the returned function ends it. */
  subscribe(listener: (event: TerminalEvent) => void): () => void;
  /** Resolves once what nothing can be judged without is cached: at once from an earlier run, else after the first full pass. */
  readonly ready: Promise<void>;
  /** Closes scanners, line, hub and journal; open reservations are released first. */
  stop(): Promise<void>;
}
