import { describe, expect, it } from 'vitest';
import { assert } from '#core/assert';
import { toHex } from '#core/bytes';
import { VirtualClock } from '#core/clock';
import { createLog } from '#core/log';
import { ok, type Result } from '#core/result';
import type { Receipt } from '#ledger/receipt';
import { LightClient } from '#sync/light-client/light-client';
import type { LineEvents } from '#sync/outbox/line-inbox';
import { Outbox, type OutboxAlarm, type OutboxLimits, type OutboxLine } from '#sync/outbox/outbox';
import type { AskFault } from '#sync/outbox/region-line';
import type { SendFault } from '#sync/outbox/send-window';
import type { GatewayAnswer, GatewayQuery, ReceiptsMessage } from '#sync/wire/gateway-message';
import { MemorySource } from '../../fixtures/memory-source.ts';
import { TestAuthor, TestRegion } from '../../fixtures/region.ts';

const log = createLog({ level: 'silent', name: 'test' });
const release = { kind: 'basket.release', reservations: [0] } as const;

/** A line that does what a test says, without a network. */
class SimulatedLine implements OutboxLine {
  connected = false;
  readonly sent: string[] = [];
  readonly asked: GatewayQuery[] = [];
  elsewhere = 0;
  resent = 0;
  publish: (bytes: Uint8Array) => Result<true, SendFault> = () => ok(true);
  answer: (query: GatewayQuery) => Result<GatewayAnswer, AskFault> = () => ok({ kind: 'receipts', messages: [] });
  readonly #listeners: { [E in keyof LineEvents]?: LineEvents[E] } = {};

  on<E extends keyof LineEvents>(event: E, listener: LineEvents[E]): void {
    Object.assign(this.#listeners, { [event]: listener });
  }

  async publishSegment(bytes: Uint8Array): Promise<Result<true, SendFault>> {
    this.sent.push(toHex(bytes));
    return this.publish(bytes);
  }

  resubmitSegment(bytes: Uint8Array): Promise<Result<true, SendFault>> {
    this.resent++;
    return this.publishSegment(bytes);
  }

  async ask(query: GatewayQuery): Promise<Result<GatewayAnswer, AskFault>> {
    this.asked.push(query);
    return this.answer(query);
  }

  tryElsewhere(): void {
    this.elsewhere++;
  }

  emit<E extends keyof LineEvents>(event: E, ...message: Parameters<LineEvents[E]>): void {
    (this.#listeners[event] as ((...m: typeof message) => void) | undefined)?.(...message);
  }

  async up(): Promise<void> {
    this.connected = true;
    this.emit('up');
    await settled();
  }

  down(): void {
    this.connected = false;
    this.emit('down');
  }
}

/** Lets promises and microtasks that are due run. */
async function settled(): Promise<void> {
  for (let turn = 0; turn < 20; turn++) await Promise.resolve();
}

function shop(limits: Partial<OutboxLimits> = {}, entriesMax = 2) {
  const region = new TestRegion();
  const [author] = region.openStore({ store: '4012345000009', merchant: 'm1', lanes: ['1'] });
  assert(author !== undefined, 'one lane');
  const clock = new VirtualClock();
  const line = new SimulatedLine();
  const source = new MemorySource(author, entriesMax);
  const light = new LightClient(region.genesis);
  const settledReceipts: Receipt[] = [];
  const alarms: (OutboxAlarm | null)[] = [];
  const outbox = new Outbox({
    source,
    line,
    light,
    account: author.account,
    epoch: author.epoch,
    clock,
    log,
    onSettled: (receipts) => settledReceipts.push(...receipts),
    onAlarm: (alarm) => alarms.push(alarm),
    limits: { windowSegments: 3, resendMs: 1_000, resendMsMax: 4_000, ...limits },
  });
  outbox.start();
  const advance = async (ms: number): Promise<void> => {
    clock.advance(ms);
    await settled();
  };
  /** The region orders these of the sent segments and the receipts arrive. */
  const order = (...hex: readonly string[]): ReceiptsMessage => {
    const block = region.commit(...hex.map((each) => new Uint8Array(Buffer.from(each, 'hex'))));
    const message = region.receiptsMessage(block, author.account);
    assert(message !== null, 'there are receipts');
    return message;
  };
  return { region, author, clock, line, source, light, outbox, settledReceipts, alarms, advance, order };
}

describe('sending', () => {
  it('waits for the line, then fills the window and no more', async () => {
    const { line, outbox, source } = shop();
    source.append(...Array.from({ length: 20 }, () => release));
    outbox.kick();
    await settled();
    expect(line.sent).toEqual([]);
    await line.up();
    expect(new Set(line.sent).size).toBe(3);
    expect(outbox.state().inFlight).toBe(3);
  });

  it('asks for missed receipts before anything is sent again', async () => {
    const { line, source, order, settledReceipts } = shop();
    source.append(release, release);
    await line.up();
    const [first] = line.sent;
    assert(first !== undefined, 'sent');
    line.down();
    const missed = order(first);
    line.answer = () => ok({ kind: 'receipts', messages: [missed] });
    await line.up();
    expect(line.sent).toHaveLength(1);
    expect(settledReceipts).toHaveLength(2);
    expect(source.pending).toBe(0);
  });

  it('goes on after a bounded wait when nobody answers what was missed', async () => {
    const { line, source, advance } = shop();
    source.append(release);
    line.ask = () => new Promise(() => undefined);
    await line.up();
    expect(line.sent).toEqual([]);
    await advance(1_500);
    expect(line.sent).toHaveLength(1);
  });

  it('repeats the same bytes, each time after a longer wait, until a receipt comes', async () => {
    const { line, source, advance, order } = shop();
    source.append(release);
    await line.up();
    const counts: number[] = [];
    for (const ms of [999, 1, 1_999, 1, 3_999, 1, 4_000]) {
      await advance(ms);
      counts.push(line.sent.length);
    }
    expect(counts).toEqual([1, 2, 2, 3, 3, 4, 5]);
    expect(new Set(line.sent).size).toBe(1);
    expect(line.elsewhere).toBeGreaterThan(0);
    line.emit('receipts', order(line.sent[0] ?? ''));
    await advance(60_000);
    expect(line.sent).toHaveLength(5);
    expect(source.pending).toBe(0);
  });

  it('is not repeated while receipts of the stream keep coming', async () => {
    const { line, source, advance, order } = shop();
    source.append(...Array.from({ length: 6 }, () => release));
    await line.up();
    const [first, second, third] = line.sent as [string, string, string];
    await advance(900);
    line.emit('receipts', order(first));
    await advance(900);
    line.emit('receipts', order(second));
    await advance(900);
    expect(line.sent).toHaveLength(3);
    line.emit('receipts', order(third));
    expect(source.pending).toBe(0);
  });

  it('starts over after the line was down, without waiting for the old time-outs', async () => {
    const { line, source } = shop({ resendMs: 60_000 });
    source.append(release);
    await line.up();
    line.down();
    await line.up();
    expect(line.sent).toHaveLength(2);
  });

  it('takes up again soon what did not leave', async () => {
    const { line, source, advance } = shop();
    source.append(release);
    line.publish = () => ({ ok: false, reason: 'BUSY' });
    await line.up();
    await advance(250);
    expect(line.sent).toHaveLength(2);
  });

  it('stops when told to', async () => {
    const { line, outbox, source, clock } = shop();
    source.append(release);
    await line.up();
    outbox.stop();
    expect(clock.nextTimerMs()).toBeUndefined();
  });
});

describe('receipts', () => {
  it('settle only with a proof, and only entries of this journal', async () => {
    const { region, author, line, source, order, settledReceipts, outbox } = shop();
    source.append(release);
    await line.up();
    const message = order(line.sent[0] ?? '');
    const { certificate } = message.lightBlock;
    const few = { ...certificate, signatures: certificate.signatures.slice(0, 1) };
    line.emit('receipts', { ...message, lightBlock: { ...message.lightBlock, certificate: few } });
    expect(settledReceipts).toEqual([]);
    expect(outbox.state().faultCount).toBe(1);
    const foreign = region.receiptsMessage(region.blocks[0] ?? region.head, 'admin');
    assert(foreign !== null, 'the admin has receipts');
    line.emit('receipts', foreign);
    expect(settledReceipts).toEqual([]);
    line.emit('receipts', message);
    line.emit('receipts', message);
    expect(settledReceipts.map(({ author: by }) => by)).toEqual([author.account, author.account]);
    expect(source.pending).toBe(0);
  });

  it('of another epoch of the same terminal do not touch this journal', async () => {
    const { region, author, line, source, settledReceipts } = shop();
    const publicKey = author.publicKey;
    const enroll = { kind: 'terminal.enroll', store: '4012345000009', lane: '1', publicKey, epoch: 2 } as const;
    region.commit(region.admin.seal({ operation: enroll }));
    const later = new TestAuthor(region.chainId, author.account, { epoch: 2 });
    source.append(release);
    await line.up();
    const block = region.commit(later.seal({ operation: release }));
    const message = region.receiptsMessage(block, author.account);
    assert(message !== null, 'the later epoch has receipts');
    line.emit('receipts', message);
    expect(settledReceipts).toEqual([]);
    expect(source.pending).toBe(1);
  });
});

describe('a segment turned away', () => {
  const notice = {
    author: '4012345000009/1',
    epoch: 1,
    stream: 0,
    firstSequence: 0,
    nextSequence: 0,
    retryAfterMs: null,
  };

  it('for a gap is sent again from where the validators stand, at a bounded pace', async () => {
    const { line, source } = shop();
    source.append(...Array.from({ length: 6 }, () => release));
    await line.up();
    for (let repeat = 0; repeat < 50; repeat++) {
      line.emit('turned-away', { ...notice, reason: 'GAP', nextSequence: 2, validator: 0 });
    }
    await settled();
    expect(line.sent).toHaveLength(5);
    expect(line.sent.slice(3)).toEqual(line.sent.slice(1, 3));
  });

  it('as a duplicate is asked for its receipts', async () => {
    const { line, source } = shop();
    source.append(release);
    await line.up();
    line.asked.length = 0;
    line.emit('turned-away', { ...notice, reason: 'DUPLICATE', validator: 0 });
    await settled();
    expect(line.asked).toMatchObject([{ kind: 'receipts', fromSequence: 0 }]);
  });

  it('for good by one validator is no alarm, by f+1 it is; nothing is dropped and a receipt ends it', async () => {
    const { line, source, alarms, advance, order } = shop({ alarmPauseMs: 5_000 });
    source.append(release);
    await line.up();
    for (let repeat = 0; repeat < 9; repeat++) {
      line.emit('turned-away', { ...notice, reason: 'UNKNOWN_AUTHOR', validator: 3 });
    }
    expect(alarms).toEqual([]);
    line.emit('turned-away', { ...notice, reason: 'UNKNOWN_AUTHOR', validator: 1 });
    expect(alarms).toMatchObject([{ reason: 'UNKNOWN_AUTHOR' }]);
    await advance(4_999);
    expect(line.sent).toHaveLength(1);
    await advance(1);
    expect(line.sent).toHaveLength(2);
    expect(source.pending).toBe(1);
    line.emit('receipts', order(line.sent[0] ?? ''));
    expect(alarms.at(-1)).toBeNull();
    expect(source.pending).toBe(0);
  });

  it('as BUSY by f+1 waits as long as they ask for and comes again, without alarm', async () => {
    const { line, source, alarms, advance } = shop();
    source.append(release);
    await line.up();
    const busy = { ...notice, reason: 'BUSY', nextSequence: 0, retryAfterMs: 700 };
    for (let repeat = 0; repeat < 9; repeat++) line.emit('turned-away', { ...busy, validator: 3 });
    await advance(699);
    expect(line.sent).toHaveLength(1);
    line.emit('turned-away', { ...busy, validator: 1 });
    await advance(699);
    expect(line.sent).toHaveLength(1);
    await advance(1);
    expect(line.sent).toHaveLength(2);
    expect(alarms).toEqual([]);
  });

  it('of somebody else is ignored', async () => {
    const { line, source, alarms } = shop();
    source.append(release);
    await line.up();
    for (const validator of [0, 1, 2, 3]) {
      line.emit('turned-away', { ...notice, author: 'x', reason: 'UNKNOWN_AUTHOR', validator });
      line.emit('turned-away', { ...notice, epoch: 7, reason: 'UNKNOWN_AUTHOR', validator });
    }
    expect(alarms).toEqual([]);
  });
});
