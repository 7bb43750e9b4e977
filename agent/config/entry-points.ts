/** The ways into the region that a configuration names: brokers, and validators' own HTTPS entries. */
import { z } from 'zod';
import { BizainError } from '#core/errors';
import type { AnyEntryPoint, EntryPoint } from '#sync/outbox/entry-point';
import type { Genesis } from '#sync/wire/genesis';
import type { TerminalErrorCode } from './errors.ts';

const code: TerminalErrorCode = 'CONFIG_INVALID';

/** Schema of one validator's entry. */
export const httpsEntrySchema = z.strictObject({
  url: z
    .string()
    .regex(/^https:\/\/[^/?#@\s]+$/)
    .max(1_024)
    .describe('HTTPS entry of a validator, e.g. https://v1.example:7500.'),
  validator: z
    .string()
    .regex(/^[a-z0-9][a-z0-9._-]{0,31}$/)
    .describe('Name of the validator there, as in the genesis: its key there is the one that the entry must show.'),
  username: z.string().min(1).max(256).optional(),
  password: z.string().max(1_024).optional(),
});

/** A validator's entry as configured. */
export type HttpsEntryConfig = z.output<typeof httpsEntrySchema>;

interface BrokerConfig {
  readonly url: string;
  readonly username?: string | undefined;
  readonly password?: string | undefined;
  readonly protocol?: EntryPoint['protocol'] | undefined;
}

/** Only the keys that have a value. */
export function given<T extends object>(object: T): { [K in keyof T]: Exclude<T[K], undefined> } {
  const entries = Object.entries(object).filter(([, value]) => value !== undefined);
  return Object.fromEntries(entries) as { [K in keyof T]: Exclude<T[K], undefined> };
}

/**
 * The entry points of a line in the order in which they are tried: brokers first.
 * @throws BizainError `CONFIG_INVALID` for a validator that the genesis does not name.
 */
export function entryPointsOf(
  genesis: Genesis,
  { brokers, https }: { readonly brokers: readonly BrokerConfig[]; readonly https: readonly HttpsEntryConfig[] },
): AnyEntryPoint[] {
  const entries = https.map(({ url, validator: name, ...login }) => {
    const validator = genesis.validators.findIndex((member) => member.name === name);
    const member = genesis.validators[validator];
    if (member === undefined) {
      const names = genesis.validators.map((known) => known.name).join(', ');
      const message = `The region has no validator "${name}" (entry ${url}); it has ${names}. Correct "https".`;
      throw new BizainError({ code, message, context: { url } });
    }
    return { url, name, validator, publicKey: member.publicKey, ...given(login) };
  });
  return [...brokers.map(given), ...entries] as AnyEntryPoint[];
}
