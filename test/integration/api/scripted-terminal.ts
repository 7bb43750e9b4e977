/** A terminal with scripted answers, for tests of the faces alone: it implements the seam and remembers what it was asked. */
import type { BasketAnswer, TerminalEvent } from '#agent/events';
import type { BooksStatus, QueueItem, Rehearsal, TerminalStatus } from '#agent/status';
import type { ScanInput, Terminal } from '#agent/terminal';
import type { BasketClosing } from '#agent/terminal-face';
import type { Verdict } from '#agent/verdict/verdict';

export const scriptedTimeMs = Date.UTC(2026, 10, 23, 14, 3, 20);

/** A verdict of an accepted coupon; give what differs. */
export function verdictOf(part: Partial<Verdict> = {}): Verdict {
  return {
    id: '00000000000000a1',
    terminal: '4012345000009/lane-1',
    device: 'counter',
    kind: 'coupon',
    key: '255/4012345000016/17',
    decision: 'accept',
    identity: 'match',
    status: 'sellable',
    finality: 'final',
    basis: 'certificate',
    fault: 'none',
    reasons: [],
    text: { en: 'Coupon taken: 100 off.', zh: '优惠券已核销：减100。' },
    title: 'Autumn voucher 100',
    value: '10000',
    unit: 'CNY',
    priorUse: null,
    entry: { stream: 0, sequence: 4 },
    basket: null,
    height: 118,
    checkCode: '7K3M9QXA',
    timeLowMs: scriptedTimeMs,
    timeHighMs: scriptedTimeMs + 40,
    elapsedMs: 84.2,
    ...part,
  };
}

const none = { count: 0, values: [] };

export const scriptedBooks: BooksStatus = {
  openingPending: none,
  accepted: { count: 41, values: [{ unit: 'CNY', value: '384500' }] },
  final: { count: 37, values: [{ unit: 'CNY', value: '351500' }] },
  conflicted: { count: 1, values: [{ unit: 'CNY', value: '10000' }] },
  refused: none,
  voided: none,
  lost: none,
  pending: { count: 3, values: [{ unit: 'CNY', value: '23000' }] },
  balanced: true,
};

const budget = {
  right: 'autumn-risk',
  gcn: '4012345000016',
  title: 'Autumn voucher 100',
  unit: 'CNY',
  outstandingCount: 2,
  outstandingValue: '20000',
  grantableCount: 8,
  grantableValue: '80000',
  conflictedCount: 1,
  conflictedValue: '10000',
  worstCaseValue: '100000',
};

/** A healthy till's status; give what differs. */
export function statusOf(part: Partial<TerminalStatus> = {}): TerminalStatus {
  return {
    version: '0.1.0',
    terminal: '4012345000009/lane-1',
    store: '4012345000009',
    role: 'lane',
    mode: 'sell',
    epoch: 1,
    line: { connected: true, sinceMs: scriptedTimeMs - 5_400_000, forMs: 5_400_000 },
    head: { height: 1_204, timeMs: scriptedTimeMs },
    journal: {
      anchored: true,
      pending: { value: 2, trace: 1 },
      nextSequence: { value: 58, trace: 12 },
      writable: true,
    },
    books: scriptedBooks,
    exposure: { byUnit: [{ unit: 'CNY', value: '100000' }], budgets: [budget] },
    autonomy: { scansPerHour: 42.4, ownedUnits: 180, budgetUnits: 8, hours: 4.4, coverage: 0.93 },
    hub: { self: true, terminal: '4012345000009/lane-1', epoch: 1, reachable: true, listening: null },
    shards: [
      { shard: 'r', height: 1_204, leaves: 14, ageMs: 800 },
      { shard: 's/4012345000009', height: 1_204, leaves: 22, ageMs: 800 },
      { shard: 'c/4012345000016', height: 1_201, leaves: 6, ageMs: 6_200 },
      { shard: 'b/04012345000023/LOT7', height: 1_190, leaves: 4, ageMs: 31_000 },
    ],
    ready: true,
    scanners: [
      { name: 'counter', transport: 'tcp-client', state: 'open', detail: null },
      { name: 'handheld', transport: 'serial', state: 'waiting', detail: '/dev/ttyACM0 is gone' },
    ],
    clock: { lowMs: scriptedTimeMs, highMs: scriptedTimeMs + 40, trusted: true },
    openBaskets: [],
    ...part,
  };
}

/** Answers what it is told to, asks nobody. */
export class ScriptedTerminal implements Terminal {
  readonly name = '4012345000009/lane-1';
  readonly ready = Promise.resolve();
  readonly asked: { call: 'scan' | 'verify' | 'redeem'; input: ScanInput }[] = [];
  readonly baskets: string[] = [];
  readonly closings: (BasketClosing | undefined)[] = [];
  answer: (input: ScanInput) => Verdict = () => verdictOf();
  state: TerminalStatus = statusOf();
  entries: QueueItem[] = [];
  basketDone = true;
  readonly #listeners = new Set<(event: TerminalEvent) => void>();

  get listenerCount(): number {
    return this.#listeners.size;
  }

  #answer(call: 'scan' | 'verify' | 'redeem', input: ScanInput): Promise<Verdict> {
    this.asked.push({ call, input });
    const verdict = this.answer(input);
    if (call !== 'verify') this.tell({ type: 'verdict', verdict });
    return Promise.resolve(verdict);
  }

  scan(input: ScanInput): Promise<Verdict> {
    return this.#answer('scan', input);
  }
  verify(input: ScanInput): Promise<Verdict> {
    return this.#answer('verify', input);
  }
  redeem(input: ScanInput): Promise<Verdict> {
    return this.#answer('redeem', input);
  }
  #basket(id: string, action: 'close' | 'release'): Promise<BasketAnswer> {
    this.baskets.push(`${action} ${id}`);
    const text = { en: 'There is no such basket.', zh: '没有这个购物篮。' };
    const done = this.basketDone;
    return Promise.resolve({ id, action, done, coupons: done ? 1 : 0, values: [], entry: null, text });
  }
  closeBasket(id: string, closing?: BasketClosing): Promise<BasketAnswer> {
    this.closings.push(closing);
    return this.#basket(id, 'close');
  }
  releaseBasket(id: string): Promise<BasketAnswer> {
    return this.#basket(id, 'release');
  }
  status(): TerminalStatus {
    return this.state;
  }
  queue(): readonly QueueItem[] {
    return this.entries;
  }
  books(): BooksStatus {
    return this.state.books;
  }
  rehearse(): Rehearsal {
    return { scans: 40, guaranteed: 30, provisional: 7, refused: 3, atRisk: [{ unit: 'CNY', value: '70000' }] };
  }
  subscribe(listener: (event: TerminalEvent) => void): () => void {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }
  tell(event: TerminalEvent): void {
    for (const listener of this.#listeners) listener(event);
  }
  stop(): Promise<void> {
    return Promise.resolve();
  }
}
