import { afterEach, beforeEach, expect, test } from 'vitest';
import { systemClock } from '#core/clock';
import { systemEntropy } from '#core/entropy';
import { encode } from '#core/format';
import { createLog } from '#core/log';
import type { AnyEntryPoint, ValidatorEntry } from '#sync/outbox/entry-point';
import { HttpsDoor } from '#sync/outbox/https-door';
import { RegionLine } from '#sync/outbox/region-line';
import { type GatewayReply, requestFormat, type TurnedAway } from '#sync/wire/gateway-message';
import { type FeedPlace, pollMsMax } from '#sync/wire/https-message';
import { registerIssuer, seedOf, TestAuthor } from '../../fixtures/region.ts';
import { LiveRegion, until } from './live-region.ts';

const log = createLog({ level: 'silent', name: 'test' });
let region: LiveRegion;
let doors: HttpsDoor[] = [];
let lines: RegionLine[] = [];

beforeEach(async () => {
  region = await LiveRegion.open({ https: true, heartbeatMs: 300 });
  await region.start();
});
afterEach(async () => {
  for (const door of doors) door.close();
  for (const line of lines) await line.stop();
  doors = [];
  lines = [];
  await region.close();
});

function doorTo(index: number, change: Partial<ValidatorEntry> = {}): HttpsDoor {
  const door = new HttpsDoor({ ...(region.entries[index] as ValidatorEntry), ...change }, region.chainId, systemClock);
  doors.push(door);
  return door;
}

function lineBy(entryPoints: readonly AnyEntryPoint[], clientName = 'till'): RegionLine {
  const line = new RegionLine({
    chainId: region.chainId,
    validatorCount: 4,
    account: 'admin',
    clientName,
    entryPoints,
    clock: systemClock,
    entropy: systemEntropy,
    log,
    timing: { backOffBaseMs: 20, backOffMaxMs: 50 },
  });
  lines.push(line);
  line.start();
  return line;
}

const head = (): Uint8Array =>
  encode(requestFormat, { id: new Uint8Array(16), replyTo: 'anybody', query: { kind: 'head' } });

async function answerOf(asked: ReturnType<HttpsDoor['ask']>): Promise<GatewayReply['answer']> {
  const reply = await asked;
  if (!reply.ok) throw new Error(`${reply.reason} ${reply.detail ?? ''}`);
  return reply.value.answer;
}

test('a segment handed to one validator is answered with its certified receipts', async () => {
  const bytes = region.admin.seal({ operation: registerIssuer('issuer-a') });
  let reply = await doorTo(2).submit(bytes, 10_000);
  // A busy machine may take longer to order it than the answer waits: then it is asked for by sending it again.
  for (let tries = 0; tries < 10 && reply.ok && reply.value.outcome.kind === 'taken'; tries++)
    reply = await doorTo(2).submit(bytes, 10_000);
  if (!reply.ok || reply.value.outcome.kind !== 'settled') throw new Error(JSON.stringify(reply));
  const [message] = reply.value.outcome.messages;
  const checked = message === undefined ? undefined : region.light.checkReceipts(message);
  expect(checked?.ok && checked.value.map(({ author, outcome }) => [author, outcome])).toEqual([['admin', 0]]);
});

test('a segment sent again after it was ordered is answered with its receipts, and ordered once', async () => {
  const bytes = region.admin.seal({ operation: registerIssuer('issuer-a') });
  await doorTo(0).submit(bytes, 10_000);
  await region.settled();
  const height = region.validator(1).status().height;
  const again = await doorTo(1).submit(bytes, 10_000);
  if (!again.ok || again.value.outcome.kind !== 'settled') throw new Error(JSON.stringify(again));
  expect(again.value.outcome.messages[0]?.lightBlock.header.height).toBeLessThanOrEqual(height);
});

test('a segment is turned away with the reason in the answer', async () => {
  const stranger = new TestAuthor(region.chainId, 'admin', { seed: seedOf('not the admin') });
  const reply = await doorTo(0).submit(stranger.seal({ operation: registerIssuer('x') }), 10_000);
  expect(reply.ok && reply.value.outcome).toMatchObject({ kind: 'away', notice: { reason: 'BAD_SIGNATURE' } });
  const nonsense = await doorTo(0).submit(Uint8Array.of(1, 2, 3), 10_000);
  expect(nonsense.ok && nonsense.value.outcome.kind).toBe('unreadable');
});

test('every validator answers the questions of MQTT, with the same bytes', async () => {
  await region.submit(registerIssuer('issuer-a'));
  await region.settled();
  for (const index of [0, 1, 2, 3]) {
    const answer = await answerOf(doorTo(index).ask(head(), 5_000));
    if (answer.kind !== 'head' || answer.lightBlock === null) throw new Error(answer.kind);
    expect(region.light.acceptHead(answer.lightBlock).ok).toBe(true);
  }
  const query = { kind: 'snapshot', shard: 'r', height: null, chunk: 0 } as const;
  const request = encode(requestFormat, { id: new Uint8Array(16), replyTo: 'anybody', query });
  const answer = await answerOf(doorTo(0).ask(request, 5_000));
  if (answer.kind !== 'snapshot') throw new Error(answer.kind);
  expect(region.light.checkShard(answer.lightBlock, answer.proof, 'r').ok).toBe(true);
});

test('a poll brings the head at once, and then what is published on the topics it names, once each', async () => {
  const door = doorTo(3);
  const topics = [region.topics.head, region.topics.receipts('admin')];
  const signal = new AbortController().signal;
  const poll = async (place: FeedPlace | null) => {
    const answered = await door.poll({ place, topics, waitMs: pollMsMax }, 30_000, signal);
    if (!answered.ok) throw new Error(answered.reason);
    expect(answered.value.missed).toBe(false);
    return answered.value;
  };
  const first = await poll(null);
  let { place } = first;
  const heard: string[] = [];
  const submitted = region.submit(registerIssuer('issuer-a'));
  while (!heard.includes(region.topics.receipts('admin'))) {
    const next = await poll(place);
    expect(next.place.next).toBeGreaterThan(place.next);
    ({ place } = next);
    heard.push(...next.messages.map(({ topic }) => topic));
  }
  await submitted;
  expect(heard.filter((topic) => topic === region.topics.receipts('admin'))).toHaveLength(1);
});

test('a reader that fell behind, or comes from another run, is told that it missed something', async () => {
  const door = doorTo(0);
  const signal = new AbortController().signal;
  const place = { run: new Uint8Array(8), next: 0 };
  const answered = await door.poll({ place, topics: [region.topics.head], waitMs: 0 }, 5_000, signal);
  expect(answered.ok && answered.value.missed).toBe(true);
});

test('a line over HTTPS alone does all that one over a broker does', async () => {
  const line = lineBy(region.entries);
  await until(() => line.connected, 'the line');
  const heard = { heads: 0, receipts: 0, deltas: 0 };
  line.on('head', (lightBlock) => {
    if (region.light.acceptHead(lightBlock).ok) heard.heads++;
  });
  line.on('receipts', (message) => {
    if (region.light.checkReceipts(message).ok) heard.receipts++;
  });
  line.on('delta', (message) => {
    if (region.light.checkDelta(message).ok) heard.deltas++;
  });
  line.subscribeDeltas([region.topics.delta('r')]);
  const before = heard.heads;
  await until(() => heard.heads > before + 1, 'a poll with the new topics');
  const sent = await line.publishSegment(region.admin.seal({ operation: registerIssuer('issuer-a') }));
  expect(sent.ok).toBe(true);
  await until(() => heard.receipts > 0 && heard.deltas > 0, 'receipts and deltas');
  for (const validator of [0, 1, 2, 3]) {
    const asked = await line.askOne({ kind: 'head' }, 5_000, validator);
    expect(asked.ok && asked.value.kind).toBe('head');
  }
  expect(line.state()).toMatchObject({ connected: true, protocolVersion: null });
});

test('a line whose broker is gone goes over to a validator, and a question to another than that one has no way', async () => {
  const line = lineBy([{ url: 'mqtt://127.0.0.1:1' }, region.entries[1] as ValidatorEntry]);
  await until(() => line.connected, 'the line');
  expect(line.state().entryPoint).toBe(region.entries[1]?.url);
  const elsewhere = await line.askOne({ kind: 'head' }, 1_000, 0);
  expect(elsewhere).toMatchObject({ ok: false, reason: 'NO_WAY' });
  const asked = await line.ask({ kind: 'head' }, 2_000);
  expect(asked.ok && asked.value.kind).toBe('head');
});

test('a line whose validator stops goes over to the next one', async () => {
  const line = lineBy([region.entries[0] as ValidatorEntry, region.entries[1] as ValidatorEntry]);
  await until(() => line.connected, 'the line');
  await region.stop(0);
  await until(() => line.connected && line.state().entryPoint === region.entries[1]?.url, 'the other validator');
});

test('a validator that has changed its key or its place in the set is found again once the line knows the epoch', async () => {
  const [v1, v2] = region.genesis.validators;
  const [first] = region.entries;
  if (v1 === undefined || v2 === undefined || first === undefined) throw new Error('four validators');
  // As configured before v1 had this key and this place.
  const line = lineBy([{ ...first, publicKey: v2.publicKey, validator: 3 }]);
  await until(() => line.state().lastDown !== null, 'a refused connection');
  expect(line.state().lastDown?.detail).toContain('OTHER_KEY');
  line.useValidators(region.genesis.validators);
  await until(() => line.connected, 'the line');
  const asked = await line.askOne({ kind: 'head' }, 5_000, 0);
  expect(asked.ok && asked.value.kind).toBe('head');
});

test('whoever does not hold the validator’s key gets no byte of a request', async () => {
  const other = region.entries[1] as ValidatorEntry;
  const reply = await doorTo(0, { publicKey: other.publicKey }).ask(head(), 5_000);
  expect(reply).toMatchObject({ ok: false, reason: 'OTHER_KEY' });
  expect(region.validator(0).status().questions).toBe(0);
});

test('an answer of another validator is not taken for the asked one’s', async () => {
  const reply = await doorTo(0, { validator: 3 }).ask(head(), 5_000);
  expect(reply).toMatchObject({ ok: false, reason: 'BAD_ANSWER' });
});

test('a notice reaches who polls', async () => {
  const line = lineBy(region.entries);
  const notices: TurnedAway[] = [];
  line.on('turned-away', (notice) => notices.push(notice));
  await until(() => line.connected, 'the line');
  const stranger = new TestAuthor(region.chainId, 'admin', { seed: seedOf('not the admin') });
  await region.line.publishSegment(stranger.seal({ operation: registerIssuer('x') }));
  await until(() => notices.length > 0, 'a notice');
  expect(notices[0]).toMatchObject({ author: 'admin', reason: 'BAD_SIGNATURE' });
});
