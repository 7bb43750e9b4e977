import { describe, expect, it } from 'vitest';
import { CertifiedTime, offMsMax } from '#agent/time/certified-time';
import { VirtualClock } from '#core/clock';

const T = Date.UTC(2026, 5, 1);

function timeAt(options: { wallMs: number; persistedMs?: number | null }) {
  const clock = new VirtualClock({ startMs: options.wallMs });
  const saved: number[] = [];
  const time = new CertifiedTime({
    clock,
    persistedMs: options.persistedMs ?? null,
    persist: (ms) => saved.push(ms),
    slackMs: 1_000,
  });
  return { clock, time, saved };
}

describe('certified time', () => {
  it('is not trusted before the first certificate, and spans from the last run to the wall clock', () => {
    const { time } = timeAt({ wallMs: T + 3_600_000, persistedMs: T });
    expect(time.interval()).toEqual({ lowMs: T, highMs: T + 3_601_000, trusted: false });
  });

  it('does not believe a wall clock that was never set: how long the machine was off cannot be told', () => {
    const { time } = timeAt({ wallMs: 0, persistedMs: T });
    expect(time.interval()).toEqual({ lowMs: T, highMs: T + offMsMax + 1_000, trusted: false });
    time.observe(T + 5_000);
    expect(time.interval()).toEqual({ lowMs: T + 5_000, highMs: T + 6_000, trusted: true });
  });

  it('believes a wall clock that is a little behind what was certified', () => {
    const { time } = timeAt({ wallMs: T - 200_000, persistedMs: T });
    expect(time.interval()).toEqual({ lowMs: T, highMs: T + 1_000, trusted: false });
  });

  it('runs with the monotonic clock, and the drift widens it', () => {
    const { clock, time } = timeAt({ wallMs: 0 });
    time.observe(T);
    clock.advance(1_000_000);
    expect(time.interval()).toEqual({ lowMs: T + 999_500, highMs: T + 1_000_500 + 1_000, trusted: true });
  });

  it('keeps a wall clock that is ahead inside: replayed old heads cannot make an expired coupon surely valid', () => {
    const { time } = timeAt({ wallMs: T + 86_400_000 });
    time.observe(T);
    expect(time.interval().lowMs).toBe(T);
    expect(time.interval().highMs).toBe(T + 86_401_000);
  });

  it('never moves the lower bound back, not for an older certificate either', () => {
    const { clock, time } = timeAt({ wallMs: T });
    time.observe(T + 60_000);
    clock.advance(10_000);
    const before = time.interval().lowMs;
    time.observe(T + 1_000);
    expect(time.interval().lowMs).toBe(before);
  });

  it('persists the lower bound at the first certificate, every minute, and at the end; never a lower one', () => {
    const { clock, time, saved } = timeAt({ wallMs: T });
    time.observe(T);
    expect(saved).toEqual([T]);
    clock.advance(180_000);
    expect(saved).toHaveLength(4);
    clock.advance(10_000);
    time.stop();
    clock.advance(600_000);
    expect(saved).toHaveLength(5);
    expect(saved).toEqual([...saved].sort((a, b) => a - b));
    expect(clock.nextTimerMs()).toBeUndefined();
  });

  it('persists nothing of what it only guesses', () => {
    const { clock, time, saved } = timeAt({ wallMs: T, persistedMs: T - 5 });
    clock.advance(300_000);
    time.stop();
    expect(saved).toEqual([]);
  });
});
