/** A small shop story drawn from a seed: scans at two lanes, the line cut and restored on the way, lanes killed while they judge. */
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

/** One kill: which lane, while which lane judges, and when. */
export interface Kill {
  readonly lane: 1 | 2;
  readonly scanning: 1 | 2;
  readonly serial: number;
  /** Milliseconds after the scan was sent. */
  readonly afterMs: number;
  /** Scans that the other lane takes before the killed one is back. */
  readonly scansMeanwhile: number;
}

const scansInStory = 8;
const killsInStory = 2;
const cutOddsOneIn = 4;
/** Longest a scan is left alone before the kill: about the time that a yes takes, with the region and without. */
const killAfterMsMax = { online: 250, alone: 16 } as const;

/** One story under way. */
class KillStory {
  readonly told: Told[] = [];
  readonly kills: Kill[] = [];
  readonly #stage: Stage;
  readonly #entropy: SeededEntropy;
  readonly #fresh: { readonly owned: number[]; readonly unowned: number[] };
  #isCut = false;

  constructor(stage: Stage, stock: Stock, seed: number) {
    this.#stage = stage;
    this.#entropy = new SeededEntropy(seed);
    this.#fresh = { owned: [...stock.owned], unowned: [...stock.unowned] };
  }

  async play(): Promise<void> {
    const killedAt = new Set(Array.from({ length: killsInStory }, () => this.#draw(scansInStory)));
    for (let at = 0; at < scansInStory; at++) {
      if (this.#draw(cutOddsOneIn) === 0) this.#toggleLine();
      if (killedAt.has(at)) await this.#kill();
      else await this.#scan(this.#drawLane());
    }
    if (this.#isCut) this.#toggleLine();
  }

  async #scan(lane: 1 | 2): Promise<void> {
    const { serial } = this.#drawCoupon();
    const verdict = await this.#lane(lane).scan(this.#stage.goods.couponCode(serial));
    this.told.push({ lane, serial, verdict });
  }

  /** Kills one of the lanes while one of them judges; the other goes on for a while, then the killed one comes back. */
  async #kill(): Promise<void> {
    const [lane, scanning] = [this.#drawLane(), this.#drawLane()];
    const { serial, isOwned } = this.#drawCoupon();
    const afterMs = this.#draw(isOwned || this.#isCut ? killAfterMsMax.alone : killAfterMsMax.online);
    const scansMeanwhile = this.#draw(3);
    this.kills.push({ lane, scanning, serial, afterMs, scansMeanwhile });
    const answer = this.#lane(scanning).scanUnlessKilled(this.#stage.goods.couponCode(serial));
    await sleep(systemClock, afterMs);
    await this.#lane(lane).kill();
    this.told.push({ lane: scanning, serial, verdict: await answer });
    for (let more = 0; more < scansMeanwhile; more++) await this.#scan(lane === 1 ? 2 : 1);
    await this.#lane(lane).restart();
  }

  #toggleLine(): void {
    this.#isCut = !this.#isCut;
    if (this.#isCut) this.#stage.line.cut();
    else this.#stage.line.restore();
  }

  /** A fresh coupon, or now and then one that was scanned before. */
  #drawCoupon(): { readonly serial: number; readonly isOwned: boolean } {
    const earlier = this.told[this.#draw(Math.max(1, this.told.length))];
    const kind = this.#draw(5);
    if (kind === 4 && earlier !== undefined) return { serial: earlier.serial, isOwned: true };
    const isOwned = kind < 2;
    const serial = (isOwned ? this.#fresh.owned : this.#fresh.unowned).shift();
    if (serial === undefined) throw new Error('the stock of the story is too small');
    return { serial, isOwned };
  }

  #drawLane(): 1 | 2 {
    return this.#draw(2) === 0 ? 1 : 2;
  }

  #lane(lane: 1 | 2): Lane {
    return lane === 1 ? this.#stage.lane1 : this.#stage.lane2;
  }

  #draw(below: number): number {
    return uniformInt(this.#entropy, below);
  }
}

/** Plays the story of a seed on a stage whose line is up and whose lanes are idle. Leaves the line restored. */
export async function playKillStory(
  stage: Stage,
  stock: Stock,
  seed: number,
): Promise<{ readonly told: readonly Told[]; readonly kills: readonly Kill[] }> {
  const story = new KillStory(stage, stock, seed);
  await story.play();
  return { told: story.told, kills: story.kills };
}
