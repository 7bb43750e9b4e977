/** Amounts, spans and times as people of either language read them. */
import { words } from './words.js';

const locales = { en: 'en-GB', zh: 'zh-CN' };

/** An amount of base units (decimal string) with its currency, exact for any size. */
export function amountText(language, value, unit) {
  const style = { style: 'currency', currency: unit, currencyDisplay: 'narrowSymbol' };
  const digits = new Intl.NumberFormat(locales[language], style).resolvedOptions().maximumFractionDigits;
  const padded = value.padStart(digits + 1, '0');
  const whole = padded.slice(0, padded.length - digits);
  const fraction = padded.slice(padded.length - digits);
  const format = new Intl.NumberFormat(locales[language], {
    ...style,
    minimumFractionDigits: 0,
    maximumFractionDigits: 0,
  });
  const text = format.format(BigInt(whole));
  if (digits === 0 || /^0+$/.test(fraction)) return text;
  const point = new Intl.NumberFormat(locales[language]).formatToParts(1.5).find((part) => part.type === 'decimal');
  return text.replace(/\d(?=\D*$)/, (last) => `${last}${point?.value ?? '.'}${fraction}`);
}

/** Several amounts in a row; the word for none when there are none or all are zero. */
export function amountsText(language, amounts) {
  const shown = amounts.filter(({ value }) => value !== '0');
  if (shown.length === 0) return words[language].nothing;
  return shown.map(({ value, unit }) => amountText(language, value, unit)).join(' + ');
}

/** A span of milliseconds in its largest fitting unit. */
export function spanText(language, ms) {
  const { spans } = words[language];
  const steps = [
    [1_000, 1, spans.ms],
    [60_000, 1_000, spans.s],
    [3_600_000, 60_000, spans.min],
    [86_400_000, 3_600_000, spans.h],
    [Number.POSITIVE_INFINITY, 86_400_000, spans.d],
  ];
  const [, size, name] = steps.find(([below]) => ms < below) ?? steps[4];
  const amount = ms / size;
  return `${amount < 10 && size > 1_000 ? amount.toFixed(1).replace(/\.0$/, '') : Math.round(amount)} ${name}`;
}

/** Time of day with seconds, on this machine's time zone. */
export function timeText(language, ms) {
  return new Intl.DateTimeFormat(locales[language], { timeStyle: 'medium', hourCycle: 'h23' }).format(ms);
}

/** A whole number with its grouping. */
export function countText(language, count) {
  return new Intl.NumberFormat(locales[language]).format(count);
}

/** A share of 0 to 1 in percent. */
export function shareText(language, share) {
  return new Intl.NumberFormat(locales[language], { style: 'percent' }).format(share);
}
