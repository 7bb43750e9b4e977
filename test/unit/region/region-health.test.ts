import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { findingTexts } from '#agent/region/finding-texts';
import { findingSeverities, lagMax, regionHealth } from '#agent/region/region-health';
import type { ValidatorStatus } from '#sync/validator/validator-status';
import { askedFour, reportOf } from '../../fixtures/validator-report.ts';

const codesOf = (changes: Parameters<typeof askedFour>[0]): string[] =>
  regionHealth(askedFour(changes)).findings.map(({ code }) => code);

describe('the health of a region', () => {
  it('is good when four validators agree, whatever moment each of them was asked at', () => {
    const at = (height: number) => reportOf('v1', { height });
    const asked = { v2: { height: 101 }, v3: { height: 98 } };
    expect(regionHealth(askedFour(asked))).toMatchObject({ healthy: true, height: 101, taking: 4, findings: [] });
    // The fixture's validators agree at the heights that they share.
    expect(at(101).recentBlocks.at(-2)).toEqual(at(100).recentBlocks.at(-1));
  });

  it('alarms at two different state roots at one height, and names where', () => {
    const { findings, healthy } = regionHealth(askedFour({ v3: { stateRoot: 'f'.repeat(64) } }));
    expect(healthy).toBe(false);
    expect(findings).toMatchObject([{ code: 'ROOTS_DIFFER', severity: 'alarm', values: { height: 100 } }]);
    // At different heights the roots differ, rightly.
    expect(codesOf({ v3: { height: 99, stateRoot: 'f'.repeat(64) } })).toEqual([]);
  });

  it('alarms at another certified result or another block at a height that two of them have', () => {
    const blocks = reportOf('v2').recentBlocks;
    const forged = (change: Partial<ValidatorStatus['recentBlocks'][number]>) => ({
      v2: { recentBlocks: blocks.map((block) => (block.height === 92 ? { ...block, ...change } : block)) },
    });
    expect(regionHealth(askedFour(forged({ resultRoot: 'e'.repeat(64) }))).findings).toMatchObject([
      { code: 'ROOTS_DIFFER', values: { height: 92 } },
    ]);
    expect(regionHealth(askedFour(forged({ blockHash: 'e'.repeat(64) }))).findings).toMatchObject([
      { code: 'FORKED', values: { height: 92 } },
    ]);
  });

  it('warns of one that is silent, and does not speak of a lost quorum while blocks come', () => {
    expect(regionHealth(askedFour({ v4: 'NO_ANSWER' }))).toMatchObject({
      healthy: false,
      taking: 3,
      findings: [{ code: 'SILENT', severity: 'warning', validators: ['v4'], values: { reason: 'NO_ANSWER' } }],
    });
    expect(codesOf({ v3: 'NO_ANSWER', v4: 'NO_ANSWER' })).toEqual(['SILENT']);
    const old = { sinceBlockMs: 31_000 };
    expect(codesOf({ v1: old, v2: old, v3: 'NO_ANSWER', v4: 'NO_ANSWER' })).toEqual([
      'NO_QUORUM',
      'STANDING',
      'SILENT',
    ]);
    const none = 'NO_BROKER';
    expect(codesOf({ v1: none, v2: none, v3: none, v4: none })).toEqual(['NOBODY_ANSWERS', 'SILENT']);
  });

  it('tells an impostor from a silent validator', () => {
    expect(codesOf({ v4: 'BAD_SIGNATURE' })).toEqual(['BAD_SIGNATURE']);
  });

  it.each<[string, Partial<ValidatorStatus>]>([
    ['EVIDENCE', { evidence: 1 }],
    ['BEHIND', { height: 100 - lagMax - 1 }],
    ['BEHIND', { catchingUp: true }],
    ['VIEW_CHANGING', { view: 2 }],
    ['PEERS_MISSING', { peers: ['v1', 'v3'] }],
    ['BROKERS_DOWN', { brokersUp: 0 }],
    ['POOL_FILLING', { poolSegments: 30_000 }],
    ['LOOP_SLOW', { eventLoopDelayMs: { p50: 10, p99: 900, max: 1_000 } }],
    ['CERTIFICATES_SLOW', { certificateMs: { p50: 2_500, p99: 2_600, max: 2_700 } }],
    ['DISK_LOW', { diskFreeBytes: 1_000_000 }],
    ['VERSIONS_DIFFER', { version: '0.2.9' }],
    ['RESTARTED', { startedMs: Date.UTC(2026, 0, 2) - 1_000 }],
    ['FAILED_PRIMARY', { failedPrimaries: ['v4'] }],
  ])('%s is found in the report that shows it', (code, change) => {
    expect(codesOf({ v2: change })).toEqual([code]);
  });

  it('warns of a clock that is off either way', () => {
    const asked = askedFour().map((one) => (one.name === 'v3' ? { ...one, wallOffMs: -2_500 } : one));
    expect(regionHealth(asked).findings).toMatchObject([
      { code: 'CLOCK_OFF', validators: ['v3'], values: { worst: 2_500 } },
    ]);
  });

  it('is explained, finding by finding, in OPERATING.md', () => {
    const page = readFileSync(join(import.meta.dirname, '../../../sync/validator/OPERATING.md'), 'utf8');
    const rows = [...page.matchAll(/^\| `([A-Z_]+)` \| (alarm|warning|notice) \|/gm)].map((match) => [
      match[1],
      match[2],
    ]);
    expect(Object.fromEntries(rows)).toEqual(findingSeverities);
  });

  it('has a text in both languages for each finding, which names whom it is about', () => {
    expect(Object.keys(findingTexts).sort()).toEqual(Object.keys(findingSeverities).sort());
    const region = ['NOBODY_ANSWERS', 'NO_QUORUM', 'STANDING', 'VERSIONS_DIFFER'];
    for (const [code, { en, zh }] of Object.entries(findingTexts)) {
      for (const text of [en, zh]) expect([code, text.includes('{who}')]).toEqual([code, !region.includes(code)]);
    }
  });
});
