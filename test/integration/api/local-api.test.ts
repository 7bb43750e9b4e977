import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { request as httpRequest } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type LocalApi, startLocalApi } from '#agent/api/local-api';
import { type Clock, systemClock } from '#core/clock';
import { systemEntropy } from '#core/entropy';
import { createLog } from '#core/log';
import { ScriptedTerminal, statusOf } from './scripted-terminal.ts';

let folder: string;
let terminal: ScriptedTerminal;
let api: LocalApi;
let token: string;

interface Answer {
  readonly status: number;
  readonly headers: Record<string, string | string[] | undefined>;
  readonly text: string;
}

/** A request with exactly these headers; node's own client would set Host and Origin otherwise. */
function ask(
  method: string,
  path: string,
  headers: Record<string, string | undefined> = {},
  body?: string | Buffer,
): Promise<Answer> {
  const given = { authorization: `Bearer ${token}`, ...headers };
  const sent = Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined));
  return new Promise((resolve, reject) => {
    const request = httpRequest(
      { host: '127.0.0.1', port: api.port, method, path, headers: sent as never },
      (response) => {
        const parts: Buffer[] = [];
        response.on('data', (part: Buffer) => parts.push(part));
        response.on('end', () =>
          resolve({
            status: response.statusCode ?? 0,
            headers: response.headers,
            text: Buffer.concat(parts).toString('utf8'),
          }),
        );
      },
    );
    request.on('error', reject);
    request.end(body);
  });
}

const json = { 'content-type': 'application/json' };
const scan = JSON.stringify({ code: 'X' });
const errorOf = (answer: Answer): unknown => (JSON.parse(answer.text) as { error: unknown }).error;

function start(clock: Clock): Promise<LocalApi> {
  return startLocalApi({
    host: '127.0.0.1',
    port: 0,
    tokenFile: join(folder, 'api-token'),
    terminal,
    clock,
    entropy: systemEntropy,
    log: createLog({ level: 'silent', name: 'test' }),
  });
}

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'bizain-api-'));
  terminal = new ScriptedTerminal();
  api = await start(systemClock);
  token = readFileSync(api.tokenFile, 'utf8').trim();
});

afterEach(async () => {
  await api.close();
  rmSync(folder, { recursive: true });
});

describe('who may call', () => {
  it.each([
    ['a name that was rebound to this machine', { host: 'evil.example' }, 403, 'HOST_NOT_ALLOWED'],
    ['the right name with another port', { host: '127.0.0.1:1' }, 403, 'HOST_NOT_ALLOWED'],
    ['a name that only begins like ours', { host: '127.0.0.1.evil.example' }, 403, 'HOST_NOT_ALLOWED'],
    ['a page of another origin', { origin: 'https://evil.example' }, 403, 'ORIGIN_NOT_ALLOWED'],
    ['a sandboxed page', { origin: 'null' }, 403, 'ORIGIN_NOT_ALLOWED'],
    ['a page of another port of this machine', { origin: 'http://127.0.0.1:9' }, 403, 'ORIGIN_NOT_ALLOWED'],
    ['nobody in particular', { authorization: undefined }, 401, 'TOKEN_MISSING'],
    ['a wrong token', { authorization: `Bearer ${'A'.repeat(43)}` }, 401, 'TOKEN_WRONG'],
    ['half a token', { authorization: 'Bearer AA' }, 401, 'TOKEN_WRONG'],
    ['another scheme', { authorization: 'Basic QTpC' }, 401, 'TOKEN_MISSING'],
  ])('%s is refused, and the terminal hears nothing', async (_, headers, status, error) => {
    const answer = await ask('POST', '/v1/redeem', { ...json, ...headers }, scan);
    expect([answer.status, errorOf(answer)]).toEqual([status, error]);
    expect(answer.headers['access-control-allow-origin']).toBeUndefined();
    expect(terminal.asked).toEqual([]);
  });

  it('an encoded path does not get around the token', async () => {
    for (const path of ['/%761/status', '/v1%2fstatus', '//v1/status', '/v1/../v1/status', '/V1/status']) {
      const answer = await ask('GET', path, { authorization: undefined });
      expect([401, 404]).toContain(answer.status);
    }
  });

  it('every call under /v1 needs the token', async () => {
    const { paths } = JSON.parse((await ask('GET', '/v1/openapi.json')).text) as { paths: Record<string, object> };
    expect(Object.keys(paths).length).toBeGreaterThan(8);
    for (const [path, calls] of Object.entries(paths)) {
      for (const method of Object.keys(calls)) {
        const headers = { ...json, authorization: undefined };
        const answer = await ask(
          method.toUpperCase(),
          path.replace('{id}', 'a'.repeat(32)),
          headers,
          method === 'post' ? '{}' : undefined,
        );
        expect([path, answer.status]).toEqual([path, 401]);
      }
    }
  });

  it('the own page and a program without Origin are served', async () => {
    const own = await ask('POST', '/v1/scan', { ...json, origin: api.url }, scan);
    const program = await ask('POST', '/v1/scan', json, scan);
    expect([own.status, program.status]).toEqual([200, 200]);
    expect(terminal.asked.map(({ call }) => call)).toEqual(['scan', 'scan']);
  });

  it('a flood of strangers is turned away and does not use up what the till may ask', async () => {
    await api.close();
    // Time stands still, so that a slow machine gives a stranger no second burst.
    api = await start({ ...systemClock, monotonicMs: () => 0 });
    const statuses: number[] = [];
    for (let call = 0; call < 80; call++)
      statuses.push((await ask('GET', '/v1/status', { authorization: undefined })).status);
    expect(statuses.filter((status) => status === 429).length).toBeGreaterThan(0);
    expect((await ask('GET', '/v1/status')).status).toBe(200);
  });

  it('no CORS preflight is granted', async () => {
    const headers = { origin: 'https://evil.example', 'access-control-request-method': 'POST' };
    const answer = await ask('OPTIONS', '/v1/redeem', headers);
    expect(answer.status).toBe(403);
    expect(answer.headers['access-control-allow-origin']).toBeUndefined();
  });
});

describe('what may be said', () => {
  it.each([
    ['a form', { 'content-type': 'application/x-www-form-urlencoded' }, scan, 415, 'CONTENT_TYPE_NOT_JSON'],
    [
      'plain text, which a page may send without asking',
      { 'content-type': 'text/plain' },
      scan,
      415,
      'CONTENT_TYPE_NOT_JSON',
    ],
    ['no type at all', {}, scan, 415, 'CONTENT_TYPE_NOT_JSON'],
    ['a type that only begins like JSON', { 'content-type': 'application/jsonp' }, scan, 415, 'CONTENT_TYPE_NOT_JSON'],
    ['broken JSON', json, '{"code":', 400, 'NOT_JSON'],
    ['bytes that are not UTF-8', json, Buffer.from([0x7b, 0xff, 0xfe, 0x7d]), 400, 'NOT_JSON'],
    ['nothing', json, '', 400, 'NOT_JSON'],
    ['a code that is no text', json, '{"code":7}', 400, 'BODY_INVALID'],
    ['an unknown key', json, '{"code":"X","price":1}', 400, 'BODY_INVALID'],
    ['a malformed AIM identifier', json, '{"code":"X","aim":"d2"}', 400, 'BODY_INVALID'],
    ['64 KiB and one byte', json, JSON.stringify({ code: 'x'.repeat(65_526) }), 413, 'BODY_TOO_LARGE'],
  ])('%s is refused, and the terminal hears nothing', async (_, headers, body, status, error) => {
    const answer = await ask('POST', '/v1/scan', headers, body);
    expect([answer.status, errorOf(answer)]).toEqual([status, error]);
    expect(terminal.asked).toEqual([]);
  });

  it('ten megabytes end in 413 or a closed connection, and the next call is answered', async () => {
    const status = await ask('POST', '/v1/scan', json, Buffer.alloc(10_000_000, 0x61)).then(
      (answer) => answer.status,
      (error: { code?: string }) => error.code,
    );
    expect([413, 'ECONNRESET', 'EPIPE']).toContain(status);
    expect((await ask('GET', '/v1/status')).status).toBe(200);
  });

  it('no GET changes anything', async () => {
    for (const path of ['/v1/scan?code=X', '/v1/redeem?code=X', `/v1/baskets/${'a'.repeat(32)}/close`]) {
      expect((await ask('GET', path)).status).toBe(404);
    }
    expect([terminal.asked, terminal.baskets]).toEqual([[], []]);
  });

  it('an empty code goes to the terminal, which has a verdict for it', async () => {
    expect((await ask('POST', '/v1/scan', json, '{"code":""}')).status).toBe(200);
    expect(terminal.asked[0]?.input.data).toBe('');
  });
});

describe('answers', () => {
  it('scan, verify and redeem pass code, AIM identifier, device and basket on, and answer the verdict', async () => {
    const body = { code: '(01)04012345000023', aim: ']d2', device: 'pos-7', basket: 'b'.repeat(32) };
    for (const call of ['scan', 'verify', 'redeem'] as const) {
      const answer = await ask('POST', `/v1/${call}`, json, JSON.stringify(body));
      expect(JSON.parse(answer.text)).toEqual(terminal.answer({ data: '' }));
      const input = { data: body.code, aim: body.aim, device: body.device, basket: body.basket };
      expect(terminal.asked.at(-1)).toEqual({ call, input });
    }
  });

  it('a basket that cannot be closed is a 409 that says why', async () => {
    const id = 'c'.repeat(32);
    expect((await ask('POST', `/v1/baskets/${id}/close`, json, '{}')).status).toBe(200);
    terminal.basketDone = false;
    const answer = await ask('POST', `/v1/baskets/${id}/release`, json, '{}');
    expect([answer.status, (JSON.parse(answer.text) as { text: { en: string } }).text.en]).toEqual([
      409,
      'There is no such basket.',
    ]);
    expect(terminal.baskets).toEqual([`close ${id}`, `release ${id}`]);
    expect((await ask('POST', '/v1/baskets/zz/close', json, '{}')).status).toBe(400);
  });

  it('a purchase, a customer and the lines of a basket reach the terminal as amounts', async () => {
    const holder = `@${'a1'.repeat(16)}`;
    const body = { code: 'X', purchase: { spend: '12345678901234567890', products: ['04012345123456'] }, holder };
    expect((await ask('POST', '/v1/scan', json, JSON.stringify(body))).status).toBe(200);
    const purchase = { spend: 12_345_678_901_234_567_890n, products: ['04012345123456'] };
    expect(terminal.asked.at(-1)?.input).toMatchObject({ purchase, holder });
    const id = 'c'.repeat(32);
    const lines = [
      { line: 7, amount: '250', product: 'own.brand.x' },
      { line: 8, amount: '0' },
    ];
    expect((await ask('POST', `/v1/baskets/${id}/close`, json, JSON.stringify({ lines }))).status).toBe(200);
    const told = [
      { line: 7, amount: 250n, product: 'own.brand.x' },
      { line: 8, amount: 0n, product: null },
    ];
    expect(terminal.closings).toEqual([{ lines: told }]);
  });

  it.each([
    ['an amount with a point', { lines: [{ line: 1, amount: '2.50' }] }],
    ['a number that is no text', { lines: [{ line: 1, amount: 250 }] }],
    ['no lines', { lines: [] }],
    ['a line beyond the ledger’s numbers', { lines: [{ line: 10_000, amount: '1' }] }],
    ['a product in no scheme', { lines: [{ line: 1, amount: '1', product: 'tea' }] }],
  ])('a basket with %s is refused and not closed', async (_, body) => {
    const answer = await ask('POST', `/v1/baskets/${'c'.repeat(32)}/close`, json, JSON.stringify(body));
    expect([answer.status, errorOf(answer)]).toEqual([400, 'BODY_INVALID']);
    expect(terminal.closings).toEqual([]);
  });

  it('status, queue, books and rehearsal are the terminal’s own', async () => {
    const bodies = await Promise.all(
      ['/v1/status', '/v1/queue', '/v1/books', '/v1/rehearsal'].map(async (path) =>
        JSON.parse((await ask('GET', path)).text),
      ),
    );
    expect(bodies).toEqual([statusOf(), { entries: [] }, terminal.books(), terminal.rehearse()]);
  });

  it('a failure inside is one sentence without its cause', async () => {
    terminal.answer = () => {
      throw new Error('secret path /var/lib');
    };
    const answer = await ask('POST', '/v1/scan', json, scan);
    expect([answer.status, errorOf(answer)]).toEqual([500, 'INTERNAL']);
    expect(answer.text).not.toContain('secret');
  });
});

describe('the screen', () => {
  it('its page allows nothing from elsewhere and nothing inline', async () => {
    const page = await ask('GET', '/', { authorization: undefined });
    expect(page.status).toBe(200);
    const policy = String(page.headers['content-security-policy']);
    expect(policy).toContain("default-src 'none'");
    expect(policy).not.toContain('unsafe');
    expect(page.headers['x-frame-options']).toBe('DENY');
    expect(page.text).not.toMatch(/<script(?![^>]*src=)|\son\w+=|https?:\/\/(?!www\.w3\.org)/);
  });

  it('gives its token only to its own page on this machine', async () => {
    const stranger = { authorization: undefined };
    expect((await ask('GET', '/screen-token', stranger)).status).toBe(403);
    expect((await ask('GET', '/screen-token', { ...stranger, 'sec-fetch-site': 'cross-site' })).status).toBe(403);
    expect(
      (await ask('GET', '/screen-token', { ...stranger, 'sec-fetch-site': 'same-origin', host: 'evil.example' }))
        .status,
    ).toBe(403);
    const own = await ask('GET', '/screen-token', { ...stranger, 'sec-fetch-site': 'same-origin' });
    expect(JSON.parse(own.text)).toEqual({ token });
  });

  it('does not hand out other files of its folder', async () => {
    for (const path of ['/../local-api.ts', '/%2e%2e/main.ts', '/index.html', '/api-token']) {
      expect([403, 404]).toContain((await ask('GET', path)).status);
    }
  });
});

describe('the token file', () => {
  it('is made once, private, and different on each machine', async () => {
    expect(statSync(api.tokenFile).mode & 0o777).toBe(0o600);
    expect(token).toMatch(/^[A-Za-z0-9_-]{43}$/);
    const options = { host: '127.0.0.1', port: 0, terminal, clock: systemClock, entropy: systemEntropy };
    const log = createLog({ level: 'silent', name: 'test' });
    const again = await startLocalApi({ ...options, tokenFile: api.tokenFile, log });
    const other = await startLocalApi({ ...options, tokenFile: join(folder, 'other'), log });
    expect(readFileSync(again.tokenFile, 'utf8').trim()).toBe(token);
    expect(readFileSync(other.tokenFile, 'utf8').trim()).not.toBe(token);
    await again.close();
    await other.close();
  });

  it('that others may read, or that holds no token, stops the start', async () => {
    const options = { host: '127.0.0.1', port: 0, terminal, clock: systemClock, entropy: systemEntropy };
    const log = createLog({ level: 'silent', name: 'test' });
    for (const [name, content, mode] of [
      ['open', `${token}\n`, 0o644],
      ['empty', '', 0o600],
    ] as const) {
      const tokenFile = join(folder, name);
      writeFileSync(tokenFile, content, { mode });
      await expect(startLocalApi({ ...options, tokenFile, log })).rejects.toMatchObject({
        code: 'TOKEN_FILE_UNUSABLE',
      });
    }
  });

  it('a port that is taken is named', async () => {
    const options = { host: '127.0.0.1', terminal, clock: systemClock, entropy: systemEntropy };
    const log = createLog({ level: 'silent', name: 'test' });
    const taken = startLocalApi({ ...options, port: api.port, tokenFile: join(folder, 't'), log });
    await expect(taken).rejects.toMatchObject({ code: 'API_PORT_TAKEN' });
  });
});
