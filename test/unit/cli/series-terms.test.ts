import { Command } from 'commander';
import { describe, expect, it } from 'vitest';
import { type TermsOptions, termsOf, withTermsOptions } from '#agent/cli/series-terms';
import type { Terms } from '#ledger/coupons/terms';

const today = 1_800_000_000_000;
const dayMs = 86_400_000;

function define(...options: string[]): Terms {
  const command = withTermsOptions(new Command('define'))
    .exitOverride()
    .configureOutput({ writeErr: () => undefined });
  return termsOf(command.parse(['--title', 't', ...options], { from: 'user' }).opts<TermsOptions>(), today);
}

describe('options of bizain issuer define', () => {
  it('make the plainest coupon of a title and a value', () => {
    expect(define('--value', '500')).toMatchObject({
      value: { kind: 'fixed', amount: 500n },
      unit: 'CNY',
      consent: 1,
      acceptedBy: { kind: 'issuer' },
      stacking: { kind: 'with-others' },
      transferable: true,
      redemption: null,
      validFromMs: today,
      validUntilMs: today + 366 * dayMs - 1,
      offline: { kind: 'budget', shardAgeMsMax: 72 * 3_600_000 },
      voidWindowMs: dayMs,
      returnRule: 0,
    });
  });

  it('reach every term', () => {
    const terms = define(
      ...['--percentage', '15/100', '--cap', '2000', '--unit', 'EUR', '--alliance', 'street', '--minimum-spend', '900'],
      ...['--product', '04012345123456', '--product', 'own.brand.x', '--redeem-until', '2027-02-01'],
      ...['--per-holder', '2', '--total', '50', '--stacking', 'group:tea', '--no-transferable', '--holders'],
      ...['--offline', 'never', '--late-refused', '--void-hours', '2', '--returns', 'forfeit', '--terms-version', '3'],
    );
    expect(terms).toMatchObject({
      version: 3,
      value: { kind: 'percentage', numerator: 15, denominator: 100, cap: 2_000n },
      unit: 'EUR',
      minimumSpend: 900n,
      products: ['04012345123456', 'own.brand.x'],
      redemption: { fromMs: today, untilMs: Date.parse('2027-02-01') },
      perHolderMax: 2,
      totalMax: 50,
      stacking: { kind: 'group', name: 'tea' },
      transferable: false,
      acceptedBy: { kind: 'alliance', id: 'street' },
      consent: 2,
      offline: { kind: 'never' },
      lateRule: 1,
      voidWindowMs: 7_200_000,
      returnRule: 2,
    });
    expect(define('--value', '5', '--open', '--total', '9')).toMatchObject({ open: true, consent: 0, totalMax: 9 });
    expect(
      define('--value', '5', '--partial', '--no-consent', '--accepted-by', 'a', '--accepted-by', 'b'),
    ).toMatchObject({
      partial: true,
      consent: 0,
      acceptedBy: { kind: 'merchants', accounts: ['a', 'b'] },
    });
  });

  it('that contradict each other are a usage error', () => {
    for (const options of [
      [],
      ['--percentage', '1/2'],
      ['--value', '5', '--cap', '9'],
      ['--value', '5', '--percentage', '1/2', '--cap', '9'],
      ['--value', '5', '--alliance', 'x', '--accepted-by', 'y'],
    ]) {
      expect(() => define(...options), options.join(' ')).toThrow(expect.objectContaining({ code: 'USAGE' }));
    }
    expect(() => define('--value', '5', '--stacking', 'sometimes')).toThrow();
    expect(() => define('--value', '5', '--product', 'tea')).toThrow();
  });
});
