/** What every part of a checkout works with: the journal, the cached ledger, the hub, the line, and what time it is. */

import type { ShareRule } from '#agent/hub/budget-share';
import type { DraftEntry, NowKnown } from '#agent/hub/entry-drafts';
import type { HubDesk } from '#agent/hub/hub-desk';
import type { HubLink } from '#agent/hub/hub-link';
import type { Journal } from '#agent/journal/journal';
import type { ProductJudge } from '#agent/verdict/judge-product';
import type { Clock } from '#core/clock';
import type { Entropy } from '#core/entropy';
import type { Log } from '#core/log';
import type { LedgerView } from '#ledger/state/view';

/** Shards as a till knows them. */
export interface CachedShards {
  readonly view: LedgerView;
  heightOf(shard: string): number | null;
  /** Milliseconds, at most, since the shard was known to be current; null where it is not held. */
  ageMs(shard: string): number | null;
  isFresh(shard: string): boolean;
  /** Lots of a trade item, among the shards held, that list a serial (verdict/lot-index.ts). */
  lotsListing(tradeItem: string, serial: string): readonly string[];
}

/** The hub as this terminal reaches it. */
export interface HubAccess {
  /** The desk, when the ledger names this terminal as the hub; null otherwise. */
  readonly desk: HubDesk | null;
  /** The line to another terminal that is the hub; null when this is the hub or none is configured. */
  readonly link: HubLink | null;
}

/** See the head of the file. */
export interface Till {
  readonly chainId: Uint8Array;
  readonly terminal: string;
  readonly store: string;
  readonly epoch: number;
  readonly secretSeed: Uint8Array;
  readonly clock: Clock;
  readonly entropy: Entropy;
  readonly log: Log;
  readonly journal: Journal;
  readonly shards: CachedShards;
  readonly hub: () => HubAccess;
  readonly now: () => NowKnown;
  readonly draft: DraftEntry;
  /** Whether a scan may be put to the region now; short returns of the line do not count. */
  readonly isOnline: () => boolean;
  /** Tells the outbox that there is something to send. */
  readonly kick: () => void;
  readonly share: ShareRule;
  readonly onlineMs: number;
  readonly basketMs: number;
  readonly basketMode: 'each-scan' | 'manual';
  readonly timeZone: string;
}

/** A judge of this moment. */
export function judgeOf(till: Till): ProductJudge {
  const { chainId, terminal, store, epoch, journal, shards } = till;
  return {
    chainId,
    terminal,
    store,
    epoch,
    view: shards.view,
    sequence: journal.head(0).nextSequence,
    ...till.now(),
    heightOf: (shard) => shards.heightOf(shard),
    isFresh: (shard) => shards.isFresh(shard),
    lotsListing: (tradeItem, serial) => shards.lotsListing(tradeItem, serial),
  };
}
