/** The sentence for the cashier: the weightiest reason of a no, the kind of a yes, with who and when where they are known. */

import { terminalParts } from '#ledger/ids';
import type { ReasonName } from '#ledger/reasons';
import { policy } from './policy.ts';
import { reasonTexts, type Text } from './reason-texts.ts';
import type { Decision, Finality, PriorUse, VerdictBasis } from './verdict.ts';

/** A fact of the warehouse: said the same way however firm it is. */
function recorded(en: string, zh: string): Record<Finality, Text> {
  const text = { en, zh };
  return { final: text, guaranteed: text, provisional: text, none: { en: 'Genuine', zh: '正品' } };
}

/** Accepting words by what was scanned and how firm the yes is. */
export const acceptTexts = {
  coupon: {
    final: { en: 'Taken. Final', zh: '已核销，已确认' },
    guaranteed: { en: 'Taken. Guaranteed', zh: '已核销，已保证' },
    provisional: { en: 'Taken. Confirmed when the line is back', zh: '已核销，联网后确认' },
    none: { en: 'Valid', zh: '有效' },
  },
  sale: {
    final: { en: 'Genuine. Sold', zh: '正品，已记录售出' },
    guaranteed: { en: 'Genuine. Sold', zh: '正品，已记录售出' },
    provisional: { en: 'Genuine. Sold', zh: '正品，已记录售出' },
    none: { en: 'Genuine', zh: '正品' },
  },
  receipt: {
    final: { en: 'Received', zh: '已收货' },
    guaranteed: { en: 'Received', zh: '已收货' },
    provisional: { en: 'Received', zh: '已收货' },
    none: { en: 'Genuine', zh: '正品' },
  },
  shipment: recorded('Shipped', '已发货'),
  return: recorded('Taken back', '已退货入库'),
  inspection: recorded('Inspected: passed', '检验合格'),
  rejection: recorded('Inspected: rejected', '检验不合格'),
  packing: recorded('Packed', '已装箱'),
  unpacking: recorded('Taken out', '已取出'),
} as const satisfies Record<string, Record<Finality, Text>>;

// What a cashier needs to hear first when several reasons hold. Reasons not named here come after these, in bit order.
const weightiest: readonly ReasonName[] = [
  'JOURNAL_FULL',
  'TAMPERED',
  'BAD_CODE',
  'USED_HERE',
  'RECALLED',
  'NO_SUCH_SERIAL',
  'LOT_MISMATCH',
  'EXPIRY_MISMATCH',
  'INACTIVE',
  'ALREADY_SOLD_HERE',
  'ALREADY_SOLD_ELSEWHERE',
  'ALREADY_REDEEMED',
  'EXPIRED',
  'PRODUCT_EXPIRED',
  'NO_ANSWER',
  'BUDGET_EXHAUSTED',
  'SHARD_TOO_OLD',
  'OFFLINE_NOT_ALLOWED',
];

/** The reason that is said first: blocking before warning, then by weight. Null for an empty set. */
export function primaryReason(reasons: readonly ReasonName[]): ReasonName | null {
  const rank = (reason: ReasonName): number => {
    const weight = weightiest.indexOf(reason);
    return (policy[reason] === 'block' ? 0 : 100) + (weight < 0 ? weightiest.length : weight);
  };
  let best: ReasonName | null = null;
  for (const reason of reasons) if (best === null || rank(reason) < rank(best)) best = reason;
  return best;
}

/** Clock of the wall in the shop: `14:03`, with the date before it when that was not the day of `nowMs`. */
export function shopTime(atMs: number, nowMs: number, timeZone: string): string {
  const day = new Intl.DateTimeFormat('sv-SE', { timeZone, dateStyle: 'short' });
  const time = new Intl.DateTimeFormat('sv-SE', { timeZone, timeStyle: 'short' });
  return day.format(atMs) === day.format(nowMs) ? time.format(atMs) : `${day.format(atMs)} ${time.format(atMs)}`;
}

/** How a lane is called: `lane 1` for `lane-1` or `lane1`, its own name otherwise. */
export function laneName(terminal: string): Text {
  const lane = terminalParts(terminal)?.lane ?? terminal;
  const number = /^lane-?0*([0-9]+)$/.exec(lane)?.[1];
  return number === undefined ? { en: lane, zh: lane } : { en: `lane ${number}`, zh: `${number}号收银台` };
}

function priorUseText(prior: PriorUse, nowMs: number, timeZone: string): Text {
  const when = prior.atMs === null ? '' : shopTime(prior.atMs, nowMs, timeZone);
  if (prior.terminal === null || !prior.here) {
    return when === '' ? { en: '', zh: '' } : { en: `, ${when}`, zh: ` ${when}` };
  }
  const lane = laneName(prior.terminal);
  return { en: `, ${lane.en}${when === '' ? '' : `, ${when}`}`, zh: `${lane.zh}${when === '' ? '' : ` ${when} `}` };
}

/** What `verdictText` needs to know. Times in certificate time; `timeZone`: IANA name of the shop's zone. */
export interface TextFacts {
  readonly subject: keyof typeof acceptTexts;
  readonly decision: Decision;
  readonly finality: Finality;
  readonly basis: VerdictBasis;
  readonly reasons: readonly ReasonName[];
  readonly priorUse: PriorUse | null;
  readonly nowMs: number;
  readonly timeZone: string;
}

const tellsWho: readonly ReasonName[] = [
  'USED_HERE',
  'ALREADY_REDEEMED',
  'ALREADY_SOLD_HERE',
  'ALREADY_SOLD_ELSEWHERE',
];

/** The sentence, e.g. "Already used here, lane 1, 14:03" and 本店1号收银台 14:03 已使用. */
export function verdictText(facts: TextFacts): Text {
  const primary = primaryReason(facts.reasons);
  if (facts.decision === 'accept' || primary === null) {
    const yes = acceptTexts[facts.subject][facts.finality];
    if (facts.subject === 'coupon' || facts.basis !== 'stale-shard') return yes;
    return { en: `${yes.en} (by the last known list)`, zh: `${yes.zh}（按最近名单）` };
  }
  const text = reasonTexts[primary];
  const { priorUse } = facts;
  if (priorUse === null || !tellsWho.includes(primary)) return text;
  const by = priorUseText(priorUse, facts.nowMs, facts.timeZone);
  if (by.zh === '') return text;
  // Chinese names place and time before the verb: 本店 + 1号收银台 14:03 + 已使用.
  const verbAt = text.zh.indexOf('已');
  return { en: text.en + by.en, zh: `${text.zh.slice(0, verbAt)}${by.zh}${text.zh.slice(verbAt)}`.trim() };
}
