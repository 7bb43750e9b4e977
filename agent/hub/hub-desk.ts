/**
 * The one writer of a store (ARCHITECTURE D5): its used-set, the allocations of what the store owns, and the pool of its
 * risk budgets. Runs inside journal transactions of the hub terminal; whoever answers a lane does so after the commit.
 */

import type { Claim } from '#agent/journal/claim-table';
import type { Journal, JournalTransaction } from '#agent/journal/journal';
import { assert, unreachable } from '#core/assert';
import { signMessage } from '#core/ed25519';
import { decode, encode, list, versioned } from '#core/format';
import { readStore } from '#ledger/accounts/store';
import { storeShard, terminalParts } from '#ledger/ids';
import { type Allocation, allocationDomain, allocationMessage } from '#ledger/rights/allocation';
import { readRights } from '#ledger/rights/read';
import { gcnOf, leaseCovers, type Part, type Right, rightOpen } from '#ledger/rights/right';
import { readRight } from '#ledger/rights/right-book';
import type { LedgerView } from '#ledger/state/view';
import { BudgetPool, poolUnitsMax } from './budget-pool.ts';
import { type BudgetLimit, budgetLimits, type ShareRule } from './budget-share.ts';
import type { DraftEntry } from './entry-drafts.ts';
import {
  type HubAction,
  type HubAnswer,
  type HubClaim,
  type LaneHead,
  laneHeadFormat,
  welcomeUnitsMax,
} from './hub-message.ts';
import { holdsSerial, isRecalled, returnable } from './recalled-items.ts';

/** Most heads kept for one lane: its streams under the last epochs. */
const headsKeptMax = 8;
const headsFormat = versioned(
  'lane-heads',
  1,
  { bytesMax: 1_024 },
  { heads: list(laneHeadFormat, { max: headsKeptMax }) },
);

/** What a desk is made of. `draft` gives an operation what the terminal knows now (height, time). */
export interface HubDeskOptions {
  readonly chainId: Uint8Array;
  /** The hub terminal's account id. */
  readonly terminal: string;
  readonly secretSeed: Uint8Array;
  readonly journal: Journal;
  readonly view: LedgerView;
  /** Certified height of a cached shard; null where it is not held. */
  readonly heightOf: (shard: string) => number | null;
  readonly share: ShareRule;
  readonly draft: DraftEntry;
}

/** Sequence of the last release of a right. */
const releaseKey = (rightId: string): string => `hub/release/${rightId}`;
const refusal = (reason: string): HubAnswer => ({ kind: 'refused', reason });

/** See the head of the file. Answers are only to be given away once the transaction is committed. */
export class HubDesk {
  readonly #options: HubDeskOptions;
  readonly #store: string;
  #pool: BudgetPool;

  constructor(options: HubDeskOptions) {
    const parts = terminalParts(options.terminal);
    assert(parts !== null, 'a hub is a terminal');
    this.#options = options;
    this.#store = parts.store;
    this.#pool = new BudgetPool(options.journal);
  }

  /** The hub epoch in force if the ledger names this terminal as the hub, else null. */
  get hubEpoch(): number | null {
    const hub = readStore(this.#options.view, this.#store)?.hub ?? null;
    return hub !== null && `${this.#store}/${hub.lane}` === this.#options.terminal ? hub.hubEpoch : null;
  }

  get #height(): number {
    return this.#options.heightOf(storeShard(this.#store)) ?? 0;
  }

  /** Units and value of a budget that the pool has out. */
  outstanding(rightId: string): { readonly count: number; readonly value: bigint } {
    return this.#pool.outstanding(rightId, this.#height);
  }

  /** What the pool still has of a budget; zeros for anything but an open budget. */
  roomLeft(rightId: string): BudgetLimit {
    const right = readRight(this.#options.view, this.#store, rightId);
    const limits =
      right === null || right.status !== rightOpen
        ? null
        : budgetLimits(this.#options.view, right, this.#options.share);
    if (limits === null || this.#pool.size >= poolUnitsMax) return { count: 0, value: 0n };
    const out = this.#pool.outstanding(rightId, this.#height);
    const value = limits.pool.value - out.value;
    return { count: Math.max(0, limits.pool.count - out.count), value: value > 0n ? value : 0n };
  }

  /** Whether the pool still has a unit of this value under a budget. */
  hasRoom(rightId: string, value: bigint): boolean {
    const left = this.roomLeft(rightId);
    return left.count >= 1 && left.value >= value;
  }

  /** Reads the pool again after a transaction that was rolled back. */
  reload(): void {
    this.#pool = new BudgetPool(this.#options.journal);
  }

  /** What a new session of a lane is told. */
  welcome(lane: string, session: Uint8Array): HubAnswer {
    const hubEpoch = this.hubEpoch;
    if (hubEpoch === null) return refusal('NOT_HUB');
    const reserved = this.#options.journal.reservedBy(lane, welcomeUnitsMax);
    return { kind: 'welcome', session, hubEpoch, heads: this.headsOf(lane), reserved };
  }

  /** The heads a lane had at its last request that was written down. */
  headsOf(lane: string): readonly LaneHead[] {
    const stored = this.#options.journal.meta(`hub/heads/${lane}`);
    if (stored === null) return [];
    const heads = decode(headsFormat, stored);
    assert(heads.ok, 'stored heads decode');
    return heads.value.heads;
  }

  /** Takes the heads that came with a request; a stream's head only moves forward. */
  keepHeads(tx: JournalTransaction, lane: string, heads: readonly LaneHead[]): void {
    const same = (a: LaneHead, b: LaneHead): boolean => a.epoch === b.epoch && a.stream === b.stream;
    const kept = [...this.headsOf(lane)];
    let changed = false;
    for (const head of heads) {
      const at = kept.findIndex((known) => same(known, head));
      const known = at < 0 ? undefined : kept[at];
      if (known !== undefined && known.nextSequence >= head.nextSequence) continue;
      changed = true;
      if (at < 0) kept.push(head);
      else kept[at] = head;
    }
    if (changed) tx.putMeta(`hub/heads/${lane}`, encode(headsFormat, { heads: kept.slice(-headsKeptMax) }));
  }

  /** Carries out a lane's action. `hello` is answered by `welcome`, not here. */
  handle(tx: JournalTransaction, lane: string, action: HubAction): HubAnswer {
    if (this.hubEpoch === null) return refusal('NOT_HUB');
    switch (action.kind) {
      case 'claim':
        return this.#claim(tx, lane, action);
      case 'release':
        return this.#release(tx, lane, action.unit);
      case 'captured':
        return this.#captured(tx, lane, action);
      case 'settled':
        return this.#settled(tx, lane, action);
      case 'look': {
        const claim = this.#options.journal.claim(action.unit);
        return claim === null ? { kind: 'clear' } : usedBy(claim);
      }
      case 'hello':
      case 'heads':
        return { kind: 'done' };
      default:
        return unreachable(action);
    }
  }

  /**
   * Gives back what the grantors of the store's leases recall and no lane was promised: one entry a lease, and the next only when the
   * shard here shows what became of the one before. The number of entries.
   */
  answerRecalls(tx: JournalTransaction): number {
    const { view, journal, draft } = this.#options;
    if (this.hubEpoch === null || !journal.anchored) return 0;
    let entries = 0;
    for (const right of readRights(view, this.#store)) {
      if (right.lane !== null || right.recall === null || this.#releaseOf(right.id) !== null) continue;
      const given = returnable(view, right, (unit) => journal.claim(unit) !== null);
      if (given === null) continue;
      const { id: rightId } = right;
      const place = tx.append(draft({ kind: 'right.release', rightId, part: given.part }, { note: { rightId } }));
      tx.putMeta(releaseKey(rightId), numberBytes(place.sequence));
      entries++;
    }
    return entries;
  }

  /** What became of the last release of a right: `pending` until the shard here shows it. `part` null: the whole right. */
  #releaseOf(rightId: string): { readonly state: 'pending' | 'refused'; readonly part: Part | null } | null {
    const { journal } = this.#options;
    const stored = journal.meta(releaseKey(rightId));
    if (stored === null) return null;
    const entry = journal.entry({ epoch: journal.epoch, stream: 0, sequence: numberOf(stored) });
    const operation = entry?.entry.operation;
    if (entry === null || operation?.kind !== 'right.release') return null;
    const { part } = operation;
    if (entry.outcome === null) return { state: 'pending', part };
    if (entry.state !== 'final') return { state: 'refused', part };
    return entry.outcome.height > this.#height ? { state: 'pending', part } : null;
  }

  /** Whether the item is asked back, or on its way back: then it is promised to nobody any more. */
  #isLeaving(right: Right, serial: number): boolean {
    const release = this.#releaseOf(right.id);
    return isRecalled(right, serial) || (release?.state === 'pending' && holdsSerial(release.part, serial));
  }

  #claim(tx: JournalTransaction, lane: string, action: HubClaim): HubAnswer {
    const prior = this.#options.journal.claim(action.unit);
    if (prior !== null && (prior.terminal !== lane || prior.state === 'captured')) return usedBy(prior);
    const { unit, want, timeLowMs: atLowMs, timeHighMs: atHighMs } = action;
    const answer =
      want.kind === 'owned'
        ? this.#allocate(tx, lane, want)
        : want.kind === 'budget'
          ? this.#grant(tx, lane, unit, want)
          : ({ kind: 'clear' } as const);
    if (answer.kind !== 'refused') tx.putClaim({ unit, terminal: lane, state: 'reserved', atLowMs, atHighMs });
    return answer;
  }

  #allocate(
    tx: JournalTransaction,
    lane: string,
    want: { readonly rightId: string; readonly gcn: string; readonly serial: number },
  ): HubAnswer {
    // Without an anchor the used-set may be an old one: what it owns is not given away on its word (ARCHITECTURE D6).
    if (!this.#options.journal.anchored && lane !== this.#options.terminal) return refusal('UNANCHORED');
    const right = readRight(this.#options.view, this.#store, want.rightId);
    if (right === null || right.status !== rightOpen) return refusal('RIGHT_CLOSED');
    const isCovered = gcnOf(right) === want.gcn && leaseCovers(right, want.serial);
    // A lane's own part is not the hub's to give.
    if (!isCovered || right.lane !== null) return refusal('RIGHT_DOES_NOT_COVER');
    if (this.#isLeaving(right, want.serial)) return refusal('RIGHT_CLOSED');
    // The hub's own spends need no word of its own: its journal is the allocation.
    if (lane === this.#options.terminal) return { kind: 'clear' };
    const { chainId, terminal, secretSeed } = this.#options;
    const hubEpoch = this.hubEpoch ?? 0;
    const key = `hub/next/${hubEpoch}`;
    const number = numberOf(this.#options.journal.meta(key));
    const { rightId, gcn, serial } = want;
    const unit = { kind: 'item', gcn, serial } as const;
    const unsigned = { rightId, hub: terminal, hubEpoch, lane, number, unit };
    const signature = signMessage(secretSeed, allocationDomain, allocationMessage(chainId, unsigned));
    const allocation: Allocation = { ...unsigned, signature };
    tx.append(this.#options.draft({ kind: 'right.allocate', allocation }, { note: { rightId } }));
    tx.putMeta(key, numberBytes(number + 1));
    return { kind: 'allocated', allocation };
  }

  #grant(
    tx: JournalTransaction,
    lane: string,
    unit: string,
    want: { readonly rightId: string; readonly value: bigint },
  ): HubAnswer {
    const holder = this.#pool.holder(unit);
    if (holder !== null) return holder === lane ? { kind: 'granted' } : refusal('BUDGET_EXHAUSTED');
    const right = readRight(this.#options.view, this.#store, want.rightId);
    if (right === null || right.status !== rightOpen) return refusal('RIGHT_CLOSED');
    if (right.grant.kind !== 'budget') return refusal('RIGHT_DOES_NOT_COVER');
    this.#pool.sweep(tx, this.#height);
    if (!this.hasRoom(right.id, want.value)) return refusal('BUDGET_EXHAUSTED');
    this.#pool.grant(tx, unit, { rightId: right.id, lane, value: want.value, lostAtHeight: null });
    return { kind: 'granted' };
  }

  /** The lane may know of a loss before this terminal's shard does: until then the unit itself stands for it. */
  #settled(tx: JournalTransaction, lane: string, action: Extract<HubAction, { kind: 'settled' }>): HubAnswer {
    const { unit, lostAtHeight } = action;
    if (this.#pool.holder(unit) === lane) {
      if (lostAtHeight === null) this.#pool.free(tx, unit);
      else this.#pool.lose(tx, unit, lostAtHeight);
    }
    this.#pool.sweep(tx, this.#height);
    return { kind: 'done' };
  }

  #release(tx: JournalTransaction, lane: string, unit: string): HubAnswer {
    if (this.#options.journal.claim(unit)?.terminal === lane) tx.dropClaim(unit);
    if (this.#pool.holder(unit) === lane) this.#pool.free(tx, unit);
    return { kind: 'done' };
  }

  #captured(tx: JournalTransaction, lane: string, action: Extract<HubAction, { kind: 'captured' }>): HubAnswer {
    const { unit, timeLowMs: atLowMs, timeHighMs: atHighMs } = action;
    const claim = this.#options.journal.claim(unit);
    if (claim === null) tx.putClaim({ unit, terminal: lane, state: 'captured', atLowMs, atHighMs });
    else if (claim.terminal === lane) tx.putClaim({ ...claim, state: 'captured' });
    return { kind: 'done' };
  }
}

/** The `used` answer of a claim. */
export function usedBy({ terminal, atLowMs, atHighMs }: Claim): HubAnswer {
  return { kind: 'used', terminal, atLowMs, atHighMs };
}

function numberOf(stored: Uint8Array | null): number {
  if (stored === null) return 0;
  return Number(new DataView(stored.buffer, stored.byteOffset, 8).getBigUint64(0));
}

function numberBytes(value: number): Uint8Array {
  const out = new Uint8Array(8);
  new DataView(out.buffer).setBigUint64(0, BigInt(value));
  return out;
}
