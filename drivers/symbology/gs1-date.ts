// Dates in GS1 elements: validity of the digits, and the year that two digits mean.

/** A calendar day; `day` is the last of the month where the code carried day 00. */
export interface CalendarDay {
  readonly year: number;
  readonly month: number;
  readonly day: number;
}

/** Number of days in a month (1 to 12) of the Gregorian calendar. */
export function daysInMonth(year: number, month: number): number {
  if (month === 2) return (year % 4 === 0 && year % 100 !== 0) || year % 400 === 0 ? 29 : 28;
  return month === 4 || month === 6 || month === 9 || month === 11 ? 30 : 31;
}

/**
 * The full year of a two-digit year, seen from `currentYear` (four digits).
 * Source: GS1 General Specifications, section "Determination of century in dates": a difference of 51 to 99 means the
 * century before, -99 to -50 the century after, anything else the current one.
 */
export function yearOfTwoDigits(twoDigits: number, currentYear: number): number {
  const century = currentYear - (currentYear % 100);
  const difference = twoDigits - (currentYear % 100);
  if (difference >= 51) return century - 100 + twoDigits;
  if (difference <= -50) return century + 100 + twoDigits;
  return century + twoDigits;
}

/**
 * The day a six-digit date (YYMMDD) means, seen from `currentYear`; undefined where it is no date.
 * Day 00 means the last day of the month.
 */
export function dayOfElement(yymmdd: string, currentYear: number): CalendarDay | undefined {
  if (!/^[0-9]{6}$/.test(yymmdd)) return undefined;
  const year = yearOfTwoDigits(Number(yymmdd.slice(0, 2)), currentYear);
  const month = Number(yymmdd.slice(2, 4));
  const day = Number(yymmdd.slice(4, 6));
  if (month < 1 || month > 12) return undefined;
  const last = daysInMonth(year, month);
  return day > last ? undefined : { year, month, day: day === 0 ? last : day };
}

// Validity must not depend on the day of the scan. Two digits decide the leap year alone, except for 00, which the
// century rule reads as 2000 (a leap year) in every year from 1950 to 2049.
const REFERENCE_YEAR = 2000;

/** Whether six digits are a date (YYMMDD); day 00 only where `dayZeroAllowed`. */
export function isShortDate(yymmdd: string, dayZeroAllowed: boolean): boolean {
  if (!dayZeroAllowed && yymmdd.endsWith('00')) return false;
  return dayOfElement(yymmdd, REFERENCE_YEAR) !== undefined;
}

/** Whether eight digits are a date (YYYYMMDD) with a real day. */
export function isLongDate(yyyymmdd: string): boolean {
  if (!/^[0-9]{8}$/.test(yyyymmdd)) return false;
  const month = Number(yyyymmdd.slice(4, 6));
  const day = Number(yyyymmdd.slice(6, 8));
  return month >= 1 && month <= 12 && day >= 1 && day <= daysInMonth(Number(yyyymmdd.slice(0, 4)), month);
}
