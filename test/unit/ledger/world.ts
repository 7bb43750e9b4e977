/** A small world on a real ledger: keys, journals and blocks, for the tests of this room. */
import { toHex, utf8 } from '#core/bytes';
import { publicKeyOf, signMessage } from '#core/ed25519';
import { encode } from '#core/format';
import { sha256 } from '#core/hash';
import { commitmentOfCode, consentDomain, consentMessage, itemKeySeed } from '#ledger/coupons/consent';
import type { Consent } from '#ledger/coupons/operations';
import { plainTerms, type Terms } from '#ledger/coupons/terms';
import type { OperationOf } from '#ledger/effect';
import { type ExecutedBlock, executeBlock } from '#ledger/execute';
import { genesisState } from '#ledger/genesis-state';
import type { Dependency } from '#ledger/journal/dependency';
import { type Entry, entryFormat, streamSeed } from '#ledger/journal/entry';
import { sealSegment, segmentHead } from '#ledger/journal/segment';
import { streamOf } from '#ledger/journal/stream';
import type { Operation } from '#ledger/operation';
import { reasonsIn } from '#ledger/reasons';
import { outcomes, type Receipt } from '#ledger/receipt';
import { type Allocation, allocationDomain, allocationMessage } from '#ledger/rights/allocation';
import type { Grant } from '#ledger/rights/right';
import { LedgerState } from '#ledger/state/ledger-state';

export const chainId = sha256(utf8('test chain'));
export const storeA = '4012345000009';
export const storeB = '4098765000003';
export const gcn = '4012345678901';
export const gtin = '04012345678901';
export const lot = 'L7/a';
export const day = 86_400_000;
export const startMs = 1_800_000_000_000;

export const seedOf = (name: string): Uint8Array => sha256(utf8(`seed of ${name}`));
export const publicOf = (name: string): Uint8Array => publicKeyOf(seedOf(name));

/** What a receipt says, in words. */
export interface Answer {
  readonly outcome: string;
  readonly reasons: string[];
  readonly value: bigint;
}

export function answerOf(receipt: Receipt): Answer {
  const { outcome, reasons, value } = receipt;
  return { outcome: outcomes[outcome] ?? '?', reasons: reasonsIn(reasons), value };
}

export const baseTerms: Terms = {
  ...plainTerms,
  version: 1,
  title: '1 off',
  value: { kind: 'fixed', amount: 100n },
  unit: 'EUR',
  minimumSpend: 0n,
  validFromMs: startMs - day,
  validUntilMs: startMs + 30 * day,
  consent: 0,
  acceptedBy: { kind: 'merchants', accounts: ['4012345000108', 'merchant-c'] },
  offline: { kind: 'budget', shardAgeMsMax: day },
  lateRule: 0,
};

export const issuer = '4012345000108';

/** Entry fields that tests vary. */
export interface EntryTime {
  readonly timeLowMs?: number;
  readonly timeHighMs?: number;
  readonly notAfterMs?: number | null;
  readonly seenHeight?: number;
  readonly dependsOn?: Dependency;
}

interface Journal {
  nextSequence: number;
  head: Uint8Array;
}

/** A committed block, to be executed again elsewhere. */
export interface PastBlock {
  readonly timeMs: number;
  readonly beacon: Uint8Array;
  readonly segments: readonly Uint8Array[];
  readonly resultRoot: Uint8Array;
}

/** A ledger with an issuer (store A, lanes lane-1 and lane-2) and a merchant (store B, lane-1); one block an operation. */
export class World {
  readonly state: LedgerState;
  height = 0;
  beacon = sha256(utf8('beacon'));
  timeMs = startMs;
  verifySignatures = true;
  /** Since genesis, oldest first. */
  readonly blocks: PastBlock[] = [];
  readonly #journals = new Map<string, Journal>();
  readonly #epochs = new Map<string, number>();

  readonly #kinds = new Map<string, Operation['kind']>();

  constructor(state = genesisState({ adminPublicKey: publicOf('admin'), region: 'test', validators: [] })) {
    this.state = state;
  }

  /** A world of its own that stands where this one stands. */
  copy(): World {
    const { state } = this;
    const copy = new World(LedgerState.load(state.shardIds().map((shard) => ({ shard, leaves: state.leaves(shard) }))));
    copy.blocks.push(...this.blocks);
    copy.height = this.height;
    copy.timeMs = this.timeMs;
    for (const [name, journal] of this.#journals) copy.#journals.set(name, { ...journal });
    for (const [author, epoch] of this.#epochs) copy.#epochs.set(author, epoch);
    return copy;
  }

  /** The operation that a receipt answers, for entries made by `segment`. */
  kindOf({ author, epoch, stream, sequence }: Receipt): Operation['kind'] | undefined {
    return this.#kinds.get(`${author} ${epoch} ${stream} ${sequence}`);
  }

  /** Accounts, stores, terminals and hubs of the small world. */
  static open(): World {
    const world = new World();
    const account = (id: string, role: number): Operation => ({
      kind: 'account.register',
      id,
      role,
      publicKey: publicOf(id),
      name: id,
    });
    world.all('admin', [
      account(issuer, 0),
      account('issuer-x', 0),
      account('brand', 1),
      account('merchant-c', 2),
      account('merchant-d', 2),
      { kind: 'store.open', store: storeA, merchant: issuer, name: 'A', market: 'DE' },
      { kind: 'store.open', store: storeB, merchant: 'merchant-c', name: 'B', market: 'DE' },
      ...[
        [storeA, 'lane-1'],
        [storeA, 'lane-2'],
        [storeB, 'lane-1'],
      ].map(
        ([store, lane]): Operation => ({
          kind: 'terminal.enroll',
          store: store as string,
          lane: lane as string,
          publicKey: publicOf(`${store}/${lane}`),
          epoch: 0,
        }),
      ),
      { kind: 'hub.assign', store: storeA, lane: 'lane-1', hubEpoch: 1 },
      { kind: 'hub.assign', store: storeB, lane: 'lane-1', hubEpoch: 1 },
    ]);
    return world;
  }

  /** As `open`, with one series of `count` items. */
  static withSeries(count = 100, terms: Partial<Terms> = {}): World {
    const world = World.open();
    const keyed = terms.consent === 1;
    const keyCommitments = new Uint8Array(keyed ? count * 16 : 0);
    if (keyed) for (let n = 0; n < count; n++) keyCommitments.set(commitmentOfCode(gcn, n, codeSeed(n)), n * 16);
    world.all(issuer, [
      { kind: 'series.define', gcn, terms: { ...baseTerms, ...terms } },
      { kind: 'coupon.issue', gcn, firstSerial: 0, count, keyCommitments },
    ]);
    return world;
  }

  journal(author: string, stream: number): Journal {
    const epoch = this.#epochs.get(author) ?? 0;
    const name = `${author} ${epoch} ${stream}`;
    let journal = this.#journals.get(name);
    if (journal === undefined) {
      journal = { nextSequence: 0, head: streamSeed(chainId, author, epoch, stream) };
      this.#journals.set(name, journal);
    }
    return journal;
  }

  setEpoch(author: string, epoch: number): void {
    this.#epochs.set(author, epoch);
  }

  entryBytes(sequence: number, operation: Operation, time: EntryTime = {}): Uint8Array {
    const entry: Entry = {
      sequence,
      seenHeight: time.seenHeight ?? this.height,
      timeLowMs: time.timeLowMs ?? this.timeMs,
      timeHighMs: time.timeHighMs ?? time.timeLowMs ?? this.timeMs,
      notAfterMs: time.notAfterMs ?? null,
      dependsOn: time.dependsOn ?? null,
      operation,
    };
    return encode(entryFormat, entry);
  }

  /** Appends operations of one stream to the author's journal and seals them in one segment. */
  segment(author: string, operations: readonly Operation[], time: EntryTime = {}): Uint8Array {
    const stream = streamOf((operations[0] as Operation).kind);
    const first = this.journal(author, stream).nextSequence;
    const epoch = this.#epochs.get(author) ?? 0;
    for (const [at, { kind }] of operations.entries())
      this.#kinds.set(`${author} ${epoch} ${stream} ${first + at}`, kind);
    return this.rawSegment(
      author,
      stream,
      operations.map((operation, at) => this.entryBytes(first + at, operation, time)),
    );
  }

  /** Appends entry bytes, whatever they are, to the author's journal and seals them in one segment. */
  rawSegment(author: string, stream: number, entries: Uint8Array[]): Uint8Array {
    const journal = this.journal(author, stream);
    const epoch = this.#epochs.get(author) ?? 0;
    const unsigned = {
      author,
      epoch,
      stream,
      firstSequence: journal.nextSequence,
      previousHash: journal.head,
      entries,
    };
    journal.nextSequence += entries.length;
    journal.head = segmentHead(unsigned);
    return sealSegment(chainId, unsigned, seedOf(epoch === 0 ? author : `${author}#${epoch}`));
  }

  execute(segments: readonly Uint8Array[]): ExecutedBlock {
    const always = { isGenuine: () => true };
    const { height, timeMs } = this;
    const block = {
      chainId,
      height: height + 1,
      timeMs,
      segments,
      beacon: this.beacon,
      ...(this.verifySignatures ? {} : always),
    };
    return executeBlock(this.state, block);
  }

  /** Executes and commits one block. */
  commit(segments: readonly Uint8Array[]): ExecutedBlock {
    const executed = this.execute(segments);
    const { timeMs, beacon } = this;
    this.blocks.push({ timeMs, beacon, segments, resultRoot: executed.resultRoot });
    this.state.commit(executed.change);
    this.height++;
    return executed;
  }

  /** One operation in a block of its own. */
  do(author: string, operation: Operation, time: EntryTime = {}): Answer {
    const { receipts, skipped } = this.commit([this.segment(author, [operation], time)]);
    if (skipped.length > 0) throw new Error(`segment skipped: ${skipped[0]?.reason}`);
    return answerOf(receipts.find((receipt) => receipt.author === author) as Receipt);
  }

  /** Operations that must all be applied, in one block. */
  all(author: string, operations: readonly Operation[]): void {
    for (const receipt of this.commit([this.segment(author, operations)]).receipts) {
      if (receipt.author !== author) continue;
      const answer = answerOf(receipt);
      if (answer.outcome !== 'applied') throw new Error(`${author} #${receipt.sequence}: ${answer.reasons.join(' ')}`);
    }
  }

  /** Sequence that the author's next value entry gets. */
  next(author: string): number {
    return this.journal(author, 0).nextSequence;
  }
}

export const basketOf = (n: number): Uint8Array => sha256(utf8(`basket ${n}`)).slice(0, 16);
export const codeSeed = (serial: number): Uint8Array => sha256(utf8(`code ${serial}`)).slice(0, 16);

export function reserve(serial: number, more: Partial<Extract<Operation, { kind: 'coupon.reserve' }>> = {}): Operation {
  return {
    kind: 'coupon.reserve',
    gcn,
    serial,
    termsVersion: 1,
    basket: basketOf(1),
    basis: { kind: 'online', fallbackRightId: null },
    purchase: null,
    holder: null,
    consent: null,
    ...more,
  };
}

export function capture(...reservations: number[]): Operation {
  const captures = reservations.map((reservation) => ({ reservation, purchase: null, lines: [] }));
  return { kind: 'basket.capture', basket: basketOf(1), captures, basketHash: new Uint8Array(32) };
}

export function consentFor(serial: number, terminal: string, basket = basketOf(1)): Consent {
  const seed = itemKeySeed(gcn, serial, codeSeed(serial));
  const message = consentMessage(chainId, { gcn, serial }, { terminal, basket });
  return { kind: 'bearer', publicKey: publicKeyOf(seed), signature: signMessage(seed, consentDomain, message) };
}

export function allocate(serial: number, more: Partial<Allocation> = {}, signer = `${storeA}/lane-1`): Allocation {
  const unsigned = {
    rightId: 'lease-1',
    hub: `${storeA}/lane-1`,
    hubEpoch: 1,
    lane: `${storeA}/lane-2`,
    number: serial,
    unit: { kind: 'item', gcn, serial } as const,
    ...more,
  };
  return {
    ...unsigned,
    signature: signMessage(seedOf(signer), allocationDomain, allocationMessage(chainId, unsigned)),
  };
}

export const hex = toHex;

export const release = (...reservations: number[]): Operation => ({ kind: 'basket.release', reservations });
/** A grant with closeout after 30 days; late spends are refused. */
export const grant = (given: Grant, more: Partial<OperationOf<'right.grant'>> = {}): Operation => ({
  kind: 'right.grant',
  rightId: 'right-1',
  store: storeA,
  grant: given,
  closeoutAfterMs: 30 * day,
  lateRule: 0,
  consent: null,
  ...more,
});
export const lease = (first: number, last: number, rightId = 'lease-1', store = storeA): Operation =>
  grant({ kind: 'lease', gcn, ranges: [{ first, last }] }, { rightId, store });
export const budget = (countMax: number, valueMax = 10_000n, rightId = 'budget-1', store = storeA): Operation =>
  grant(
    { kind: 'budget', of: { kind: 'series', gcn }, countMax, valueMax, shardAgeMsMax: 30 * day },
    { rightId, store },
  );
/** The hub's (or the lane's) release of a right, or of a part. */
export const giveBack = (rightId: string, part: OperationOf<'right.release'>['part'] = null): Operation => ({
  kind: 'right.release',
  rightId,
  part,
});
export const onBudget = { basis: { kind: 'budget', rightId: 'budget-1', shardHeight: 0 } } as const;
export const owned = (allocation: ReturnType<typeof allocate> | null) =>
  ({ basis: { kind: 'owned', rightId: 'lease-1', allocation } }) as const;

/** The n-th SSCC of a company, with its check digit. */
export function ssccOf(n: number): string {
  const digits = `34012345${String(n).padStart(9, '0')}`;
  const sum = [...digits].reduce((all, digit, at) => all + Number(digit) * (at % 2 === 0 ? 3 : 1), 0);
  return `${digits}${(10 - (sum % 10)) % 10}`;
}
