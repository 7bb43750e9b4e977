import { describe, expect, it } from 'vitest';
import { AssertionFailure } from '#core/assert';
import { sleep, systemClock, TIMER_DELAY_MS_MAX, VirtualClock, withDeadline } from '#core/clock';

describe('VirtualClock', () => {
  it('fires timers in order of due time, then of insertion', () => {
    const clock = new VirtualClock();
    const fired: string[] = [];
    clock.setTimer(20, () => fired.push('20 first'));
    clock.setTimer(10, () => fired.push('10 first'));
    clock.setTimer(20, () => fired.push('20 second'));
    clock.setTimer(10, () => fired.push('10 second'));
    clock.setTimer(0, () => fired.push('0'));
    expect(fired).toEqual([]);
    clock.advance(20);
    expect(fired).toEqual(['0', '10 first', '10 second', '20 first', '20 second']);
  });

  it('shows each timer its own due time, and wall time moves along', () => {
    const clock = new VirtualClock({ startMs: 1_000_000 });
    const seen: (readonly [number, number])[] = [];
    for (const delayMs of [7, 3, 5]) {
      clock.setTimer(delayMs, () => seen.push([clock.monotonicMs(), clock.wallMs()]));
    }
    clock.advance(6);
    expect(seen).toEqual([
      [3, 1_000_003],
      [5, 1_000_005],
    ]);
    expect(clock.monotonicMs()).toBe(6);
    expect(clock.nextTimerMs()).toBe(7);
  });

  it('fires what a timer sets inside the same window, but not inside the call that sets it', () => {
    const clock = new VirtualClock();
    const fired: number[] = [];
    const again = () => {
      fired.push(clock.monotonicMs());
      clock.setTimer(10, again);
    };
    clock.setTimer(10, again);
    clock.advance(35);
    expect(fired).toEqual([10, 20, 30]);
  });

  it('never fires a cancelled timer, even when cancelled by one due at the same time', () => {
    const clock = new VirtualClock();
    const fired: string[] = [];
    clock.setTimer(5, () => {
      fired.push('first');
      second.cancel();
    });
    const second = clock.setTimer(5, () => fired.push('second'));
    clock.advance(10);
    second.cancel();
    expect(fired).toEqual(['first']);
    expect(clock.nextTimerMs()).toBeUndefined();
  });

  it('refuses to go back and refuses delays that a real timer could not hold', () => {
    const clock = new VirtualClock();
    expect(() => clock.advance(-1)).toThrow(AssertionFailure);
    for (const delayMs of [-1, Number.NaN, TIMER_DELAY_MS_MAX + 1]) {
      expect(() => clock.setTimer(delayMs, () => {})).toThrow(AssertionFailure);
      expect(() => systemClock.setTimer(delayMs, () => {})).toThrow(AssertionFailure);
    }
  });
});

describe('waiting', () => {
  it('sleep resolves when the time has passed and not before', async () => {
    const clock = new VirtualClock();
    let awake = false;
    const sleeping = sleep(clock, 100).then(() => {
      awake = true;
    });
    clock.advance(99);
    await Promise.resolve();
    expect(awake).toBe(false);
    clock.advance(1);
    await sleeping;
    expect(awake).toBe(true);
  });

  it('a deadline gives the value of a promise in time and clears its timer', async () => {
    const clock = new VirtualClock();
    const answer = withDeadline(clock, Promise.resolve('value'), 50);
    expect(await answer).toEqual({ ok: true, value: 'value' });
    expect(clock.nextTimerMs()).toBeUndefined();
  });

  it('a deadline gives up on a promise that is late, and a later failure of it is harmless', async () => {
    const clock = new VirtualClock();
    let fail: (error: Error) => void = () => {};
    const late = new Promise<string>((_, reject) => {
      fail = reject;
    });
    const answer = withDeadline(clock, late, 50);
    clock.advance(50);
    expect(await answer).toEqual({ ok: false });
    fail(new Error('too late to matter'));
  });

  it('a deadline passes on a failure in time', async () => {
    const clock = new VirtualClock();
    await expect(withDeadline(clock, Promise.reject(new Error('port gone')), 50)).rejects.toThrow('port gone');
    expect(clock.nextTimerMs()).toBeUndefined();
  });
});

it('the system clock fires after the call that set the timer, and monotonic time does not run back', async () => {
  const startMs = systemClock.monotonicMs();
  let inside = true;
  const firedInside = await new Promise<boolean>((resolve) => {
    systemClock.setTimer(0, () => resolve(inside));
    inside = false;
  });
  expect(firedInside).toBe(false);
  expect(systemClock.monotonicMs()).toBeGreaterThanOrEqual(startMs);
});
