import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { listenersMax, replayedEventsMax } from '#agent/api/event-feed';
import { type LocalApi, startLocalApi } from '#agent/api/local-api';
import { systemClock } from '#core/clock';
import { systemEntropy } from '#core/entropy';
import { createLog } from '#core/log';
import { ScriptedTerminal, verdictOf } from './scripted-terminal.ts';

let folder: string;
let terminal: ScriptedTerminal;
let api: LocalApi;
let token: string;
let streams: AbortController[];

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'bizain-events-'));
  terminal = new ScriptedTerminal();
  streams = [];
  const log = createLog({ level: 'silent', name: 'test' });
  const tokenFile = join(folder, 'api-token');
  const machine = { clock: systemClock, entropy: systemEntropy, log };
  api = await startLocalApi({ host: '127.0.0.1', port: 0, tokenFile, terminal, ...machine });
  token = readFileSync(tokenFile, 'utf8').trim();
});

afterEach(async () => {
  for (const stream of streams) stream.abort();
  await api.close();
  rmSync(folder, { recursive: true });
});

interface Listener {
  readonly status: number;
  readonly contentType: string | null;
  /** Waits for so many events and returns them. */
  next(count: number): Promise<{ id: number; name: string; data: unknown }[]>;
}

async function listen(headers: Record<string, string> = {}): Promise<Listener> {
  const abort = new AbortController();
  streams.push(abort);
  const response = await fetch(`${api.url}/v1/events`, {
    headers: { authorization: `Bearer ${token}`, ...headers },
    signal: abort.signal,
  });
  const reader = response.body?.getReader();
  const decoder = new TextDecoder();
  let text = '';
  return {
    status: response.status,
    contentType: response.headers.get('content-type'),
    async next(count) {
      const events: { id: number; name: string; data: unknown }[] = [];
      while (events.length < count) {
        const end = text.indexOf('\n\n');
        if (end < 0) {
          const { value, done } = (await reader?.read()) ?? { done: true, value: undefined };
          if (done) throw new Error('the stream ended');
          text += decoder.decode(value, { stream: true });
          continue;
        }
        const match = /^id: (\d+)\nevent: (\w+)\ndata: (.*)$/.exec(text.slice(0, end));
        text = text.slice(end + 2);
        if (match !== null)
          events.push({ id: Number(match[1]), name: match[2] ?? '', data: JSON.parse(match[3] ?? '') });
      }
      return events;
    },
  };
}

const tell = (height: number) => terminal.tell({ type: 'shard', shard: 'r', height });

describe('the event stream', () => {
  it('tells events in the order in which they happened, each as itself', async () => {
    const stream = await listen();
    expect([stream.status, stream.contentType]).toEqual([200, 'text/event-stream; charset=utf-8']);
    const verdict = verdictOf({ text: { en: 'two\nlines', zh: '两\n行' } });
    terminal.tell({ type: 'verdict', verdict });
    tell(7);
    terminal.tell({ type: 'line', connected: false, atMs: 3 });
    const events = await stream.next(3);
    expect(events.map(({ name }) => name)).toEqual(['verdict', 'shard', 'line']);
    expect(events[0]?.data).toEqual({ type: 'verdict', verdict });
    expect(events.map(({ id }) => id)).toEqual([1, 2, 3]);
  });

  it('a new listener is first told the last 100, then goes on live, without a gap or a repetition', async () => {
    const before = replayedEventsMax + 30;
    for (let height = 1; height <= before; height++) tell(height);
    const stream = await listen();
    tell(before + 1);
    const events = await stream.next(replayedEventsMax + 1);
    const heights = events.map(({ data }) => (data as { height: number }).height);
    expect(heights).toEqual(Array.from({ length: replayedEventsMax + 1 }, (_, index) => index + 31));
  });

  it('a listener that comes back is told only what it missed', async () => {
    for (let height = 1; height <= 10; height++) tell(height);
    const stream = await listen({ 'last-event-id': '8' });
    expect((await stream.next(2)).map(({ id }) => id)).toEqual([9, 10]);
  });

  it('an id from before a restart leaves nothing out', async () => {
    tell(1);
    const stream = await listen({ 'last-event-id': '5000' });
    expect((await stream.next(1)).map(({ id }) => id)).toEqual([1]);
  });

  it('listeners are bounded: one more is told so, and a place becomes free again', async () => {
    for (let count = 0; count < listenersMax; count++) expect((await listen()).status).toBe(200);
    expect((await listen()).status).toBe(503);
    streams[0]?.abort();
    let status = 503;
    for (let attempt = 0; attempt < 100 && status === 503; attempt++) status = (await listen()).status;
    expect(status).toBe(200);
  });

  it('closing the API ends the streams and listens to the terminal no more', async () => {
    const stream = await listen();
    await api.close();
    expect(terminal.listenerCount).toBe(0);
    await expect(stream.next(1)).rejects.toThrow();
  });
});
