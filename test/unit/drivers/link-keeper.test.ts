import { beforeEach, expect, test } from 'vitest';
import { VirtualClock } from '#core/clock';
import { type Link, LinkKeeper, REOPEN_DELAY_MS_MAX, REOPEN_DELAY_MS_MIN } from '#drivers/link-keeper';

let clock: VirtualClock;
let present: boolean;
let attempts: number[];
let told: string[];
let closed: number;
let lose: (why: string) => void;
let keeper: LinkKeeper;

/** Lets everything that is only waiting for promises go on. */
async function settle(): Promise<void> {
  for (let turn = 0; turn < 10; turn++) await Promise.resolve();
}

async function advance(ms: number): Promise<void> {
  clock.advance(ms);
  await settle();
}

beforeEach(() => {
  clock = new VirtualClock();
  present = true;
  attempts = [];
  told = [];
  closed = 0;
  keeper = new LinkKeeper({
    clock,
    open: async (lost): Promise<Link> => {
      attempts.push(clock.monotonicMs());
      if (!present) throw new Error('absent');
      lose = lost;
      return {
        endpoint: 'here',
        close: async () => {
          closed++;
        },
      };
    },
    listener: {
      opened: (endpoint) => told.push(`opened ${endpoint}`),
      failed: (why) => told.push(`failed ${why}`),
      lost: (why) => told.push(`lost ${why}`),
    },
  });
});

test('pauses double up to the longest and start anew after a steady link', async () => {
  present = false;
  await keeper.start();
  for (let count = 0; count < 9; count++) await advance(REOPEN_DELAY_MS_MAX);
  const pauses = attempts.slice(1).map((at, index) => at - (attempts[index] ?? 0));
  expect(pauses[0]).toBe(REOPEN_DELAY_MS_MIN);
  expect(pauses.at(-1)).toBe(REOPEN_DELAY_MS_MAX);
  present = true;
  await advance(REOPEN_DELAY_MS_MAX);
  expect(told.at(-1)).toBe('opened here');
  await advance(5_000);
  lose('unplugged');
  attempts.length = 0;
  await advance(REOPEN_DELAY_MS_MIN);
  expect(attempts).toHaveLength(1);
});

test('a link that dies at once is not opened five times a second', async () => {
  await keeper.start();
  for (let count = 0; count < 600; count++) {
    lose('flapping');
    await advance(100);
  }
  expect(attempts.length).toBeLessThan(15);
});

test('a link is lost once, however often its end is told', async () => {
  await keeper.start();
  lose('first');
  lose('second');
  expect(told).toEqual(['opened here', 'lost first']);
});

test('stopping closes the link and nothing is opened afterwards', async () => {
  await keeper.start();
  await keeper.stop();
  expect(closed).toBe(1);
  lose('late');
  await advance(60_000);
  expect(attempts).toHaveLength(1);
  expect(told).toEqual(['opened here']);
});

test('a link that comes up while stopping is closed again', async () => {
  let arrive: (link: Link) => void = () => undefined;
  const slow = new LinkKeeper({
    clock,
    open: () =>
      new Promise((resolve) => {
        arrive = resolve;
      }),
    listener: { opened: () => told.push('opened'), failed: () => undefined, lost: () => undefined },
  });
  const started = slow.start();
  const stopped = slow.stop();
  arrive({
    endpoint: 'late',
    close: async () => {
      closed++;
    },
  });
  await Promise.all([started, stopped]);
  expect(closed).toBe(1);
  expect(told).toEqual([]);
});

test('an end that is told before the link counts as open is not missed', async () => {
  const early = new LinkKeeper({
    clock,
    open: async (lost) => {
      lost('gone already');
      return { endpoint: 'here', close: async () => undefined };
    },
    listener: {
      opened: () => told.push('opened'),
      failed: () => undefined,
      lost: (why) => told.push(`lost ${why}`),
    },
  });
  await early.start();
  expect(told).toEqual(['opened', 'lost gone already']);
  await early.stop();
});
