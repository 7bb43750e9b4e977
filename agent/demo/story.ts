/**
 * The story of the demo: one shop day in a dozen steps. Each step does something at a till and then asks the certified
 * ledger and the journals whether it is so; a step that cannot show it fails the demo.
 */
import { expectEqual, expectVerdict } from './check.ts';
import type { Stage } from './stage.ts';
import { describeVerdict, formatMs } from './telling.ts';

/** What a step leaves in the JSON summary. */
export type StepFacts = Readonly<Record<string, unknown>>;

/** One step: a title in both languages and what happens. `say` prints a line under the title. */
export interface StoryStep {
  readonly name: string;
  readonly en: string;
  readonly zh: string;
  run(stage: Stage, say: (line: string) => void): Promise<StepFacts>;
}

/** Milliseconds that the region may take to settle what a line cut left behind. */
const settleMsMax = 20_000;
/** Coupons scanned online to say how long `final` takes. */
const onlineScans = 20;
/** Serials of the story's coupons. The store owns 500 to 519; its budget lets three more through at the hub. */
const serials = {
  first: 0,
  onlineFrom: 1,
  owned: 500,
  elsewhere: 800,
  inBudget: [801, 802],
  overBudget: 803,
} as const;
const [justTakenSerial] = serials.inBudget;

const issued: StoryStep = {
  name: 'issued',
  en: 'A issues 1,000 coupons worth 100, B a batch of traced products; the store gets its rights',
  zh: 'A 发行 1000 张面值 100 的优惠券，B 登记一批可追溯商品；门店取得授权',
  async run({ auditor, goods }, say) {
    const { series, batch, lease, budget } = goods;
    await auditor.until('the issue is on the ledger', () => auditor.issuedCount(series.gcn) === series.count);
    expectEqual('coupons issued', auditor.issuedCount(series.gcn), 1_000);
    expectEqual('a coupon at large', auditor.itemStatus(series.gcn, serials.first), 'available');
    expectEqual('a coupon leased to the store', auditor.itemStatus(series.gcn, serials.owned), 'leased');
    expectEqual('a product', auditor.productStatus(batch.gtin, batch.lot, batch.serials[0] ?? ''), 'commissioned');
    say(`${series.count} coupons "${series.title}" at ${series.valueText}; ${batch.serials.length} "${batch.name}"`);
    say(`the store owns ${lease.count} of them and may risk ${budget.countMax} more while the line is cut`);
    return { issued: series.count, products: batch.serials.length, leased: lease.count, budget: budget.countMax };
  },
};

const goodsIn: StoryStep = {
  name: 'goods-in',
  en: 'The warehouse station receives three products',
  zh: '仓库工位收货三件',
  async run({ station, auditor, goods }, say) {
    const { batch } = goods;
    for (const serial of batch.serials.slice(0, 3)) {
      const verdict = await station.scan(goods.productCode(serial), ']d2');
      expectVerdict(verdict, { decision: 'accept', identity: 'match' });
      await station.settled(verdict, settleMsMax);
      await auditor.until('received', () => auditor.productStatus(batch.gtin, batch.lot, serial) === 'received');
      say(describeVerdict(verdict));
    }
    return { received: 3 };
  },
};

const onlineFinal: StoryStep = {
  name: 'online-final',
  en: 'Lane 1 scans a coupon while the line is up: final',
  zh: '在线：1 号收银台扫券，即时终局确认',
  async run({ lane1, auditor, goods }, say) {
    const { gcn } = goods.series;
    const verdict = await lane1.scan(goods.couponCode(serials.first));
    expectVerdict(verdict, { decision: 'accept', finality: 'final' });
    await auditor.until('redeemed', () => auditor.itemStatus(gcn, serials.first) === 'redeemed');
    expectEqual('lane 1 waits for nothing', (await lane1.queue()).length, 0);
    say(describeVerdict(verdict));
    const samples: number[] = [];
    for (let i = 0; i < onlineScans; i += 1) {
      const next = await lane1.scan(goods.couponCode(serials.onlineFrom + i));
      expectVerdict(next, { decision: 'accept', finality: 'final' });
      samples.push(next.elapsedMs);
    }
    samples.sort((a, b) => a - b);
    const p50 = samples[Math.floor(samples.length / 2)] ?? 0;
    const slowest = samples.at(-1) ?? 0;
    say(`scan to final over ${onlineScans} more coupons: median ${formatMs(p50)}, slowest ${formatMs(slowest)}`);
    return { firstMs: verdict.elapsedMs, p50Ms: p50, maxMs: slowest, samples: onlineScans };
  },
};

const usedHere: StoryStep = {
  name: 'used-here',
  en: 'Lane 2 scans the same coupon: used here, lane 1, and when',
  zh: '2 号收银台再扫同一张券：本店 1 号台已用',
  async run({ lane1, lane2, goods }, say) {
    const verdict = await lane2.scan(goods.couponCode(serials.first));
    expectVerdict(verdict, { decision: 'refuse', finality: 'none' }, 'USED_HERE');
    expectEqual('used by', verdict.priorUse?.terminal, (await lane1.status()).terminal);
    expectEqual('used when is known', typeof verdict.priorUse?.atMs, 'number');
    say(describeVerdict(verdict));
    return { reasons: verdict.reasons, usedBy: verdict.priorUse?.terminal, usedAtMs: verdict.priorUse?.atMs };
  },
};

const lineCut: StoryStep = {
  name: 'line-cut',
  en: 'The line is cut. The store knows what it can do alone',
  zh: '断网。门店清楚自己能独立做什么',
  async run({ lane1, lane2, station, line }, say) {
    line.cut();
    for (const lane of [lane1, lane2, station]) {
      await lane.until('notices the cut', (status) => !status.line.connected, settleMsMax);
    }
    const { exposure, autonomy } = await lane1.status();
    const atRisk = exposure.byUnit[0];
    expectEqual('exposure is known before anything happens', exposure.budgets.length, 1);
    expectEqual('owned units', autonomy.ownedUnits, 20);
    say(`exposure: at most ${Number(atRisk?.value ?? 0) / 100} ${atRisk?.unit ?? ''} can be lost`);
    say(`autonomy: ${autonomy.ownedUnits} owned and ${autonomy.budgetUnits} budgeted coupons`);
    return { exposure: exposure.byUnit, ownedUnits: autonomy.ownedUnits, budgetUnits: autonomy.budgetUnits };
  },
};

const offlineCoupons: StoryStep = {
  name: 'offline-coupons',
  en: 'Offline: owned is guaranteed, unowned is provisional within the budget, beyond it is refused',
  zh: '离线：自有券保证有效；预算内暂认；超预算拒收',
  async run({ lane1, lane2, elsewhere, auditor, goods }, say) {
    const { gcn } = goods.series;
    const first = await elsewhere.scan(goods.couponCode(serials.elsewhere));
    expectVerdict(first, { decision: 'accept', finality: 'final' });
    say('(across town, another shop takes one of these coupons online; this store cannot know)');
    const owned = await lane2.scan(goods.couponCode(serials.owned));
    expectVerdict(owned, { decision: 'accept', finality: 'guaranteed' });
    say(describeVerdict(owned));
    for (const serial of [serials.elsewhere, ...serials.inBudget]) {
      const verdict = await lane2.scan(goods.couponCode(serial));
      expectVerdict(verdict, { decision: 'accept', finality: 'provisional' });
      say(describeVerdict(verdict));
    }
    const over = await lane2.scan(goods.couponCode(serials.overBudget));
    expectVerdict(over, { decision: 'refuse' }, 'BUDGET_EXHAUSTED');
    say(describeVerdict(over));
    const justTaken = await lane1.scan(goods.couponCode(justTakenSerial));
    expectVerdict(justTaken, { decision: 'refuse' }, 'USED_HERE');
    say(describeVerdict(justTaken));
    expectEqual('the ledger has not heard of it', auditor.itemStatus(gcn, justTakenSerial), 'available');
    const queued = (await lane2.queue()).length;
    expectEqual('lane 2 holds reserve and capture of four coupons', queued, 8);
    return {
      guaranteed: 1,
      provisional: 1 + serials.inBudget.length,
      refused: [over.reasons, justTaken.reasons],
      queued,
    };
  },
};

const products: StoryStep = {
  name: 'products',
  en: 'Products and fakes: sold twice, recalled, unknown, tampered; each has its own answer',
  zh: '商品与伪码：重复销售、召回、未知、篡改，各有各的结论',
  async run({ lane1, lane2, goods }, say) {
    const serial = goods.batch.serials[0] ?? '';
    const sold = await lane1.scan(goods.productCode(serial), ']d2');
    expectVerdict(sold, { decision: 'accept', identity: 'match' });
    const again = await lane2.scan(goods.productCode(serial), ']d2');
    expectVerdict(again, { identity: 'match' }, 'ALREADY_SOLD_HERE');
    const recalled = await lane1.scan(goods.recalledCode, ']d2');
    expectVerdict(recalled, { identity: 'match', status: 'blocked' }, 'RECALLED');
    const unknown = await lane1.scan(goods.unknownCode, ']d2');
    expectVerdict(unknown, { identity: 'no-match', decision: 'refuse' }, 'NO_SUCH_SERIAL');
    const tampered = await lane1.scan(goods.tamperedCoupon(serials.overBudget));
    expectVerdict(tampered, { decision: 'refuse', identity: 'no-match' }, 'TAMPERED');
    const misread = await lane1.scan(goods.misreadCode, ']d2');
    expectVerdict(misread, { decision: 'refuse' }, 'BAD_CODE');
    const verdicts = [sold, again, recalled, unknown, tampered, misread];
    for (const verdict of verdicts) say(describeVerdict(verdict));
    return { verdicts: verdicts.map((v) => ({ key: v.key, decision: v.decision, reasons: v.reasons })) };
  },
};

const powerCut: StoryStep = {
  name: 'till-killed',
  en: 'Lane 2 is killed and comes back: its journal is what it was',
  zh: '2 号收银台被强制断电后重启：日志分毫不差',
  async run({ lane2, goods }, say) {
    const before = await lane2.queue();
    await lane2.killAndRestart();
    const after = await lane2.queue();
    const sequences = (queue: typeof before) => queue.map((item) => [item.stream, item.sequence]);
    expectEqual('the queue', sequences(after).slice(0, before.length), sequences(before));
    const again = await lane2.scan(goods.couponCode(serials.owned));
    expectVerdict(again, { decision: 'refuse' }, 'USED_HERE');
    say(describeVerdict(again));
    return { queued: after.length };
  },
};

const lineBack: StoryStep = {
  name: 'line-back',
  en: 'One validator is killed, the line comes back: everything queued becomes final, or conflicted where it must',
  zh: '一个验证节点宕机，线路恢复：全部排队交易终局确认，冲突的如实标明',
  async run({ lane1, lane2, station, line, validators, auditor, goods }, say) {
    await validators.kill(3);
    say(`${validators.nameOf(3)} is killed; three of four go on`);
    line.restore();
    const lanes = [lane1, lane2, station];
    for (const lane of lanes) {
      const isSettled = (s: Awaited<ReturnType<typeof lane.status>>) =>
        s.line.connected && s.journal.pending.value + s.journal.pending.trace === 0;
      await lane.until('everything queued is settled', isSettled, settleMsMax);
    }
    const { gcn } = goods.series;
    for (const serial of [serials.owned, serials.elsewhere, ...serials.inBudget]) {
      await auditor.until(`coupon ${serial} is redeemed`, () => auditor.itemStatus(gcn, serial) === 'redeemed');
    }
    expectEqual('the refused one is still at large', auditor.itemStatus(gcn, serials.overBudget), 'available');
    const books = (await lane2.status()).books;
    expectEqual('lane 2 books: conflicted entries', books.conflicted.count > 0, true);
    say(`coupon ${serials.elsewhere} was taken across town first: conflicted, inside the budget its issuer signed`);
    return { conflicted: books.conflicted, final: books.final };
  },
};

const booksClose: StoryStep = {
  name: 'books-close',
  en: 'The books close',
  zh: '账目平衡',
  async run({ lane1, lane2, station, auditor, goods }, say) {
    const facts: Record<string, unknown> = {};
    for (const lane of [lane1, lane2, station]) {
      const { books } = await lane.status();
      expectEqual(`${lane.label}: books balance`, [books.balanced, books.pending.count], [true, 0]);
      const { accepted, final, conflicted, refused, voided } = books;
      say(
        `${lane.label.padEnd(9)} accepted ${accepted.count} = final ${final.count} + conflicted ${conflicted.count} + refused ${refused.count} + voided ${voided.count}, pending 0`,
      );
      facts[lane.label] = { accepted: accepted.count, final: final.count, conflicted: conflicted.count };
    }
    const redeemed = auditor.countItems(goods.series.gcn, 'redeemed');
    expectEqual(
      'coupons redeemed on the ledger: online, offline, across town',
      redeemed,
      2 + onlineScans + 1 + serials.inBudget.length,
    );
    const right = auditor.right(goods.budget.rightId);
    expectEqual('conflicts booked on the budget', right?.conflictedCount, 1);
    return { ...facts, redeemedOnLedger: redeemed };
  },
};

const catchUp: StoryStep = {
  name: 'catch-up',
  en: 'The killed validator returns and catches up',
  zh: '宕机的验证节点恢复并追上',
  async run({ validators, auditor }, say) {
    const target = auditor.height;
    const missed = await validators.restart(3);
    const height = await validators.untilHeight(3, target, settleMsMax);
    say(`${validators.nameOf(3)} came back at height ${missed} and stands at ${height} like the others`);
    return { from: missed, to: height };
  },
};

/** The steps in order. */
export const story: readonly StoryStep[] = [
  issued,
  goodsIn,
  onlineFinal,
  usedHere,
  lineCut,
  offlineCoupons,
  products,
  powerCut,
  lineBack,
  booksClose,
  catchUp,
];
