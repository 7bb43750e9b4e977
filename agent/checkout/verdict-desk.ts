/** Turns findings into the verdict that is shown: decision, words, check code, time. */

import type { EntryPlace } from '#agent/journal/entry-state';
import { checkCode } from '#agent/verdict/check-code';
import type { Findings } from '#agent/verdict/findings';
import { decide } from '#agent/verdict/policy';
import type { Text } from '#agent/verdict/reason-texts';
import type { Finality, Verdict } from '#agent/verdict/verdict';
import { type TextFacts, verdictText } from '#agent/verdict/verdict-text';
import { toHex } from '#core/bytes';
import type { ReasonName } from '#ledger/reasons';
import type { Till } from './till.ts';

/** One scan on its way to a verdict. */
export interface ScanSlip {
  /** 16 hex digits. */
  readonly id: string;
  readonly device: string;
  readonly kind: string;
  readonly key: string;
  /** Monotonic ms when the scan was complete. */
  readonly startedMs: number;
}

/** What is decided about a scan. */
export interface Outcome {
  readonly subject: TextFacts['subject'];
  readonly findings: Findings;
  readonly finality?: Finality;
  readonly entry?: EntryPlace | null;
  readonly basket?: string | null;
  /** Words that say it better than the reasons do. */
  readonly text?: Text;
}

/** A new slip for a code that was recognised or not. */
export function newSlip(
  till: Till,
  code: { readonly kind: string; readonly key: string },
  device: string,
  startedMs: number,
): ScanSlip {
  return { id: toHex(till.entropy.bytes(8)), device, kind: code.kind, key: code.key, startedMs };
}

/** The verdict of an outcome. A no has no finality and no value granted. */
export function makeVerdict(till: Till, slip: ScanSlip, outcome: Outcome): Verdict {
  const { findings, subject } = outcome;
  const decision = decide(findings.reasons);
  const finality = decision === 'refuse' ? 'none' : (outcome.finality ?? 'none');
  const { timeLowMs, timeHighMs } = till.now();
  const facts = { subject, decision, finality, basis: findings.basis, reasons: findings.reasons };
  const text =
    outcome.text ?? verdictText({ ...facts, priorUse: findings.priorUse, nowMs: timeLowMs, timeZone: till.timeZone });
  const entry = outcome.entry ?? null;
  const unsigned = {
    id: slip.id,
    terminal: till.terminal,
    device: slip.device,
    kind: slip.kind,
    key: slip.key,
    decision,
    identity: findings.identity,
    status: findings.status,
    finality,
    basis: findings.basis,
    fault: findings.fault,
    reasons: findings.reasons,
    text,
    title: findings.title,
    value: findings.value === null ? null : findings.value.toString(),
    unit: findings.unit,
    priorUse: findings.priorUse,
    entry: entry === null ? null : { stream: entry.stream, sequence: entry.sequence },
    basket: outcome.basket ?? null,
    height: findings.height,
    timeLowMs,
    timeHighMs,
  } as const;
  const code = checkCode(unsigned, till.secretSeed);
  return { ...unsigned, checkCode: code, elapsedMs: till.clock.monotonicMs() - slip.startedMs };
}

/** The verdict of a unit that the store's own books refuse. */
export function noFromBooks(
  till: Till,
  slip: ScanSlip,
  no: { readonly reasons: readonly ReasonName[]; readonly prior: Findings['priorUse']; readonly text?: Text },
): Verdict {
  const findings: Findings = {
    identity: 'match',
    status: 'blocked',
    basis: 'none',
    fault: 'none',
    reasons: no.reasons,
    title: null,
    value: null,
    unit: null,
    priorUse: no.prior,
    height: null,
  };
  return makeVerdict(till, slip, { subject: 'coupon', findings, ...(no.text === undefined ? {} : { text: no.text }) });
}
