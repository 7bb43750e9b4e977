/** A small shop story drawn from a seed: scans at two lanes, the line cut and restored on the way, one lane killed while it judges. */
import type { Lane } from '#agent/demo/lane';
import type { Stage } from '#agent/demo/stage';
import type { Verdict } from '#agent/verdict/verdict';
import { sleep, systemClock } from '#core/clock';
import { SeededEntropy, uniformInt } from '#core/entropy';

/** Serials that one story may use. */
export interface Stock {
  /** Covered by a lease of the store. */
  readonly owned: readonly number[];
  /** At large. */
  readonly unowned: readonly number[];
}

/** One scan and what the cashier was told; null where the lane was killed before it said anything. */
export interface Told {
  readonly lane: 1 | 2;
  readonly serial: number;
  readonly verdict: Verdict | null;
}

/** Where and when the lane is killed. */
export interface KillPlan {
  readonly lane: 1 | 2;
  readonly atScan: number;
  /** Milliseconds after the scan was sent. */
  readonly afterMs: number;
  /** Scans that the other lane takes before the killed one is back. */
  readonly scansMeanwhile: number;
}

const scansInStory = 8;
const cutOddsOneIn = 4;
/** Longest a scan is left alone before the kill: the time that one takes with the region, and without. */
const killAfterMsMax = { online: 500, offline: 80 } as const;

/** Plays the story of a seed on a stage whose line is up and whose lanes are idle. Leaves the line restored. */
export async function playKillStory(
  stage: Stage,
  stock: Stock,
  seed: number,
): Promise<{ readonly told: readonly Told[]; readonly plan: KillPlan }> {
  const entropy = new SeededEntropy(seed);
  const draw = (below: number): number => uniformInt(entropy, below);
  const fresh = { owned: [...stock.owned], unowned: [...stock.unowned] };
  const told: Told[] = [];
  let isCut = false;
  const toggle = (): void => {
    isCut = !isCut;
    if (isCut) stage.line.cut();
    else stage.line.restore();
  };
  const nextSerial = (): number => {
    const earlier = told[draw(Math.max(1, told.length))];
    const kind = draw(5);
    if (kind === 4 && earlier !== undefined) return earlier.serial;
    const serial = (kind < 2 ? fresh.owned : fresh.unowned).shift();
    if (serial === undefined) throw new Error('the stock of the story is too small');
    return serial;
  };
  const laneOf = (lane: 1 | 2): Lane => (lane === 1 ? stage.lane1 : stage.lane2);
  const scan = async (lane: 1 | 2): Promise<void> => {
    const serial = nextSerial();
    const verdict = await laneOf(lane).scan(stage.goods.couponCode(serial));
    told.push({ lane, serial, verdict });
  };
  const lane = draw(2) === 0 ? 1 : 2;
  const atScan = draw(scansInStory);
  const scansMeanwhile = draw(3);
  let afterMs = 0;
  for (let at = 0; at < scansInStory; at++) {
    if (draw(cutOddsOneIn) === 0) toggle();
    if (at !== atScan) {
      await scan(draw(2) === 0 ? 1 : 2);
      continue;
    }
    const serial = nextSerial();
    afterMs = draw(isCut ? killAfterMsMax.offline : killAfterMsMax.online);
    const answer = laneOf(lane).scanUnlessKilled(stage.goods.couponCode(serial));
    await sleep(systemClock, afterMs);
    await laneOf(lane).kill();
    told.push({ lane, serial, verdict: await answer });
    for (let more = 0; more < scansMeanwhile; more++) await scan(lane === 1 ? 2 : 1);
    await laneOf(lane).restart();
  }
  stage.line.restore();
  return { told, plan: { lane, atScan, afterMs, scansMeanwhile } };
}
