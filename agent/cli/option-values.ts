/** Values of command-line options, checked while they are parsed. */
import { InvalidArgumentError } from 'commander';

/** A whole number within bounds. */
export function wholeNumber(min: number, max: number): (text: string) => number {
  return (text) => {
    const value = Number(text);
    if (/^-?[0-9]+$/.test(text) && value >= min && value <= max) return value;
    throw new InvalidArgumentError(`Give a whole number from ${min} to ${max}.`);
  };
}

/** A text that a pattern accepts; `what` says what is wanted. */
export function matching(pattern: RegExp, what: string): (text: string) => string {
  return (text) => {
    if (pattern.test(text)) return text;
    throw new InvalidArgumentError(`Give ${what}.`);
  };
}

/** One more value of an option that may be given several times. */
export function collected(text: string, before: readonly string[] | undefined): readonly string[] {
  return [...(before ?? []), text];
}

/** An amount in base units (cents), as a decimal string. */
export const amount = (text: string): bigint => {
  if (/^[0-9]{1,20}$/.test(text)) return BigInt(text);
  throw new InvalidArgumentError('Give an amount in base units, e.g. 10000 for 100.00.');
};

/** A day `2026-12-31` or an ISO time, as ms since 1970; a day means its first millisecond in UTC. */
export const instant = (text: string): number => {
  const ms = /^[0-9]{4}-[0-9]{2}-[0-9]{2}(T.*)?$/.test(text) ? Date.parse(text) : Number.NaN;
  if (Number.isFinite(ms) && ms >= 0) return ms;
  throw new InvalidArgumentError('Give a day as 2026-12-31 or a time as 2026-12-31T20:00:00Z.');
};

/** An address to listen on, `127.0.0.1:1883`. */
export const listenAddress = (text: string): { readonly host: string; readonly port: number } => {
  const match = /^(\[[0-9a-fA-F:]+\]|[^:\s]+):([0-9]{1,5})$/.exec(text);
  const port = Number(match?.[2]);
  if (match?.[1] === undefined || port > 65_535) throw new InvalidArgumentError('Give an address as 127.0.0.1:1883.');
  return { host: match[1].replace(/^\[|\]$/g, ''), port };
};

/** A GS1 key of so many digits. */
export const digits = (count: number, what: string): ((text: string) => string) =>
  matching(new RegExp(`^[0-9]{${count}}$`), `${what}: ${count} digits`);

/** A broker's address. */
export const brokerUrl = matching(/^(mqtts?|wss?):\/\/\S+$/, 'a broker as mqtt://127.0.0.1:1883');
