import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { StatusWatch, statusEvents } from '#sync/validator/status-events';
import type { ValidatorStatus } from '#sync/validator/validator-status';
import { reportOf } from '../../fixtures/validator-report.ts';

const folder = join(import.meta.dirname, '../../../sync/validator');

/** Names of what is told after each report. */
function told(...changes: Partial<ValidatorStatus>[]): string[][] {
  const watch = new StatusWatch();
  return changes.map((change) => watch.see(reportOf('v1', change)).map(({ event }) => event));
}

describe('the watch', () => {
  it('tells a change once, and nothing while nothing changes', () => {
    const alone = { peers: [] };
    expect(told({}, {}, alone, alone, {})).toEqual([
      ['taking-part'],
      [],
      ['not-taking-part', 'peer-down', 'peer-down', 'peer-down'],
      [],
      ['taking-part', 'peer-up', 'peer-up', 'peer-up'],
    ]);
  });

  it('says from the start what is wrong from the start', () => {
    expect(told({ catchingUp: true, diskFreeBytes: 0 }, { catchingUp: true, diskFreeBytes: 0 })).toEqual([
      ['disk-low'],
      [],
    ]);
  });

  it.each<[string[], Partial<ValidatorStatus>]>([
    [['epoch-begun'], { epoch: 2 }],
    [['members-changed'], { members: ['v1', 'v2', 'v3', 'v4', 'v5'] }],
    [['view-changing'], { view: 1 }],
    [['primary-failed'], { failedPrimaries: ['v2'] }],
    [['region-standing'], { sinceBlockMs: 31_000 }],
    [['pool-filling'], { poolSegments: 20_000 }],
    [['segments-turned-away'], { turnedAway: { BUSY: 3 } }],
    [['statements-refused'], { refusedStatements: { BAD_SIGNATURE: 101 } }],
    [[], { refusedStatements: { OLD: 5 } }],
  ])('%j follows what shows it', (events, change) => {
    expect(told({}, change, change)).toEqual([['taking-part'], events, []]);
  });

  it('does not flicker between the edges of a state', () => {
    const pools = [20_000, 16_000, 17_000, 9_000, 8_000].map((poolSegments) => ({ poolSegments }));
    expect(told({}, ...pools).slice(1)).toEqual([['pool-filling'], [], [], [], ['pool-eased']]);
  });

  it('names the height and the view that a primary lost', () => {
    const watch = new StatusWatch();
    watch.see(reportOf('v1'));
    expect(watch.see(reportOf('v1', { view: 2, primary: 'v3' }))).toEqual([
      { event: 'view-changing', fields: { height: 101, view: 2, primary: 'v3' } },
    ]);
  });
});

describe('OPERATING.md', () => {
  it('explains exactly the events that the validator logs', () => {
    const sources = readdirSync(folder).filter((file) => file.endsWith('.ts'));
    const inCode = sources.flatMap((file) =>
      [...readFileSync(join(folder, file), 'utf8').matchAll(/\{ event: '([a-z-]+)',/g)].map((match) => match[1] ?? ''),
    );
    const logged = new Set([...Object.keys(statusEvents), ...inCode.filter((name) => name !== 'ready')]);
    const page = readFileSync(join(folder, 'OPERATING.md'), 'utf8');
    const section = page.slice(page.indexOf('## Log events')).split('\n## ')[0] ?? '';
    const documented = [...section.matchAll(/^\| `([a-z-]+)`/gm)].map((match) => match[1] ?? '');
    expect(documented.sort()).toEqual([...logged].sort());
  });
});
