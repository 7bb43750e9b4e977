import { once } from 'node:events';
import { Agent, request } from 'node:https';
import { connect, type TLSSocket } from 'node:tls';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { VirtualClock } from '#core/clock';
import { publicKeyOf } from '#core/ed25519';
import { SeededEntropy, uniformInt } from '#core/entropy';
import { encode } from '#core/format';
import { createLog } from '#core/log';
import { segmentBytesMax } from '#ledger/journal/segment';
import { HttpsEntry } from '#sync/validator/https-entry';
import { peerCredentials } from '#sync/validator/peer-certificate';
import { requestFormat } from '#sync/wire/gateway-message';
import { httpsMediaType, httpsPathsOf, pollFormat } from '#sync/wire/https-message';
import { nonsense, seedOf } from '../../fixtures/region.ts';
import { LiveRegion, until } from '../../integration/validator/live-region.ts';

const seed = process.env['BIZAIN_SEED'] ?? 'hostile http';
let region: LiveRegion;
let paths: ReturnType<typeof httpsPathsOf>;
let rounds = 0;

beforeAll(async () => {
  region = await LiveRegion.open({ https: true });
  await region.start();
  paths = httpsPathsOf(region.chainId);
});
beforeEach(() => {
  rounds++;
});
afterAll(() => region.close());

const head = encode(requestFormat, { id: new Uint8Array(16), replyTo: 'x', query: { kind: 'head' } });

async function open(): Promise<TLSSocket> {
  const port = Number(new URL(region.entries[0]?.url ?? '').port);
  const socket = connect({ host: '127.0.0.1', port, rejectUnauthorized: false });
  socket.on('error', () => undefined);
  await once(socket, 'secureConnect');
  return socket;
}

/** Everything that comes back until the other side closes. */
async function talk(socket: TLSSocket, ...said: readonly (string | Uint8Array)[]): Promise<string> {
  let heard = '';
  socket.on('data', (part: Uint8Array) => {
    heard += Buffer.from(part).toString('latin1');
  });
  for (const part of said) socket.write(part);
  await once(socket, 'close');
  return heard;
}

function post(path: string, body: Uint8Array, headers: Readonly<Record<string, string>> = {}): Uint8Array {
  const all = {
    host: 'x',
    'content-type': httpsMediaType,
    'content-length': String(body.length),
    connection: 'close',
    ...headers,
  };
  const lines = Object.entries(all).map(([name, value]) => `${name}: ${value}\r\n`);
  return Buffer.concat([Buffer.from(`POST ${path} HTTP/1.1\r\n${lines.join('')}\r\n`, 'latin1'), body]);
}

async function statusOf(...said: readonly (string | Uint8Array)[]): Promise<number> {
  return Number((await talk(await open(), ...said)).slice(9, 12));
}

/** The validator answers, and the region orders. */
async function goesOn(): Promise<void> {
  expect(await statusOf(post(paths.ask, head))).toBe(200);
  const id = `issuer-${rounds}-${region.admin.nextSequence()}`;
  const operation = { kind: 'account.register', id, role: 0, publicKey: publicKeyOf(seedOf(id)), name: id } as const;
  const [receipt] = await region.submit(operation);
  expect(receipt?.outcome).toBe(0);
}

test('paths that are not exactly one of the three lead nowhere, however they are written', async () => {
  const { ask, up } = paths;
  const others = [
    '/',
    `${ask}/`,
    `${ask}?x=1`,
    `//${ask.slice(1)}`,
    `${ask}%2f`,
    ask.replace('ask', '%61sk'),
    `/x/..${ask}`,
    `${up}/../ask`,
    ask.toUpperCase(),
    `https://x${ask}`,
    '/../../etc/passwd',
    '/metrics',
    '/status',
  ];
  for (const path of others) expect([path, await statusOf(post(path, head))]).toEqual([path, 404]);
  await goesOn();
});

test('other methods, media types and encodings are refused', async () => {
  for (const method of ['GET', 'PUT', 'DELETE', 'OPTIONS', 'TRACE'])
    expect([method, await statusOf(`${method} ${paths.ask} HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n`)]).toEqual(
      [method, 405],
    );
  for (const type of ['application/json', 'text/plain', 'application/cbor; charset=utf-8', ''])
    expect([type, await statusOf(post(paths.ask, head, { 'content-type': type }))]).toEqual([type, 415]);
  expect(await statusOf(post(paths.ask, head, { 'content-encoding': 'gzip' }))).toBe(415);
  await goesOn();
});

test('a body over the limit of its path is refused before it is read, announced or not', async () => {
  const announced = `POST ${paths.up} HTTP/1.1\r\nhost: x\r\ncontent-type: ${httpsMediaType}\r\ncontent-length: 10000000000\r\n\r\n`;
  expect(await statusOf(announced)).toBe(413);
  const chunked = `POST ${paths.ask} HTTP/1.1\r\nhost: x\r\ncontent-type: ${httpsMediaType}\r\ntransfer-encoding: chunked\r\n\r\n`;
  expect(await statusOf(chunked, `${(8_192).toString(16)}\r\n`, new Uint8Array(8_192))).toBe(413);
  expect(await statusOf(post(paths.up, new Uint8Array(segmentBytesMax + 1)))).toBe(413);
  expect(await statusOf(post(paths.up, new Uint8Array(segmentBytesMax)))).toBe(200);
  await goesOn();
});

test('two framings of one request, and what is no HTTP at all, end the connection', async () => {
  const both = post(paths.ask, head, { 'transfer-encoding': 'chunked' });
  const bare = `POST ${paths.ask} HTTP/1.1\ncontent-length: 1\n content-length: 2\n\nx`;
  const huge = `POST ${paths.ask} HTTP/1.1\r\nhost: x\r\nx: ${'y'.repeat(10_000)}\r\n\r\n`;
  for (const said of [both, bare, huge, nonsense, 'GET / HTTP/9.9\r\n\r\n', 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n'])
    expect([0, 400, 405, 431, 505]).toContain(await statusOf(said));
  await goesOn();
});

test(`bodies that are no message of their path are refused as such (seed ${seed})`, async () => {
  const entropy = new SeededEntropy(seed);
  const poll = encode(pollFormat, { place: null, topics: [region.topics.head], waitMs: 0 });
  const good: readonly (readonly [string, Uint8Array])[] = [
    [paths.ask, head],
    [paths.feed, poll],
  ];
  for (const [path, body] of good) {
    for (let round = 0; round < 60; round++) {
      const bytes = Uint8Array.from(body);
      const at = uniformInt(entropy, bytes.length);
      bytes[at] = (bytes[at] as number) ^ (1 << uniformInt(entropy, 8));
      expect([200, 400]).toContain(await statusOf(post(path, bytes)));
    }
    for (const bytes of [new Uint8Array(0), nonsense, entropy.bytes(2_000)])
      expect(await statusOf(post(path, bytes))).toBe(400);
  }
  await goesOn();
});

test('requests that trickle in hold nobody else up, and are cut', async () => {
  const slow = await Promise.all(Array.from({ length: 40 }, open));
  const ended = slow.map((socket) => once(socket, 'close'));
  for (const [at, socket] of slow.entries()) {
    socket.resume();
    socket.write(
      at % 2 === 0
        ? `POST ${paths.ask} HTTP/1.1\r\nhost: x\r\nx-slow: `
        : `POST ${paths.ask} HTTP/1.1\r\nhost: x\r\ncontent-type: ${httpsMediaType}\r\ncontent-length: 500\r\n\r\n`,
    );
  }
  const drip = setInterval(() => {
    for (const socket of slow) if (socket.writable) socket.write('y');
  }, 500);
  await goesOn();
  await Promise.all(ended);
  clearInterval(drip);
  await goesOn();
}, 60_000);

test('one address gets so many connections and no more; when they end it gets new ones', async () => {
  const opened: TLSSocket[] = [];
  const tried = Array.from({ length: 100 }, async () => {
    const port = Number(new URL(region.entries[0]?.url ?? '').port);
    const socket = connect({ host: '127.0.0.1', port, rejectUnauthorized: false });
    socket.on('error', () => undefined);
    socket.on('secureConnect', () => opened.push(socket));
    await Promise.race([once(socket, 'secureConnect'), once(socket, 'close')]).catch(() => undefined);
  });
  await Promise.all(tried);
  expect(opened).toHaveLength(64);
  for (const socket of opened) socket.destroy();
  await until(() => opened.every((socket) => socket.destroyed), 'the end of the connections');
  const asked = () => statusOf(post(paths.ask, head)).catch(() => 0);
  await expect.poll(asked, { timeout: 10_000, interval: 50 }).toBe(200);
  await goesOn();
});

test('requests piled up on one connection end it', async () => {
  const socket = await open();
  const poll = encode(pollFormat, { place: null, topics: [region.topics.head], waitMs: 0 });
  const one = post(paths.feed, poll, { connection: 'keep-alive' });
  const heard = await talk(socket, Buffer.concat(Array.from({ length: 200 }, () => one)));
  expect(heard.split('HTTP/1.1 200').length).toBeLessThan(10);
  await goesOn();
});

test('more requests than one address may send are refused with a word, until time has passed', async () => {
  const clock = new VirtualClock();
  const entry = new HttpsEntry({
    listen: { host: '127.0.0.1', port: 0 },
    ...peerCredentials(seedOf('entry')),
    login: { username: 'shop', password: 'secret' },
    paths: new Map([['/echo', { bytesMax: 10, answer: async (body: Uint8Array) => body }]]),
    clock,
    log: createLog({ level: 'silent', name: 'test' }),
  });
  const port = await entry.start();
  const agent = new Agent({ keepAlive: true, maxSockets: 4, rejectUnauthorized: false });
  const ask = (auth: string): Promise<number> =>
    new Promise((resolve, reject) => {
      const headers = { 'content-type': httpsMediaType, 'content-length': 2 };
      const asked = request(
        { host: '127.0.0.1', port, path: '/echo', method: 'POST', agent, auth, headers },
        (answer) => {
          answer.resume().on('end', () => resolve(answer.statusCode ?? 0));
        },
      );
      asked.on('error', reject).end('hi');
    });
  expect(await ask('shop:wrong')).toBe(401);
  expect(await ask('shop:secret')).toBe(200);
  const statuses: number[] = [];
  while (!statuses.includes(429) && statuses.length < 1_000) statuses.push(await ask('shop:secret'));
  expect(statuses.slice(0, -1).every((status) => status === 200)).toBe(true);
  expect(statuses.at(-1)).toBe(429);
  clock.advance(1_000);
  expect(await ask('shop:secret')).toBe(200);
  agent.destroy();
  await entry.stop();
});
